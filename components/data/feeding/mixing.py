"""Two pictures into one, and their labels with them: MixUp and CutMix.

Here and not as Keras layers (there are keras.layers.MixUp and CutMix), as labels must change with the
pictures: a layer of a network sees none. Pictures stay uint8, and what a batch becomes depends on its
own generator alone, so that a run that is taken up again mixes as the unbroken one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.errors import SettingsError

MIXUP_ALPHA = 0.2
"""Zhang et al. use 0.1 to 0.4 on ImageNet; 0.2 leaves most pictures nearly their own."""

CUTMIX_ALPHA = 1.0
"""Yun et al.: the share is uniform."""

Mixed = tuple[NDArray[Any], NDArray[np.float32]]


@dataclass(frozen=True)
class Mixing:
    """How a batch is mixed: each picture with another of the batch, at a share of its own.

    Attributes:
        kind: "mixup" or "cutmix".
        num_classes: C of the labels.
    """

    kind: str
    num_classes: int

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            raise SettingsError(f"{self.kind!r} mixes nothing; expected one of none, {', '.join(_KINDS)}.")

    def __call__(self, images: NDArray[Any], labels: NDArray[Any], random: np.random.Generator) -> Mixed:
        """Mix a batch.

        Args:
            images: (B, H, W, 3), 0..255; the dtype stays.
            labels: (B,) class numbers, or (B, C) of 0 and 1 where works bear several.
            random: decides partners, shares and places.

        Returns:
            The pictures, and (B, C) float32 labels; of class numbers, rows sum to 1.
        """
        truth = labels if labels.ndim > 1 else np.eye(self.num_classes, dtype=np.float32)[labels]
        partners = random.permutation(len(images))
        mixed, share = _KINDS[self.kind](images, images[partners], random)
        own = share.astype(np.float32)[:, None]
        return mixed, own * truth + (1 - own) * truth[partners]


def _mixup(
    images: NDArray[Any], others: NDArray[Any], random: np.random.Generator
) -> tuple[NDArray[Any], NDArray[Any]]:
    """A weighted mean of both (Zhang et al. 2018, arXiv:1710.09412)."""
    share = random.beta(MIXUP_ALPHA, MIXUP_ALPHA, len(images)).astype(np.float32)
    own = share[:, None, None, None]
    mixed = others + own * (images.astype(np.float32) - others)
    if np.issubdtype(images.dtype, np.integer):
        np.clip(np.rint(mixed, out=mixed), 0, 255, out=mixed)
    return mixed.astype(images.dtype), share


def _cutmix(
    images: NDArray[Any], others: NDArray[Any], random: np.random.Generator
) -> tuple[NDArray[Any], NDArray[Any]]:
    """A rectangle of the other, pasted at its own place (Yun et al. 2019, arXiv:1905.04899).

    Its centre may be anywhere, so it may be cut off at the edge; the share is what is left of the picture.
    """
    height, width = images.shape[1:3]
    side = np.sqrt(1 - random.beta(CUTMIX_ALPHA, CUTMIX_ALPHA, len(images)))
    mixed, share = images.copy(), np.ones(len(images))
    centres = random.random((len(images), 2)) * (height, width)
    halves = side[:, None] * (height / 2, width / 2)
    edges = np.clip(np.stack([centres - halves, centres + halves], axis=1), 0, (height, width)).astype(int)
    for place, ((top, left), (bottom, right)) in enumerate(edges):
        mixed[place, top:bottom, left:right] = others[place, top:bottom, left:right]
        share[place] = 1 - (bottom - top) * (right - left) / (height * width)
    return mixed, share


_KINDS: dict[str, Callable[..., tuple[NDArray[Any], NDArray[Any]]]] = {"mixup": _mixup, "cutmix": _cutmix}
