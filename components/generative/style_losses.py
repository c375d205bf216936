"""What style transfer weighs (Gatys et al. 2015, arXiv:1508.06576), each as a share of the goal's own size.

So the same weights serve a network trained here for a minute and one trained on ImageNet, whose
activations are a thousand times as large.
"""

from __future__ import annotations

from typing import Any

from keras import ops

_TINY = 1e-6  # a goal that is silent must not divide by zero


def content_loss(seen: Any, goal: Any) -> Any:
    """How far maps (1, h, w, C) are from the photo's; 1 is as far as a picture all alike would be."""
    plain = ops.mean(goal, axis=(1, 2), keepdims=True)
    return ops.mean(ops.square(seen - goal)) / (ops.mean(ops.square(goal - plain)) + _TINY)


def style_loss(seen: Any, goal: Any) -> Any:
    """How far a Gram matrix (C, C) is from the painting's; 1 is as far as that of maps all zero."""
    return ops.sum(ops.square(seen - goal)) / (ops.sum(ops.square(goal)) + _TINY)


def gram(maps: Any) -> Any:
    """Which channels go together, wherever they do: maps (1, h, w, C) to (C, C), a mean over places."""
    channels = ops.shape(maps)[-1]
    flat = ops.reshape(maps, (-1, channels))
    return ops.matmul(ops.transpose(flat), flat) / ops.cast(ops.shape(flat)[0], flat.dtype)


def total_variation(image: Any) -> Any:
    """The mean squared step between neighbours of (1, H, W, 3)."""
    down = ops.mean(ops.square(image[:, 1:] - image[:, :-1]))
    return down + ops.mean(ops.square(image[:, :, 1:] - image[:, :, :-1]))
