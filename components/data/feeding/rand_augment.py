"""RandAugment (Cubuk et al. 2020, arXiv:1909.13719) in keras.ops, each picture with operations of its own.

Keras 3.15 has a layer of that name, but it draws one operation for a whole batch, turns pictures by up to
180 degrees at its default strength, and equalises over the batch's common histogram.
"""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from components.data.feeding.augmentation_layer import AugmentationLayer

GEOMETRY = ("identity", "shear x", "shear y", "translate x", "translate y", "rotate")
COLOUR = (
    "brightness",
    "colour",
    "contrast",
    "sharpness",
    "posterize",
    "solarize",
    "autocontrast",
    "equalize",
)
OPERATIONS = GEOMETRY + COLOUR
"""The paper's fourteen."""

_STRONGEST = {"shear x": 0.3, "shear y": 0.3, "translate x": 0.45, "translate y": 0.45, "rotate": 30.0}
"""Shares of the side, and degrees, at magnitude 30."""


class RandAugment(AugmentationLayer):
    """`num_ops` operations a picture, drawn evenly: (B, H, W, 3) in 0..255 → the same, float.

    Signs are drawn too; edges are filled with their nearest pixels, as the studies' policies do.
    """

    def __init__(self, num_ops: int = 2, magnitude: float = 9, *, seed: int = 0, **options: Any) -> None:
        """The paper's N and M; its ResNet-50 on ImageNet has 2 and 9 (of 30)."""
        super().__init__(seed=seed, **options)
        self.num_ops = num_ops
        self.level = magnitude / 30

    def augmented(self, images: Any, count: Any) -> Any:
        """The pictures (count, H, W, 3) as training sees them."""
        for _ in range(self.num_ops):
            drawn = keras.random.randint((count,), 0, len(OPERATIONS), seed=self.generator)
            sign = 2.0 * ops.cast(keras.random.randint((count,), 0, 2, seed=self.generator), "float32") - 1.0
            images = _coloured(_moved(images, drawn, sign * self.level), drawn, sign, self.level)
        return images


def _is(drawn: Any, name: str) -> Any:
    return ops.equal(drawn, OPERATIONS.index(name))


def _moved(images: Any, drawn: Any, level: Any) -> Any:
    """Shears, shifts and turns are one resampling, about the middle; others stay exactly as they are."""
    height, width = images.shape[1:3]

    def amount(name: str) -> Any:
        return ops.where(_is(drawn, name), level * _STRONGEST[name], 0.0)

    angle = amount("rotate") * (math.pi / 180)
    # Where an output pixel (x, y) comes from: (a0 x + a1 y + a2, b0 x + b1 y + b2), in pixels.
    a0, a1 = ops.cos(angle), amount("shear x") - ops.sin(angle)
    b0, b1 = amount("shear y") + ops.sin(angle), ops.cos(angle)
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    a2 = middle_x * (1 - a0) - middle_y * a1 + amount("translate x") * width
    b2 = middle_y * (1 - b1) - middle_x * b0 + amount("translate y") * height
    nothing = ops.zeros_like(a0)
    matrix = ops.stack([a0, a1, a2, b0, b1, b2, nothing, nothing], axis=1)
    moved = ops.image.affine_transform(
        images, matrix, interpolation="bilinear", fill_mode="nearest", data_format="channels_last"
    )
    geometric = ops.logical_and(ops.greater(drawn, 0), ops.less(drawn, len(GEOMETRY)))
    return ops.where(_per_picture(geometric), ops.cast(moved, images.dtype), images)


def _coloured(images: Any, drawn: Any, sign: Any, level: float) -> Any:
    grey = _grey(images)
    lowest = ops.min(images, axis=(1, 2), keepdims=True)
    highest = ops.max(images, axis=(1, 2), keepdims=True)
    step = 2.0 ** round(4 * level)  # 8 bits down to 4
    # Away from a poorer picture, or towards it, by up to .9 (the paper's enhancement factors .1 to 1.9).
    poorer = ops.zeros_like(images)
    for name, other in {
        "colour": grey,
        "contrast": ops.mean(grey, axis=(1, 2), keepdims=True),
        "sharpness": _smooth(images),
    }.items():
        poorer = ops.where(_per_picture(_is(drawn, name)), other, poorer)
    factor = _per_picture(1.0 + ops.cast(sign, images.dtype) * (0.9 * level))
    enhanced = ops.clip(poorer + factor * (images - poorer), 0.0, 255.0)
    results = {
        **dict.fromkeys(("brightness", "colour", "contrast", "sharpness"), enhanced),
        "posterize": ops.floor(images / step) * step,
        "solarize": ops.where(images < 256.0 * (1 - level), images, 255.0 - images),
        "autocontrast": ops.where(
            highest > lowest, (images - lowest) * (255.0 / ops.maximum(highest - lowest, 1.0)), images
        ),
        "equalize": _equalized(images),
    }
    coloured = images
    for name, result in results.items():
        coloured = ops.where(_per_picture(_is(drawn, name)), result, coloured)
    return ops.clip(coloured, 0.0, 255.0)


def _per_picture(values: Any) -> Any:
    return ops.reshape(values, (-1, 1, 1, 1))


def _grey(images: Any) -> Any:
    """ITU-R 601's luma, in one channel."""
    weights = ops.convert_to_tensor([0.299, 0.587, 0.114], dtype=images.dtype)
    return ops.sum(images * weights, axis=-1, keepdims=True)


def _smooth(images: Any) -> Any:
    """Pillow's SMOOTH: 3 x 3, five times the middle."""
    kernel = ops.convert_to_tensor([[1, 1, 1], [1, 5, 1], [1, 1, 1]], dtype=images.dtype) / 13
    kernel = ops.tile(ops.reshape(kernel, (3, 3, 1, 1)), (1, 1, 3, 1))
    padded = ops.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
    return ops.depthwise_conv(padded, kernel, padding="valid", data_format="channels_last")


def _equalized(images: Any) -> Any:
    """Each picture's channels with a flat histogram."""
    height, width = images.shape[1:3]
    planes = ops.reshape(ops.transpose(images, (0, 3, 1, 2)), (-1, height * width))
    count = ops.shape(planes)[0]
    bins = ops.cast(ops.clip(planes, 0.0, 255.0), "int32") + 256 * ops.arange(count, dtype="int32")[:, None]
    flat = ops.reshape(bins, (-1,))
    ones = ops.ones_like(flat, dtype="float32")
    histogram = ops.reshape(ops.segment_sum(ones, flat, num_segments=256 * count), (-1, 256))
    below = ops.cumsum(histogram, axis=1)
    total = float(height * width)
    lowest = ops.min(ops.where(histogram > 0, below, total), axis=1, keepdims=True)
    table = (below - lowest) * (255.0 / ops.maximum(total - lowest, 1.0))
    flatter = ops.reshape(ops.take(ops.reshape(table, (-1,)), flat), (-1, 3, height, width))
    equalized = ops.cast(ops.round(ops.transpose(flatter, (0, 2, 3, 1))), images.dtype)
    # One value alone has nothing to spread.
    lone = ops.reshape(lowest >= total, (-1, 1, 1, 3))
    return ops.where(lone, images, equalized)
