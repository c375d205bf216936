"""What a picture looks like, in a few hundred plain numbers: where no pretrained network is at hand.

They tell colours and the coarse composition apart, not what is painted; a backbone's features see far more.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from components.data.images.stats import cosines

SIDE = 48
"""Pixels a side of the pictures that are described."""

DESCRIPTION = "colours and composition alone (a pretrained network's features find more: --weights)"
"""What these features are, for people."""

_BINS = 4
_LOW = 8
_CELLS = 3
_AT_ONCE = 512


def features(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Colours and composition of each picture.

    Args:
        images: (N, S, S, 3), may be memory-mapped; read in order.

    Returns:
        (N, 236): square roots of the shares of 4 x 4 x 4 colours; the lowest 8 x 8 frequencies of the grey;
        in 3 x 3 cells each colour's mean, spread, and how much it changes across and down.
    """
    parts = [_some(images[start : start + _AT_ONCE]) for start in range(0, len(images), _AT_ONCE)]
    return np.concatenate(parts) if parts else np.zeros((0, 236), np.float32)


def _some(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    pixels = np.asarray(images, np.float32) / np.float32(255)
    grey = pixels @ np.array([0.299, 0.587, 0.114], np.float32)
    low = cosines(_LOW, grey.shape[1])
    waves = (low @ grey @ low.T).reshape(len(images), -1)
    return np.concatenate([_colours(images), waves, _texture(pixels)], axis=1).astype(np.float32)


def _colours(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    levels = np.asarray(images, np.int64) * _BINS // 256
    codes = (levels[..., 0] * _BINS + levels[..., 1]) * _BINS + levels[..., 2]
    count = _BINS**3
    each = codes.reshape(len(images), -1) + np.arange(len(images))[:, None] * count
    shares = np.bincount(each.ravel(), minlength=len(images) * count).reshape(len(images), count)
    roots: NDArray[np.float32] = np.sqrt(shares / each.shape[1]).astype(np.float32)
    return roots


def _texture(pixels: NDArray[np.floating]) -> NDArray[np.float32]:
    height, width = pixels.shape[1] // _CELLS, pixels.shape[2] // _CELLS
    parts = []
    for row in range(_CELLS):
        for column in range(_CELLS):
            cell = pixels[:, row * height : (row + 1) * height, column * width : (column + 1) * width]
            across, down = np.abs(np.diff(cell, axis=2)), np.abs(np.diff(cell, axis=1))
            parts += [part.mean(axis=(1, 2)) for part in (cell, across, down)] + [cell.std(axis=(1, 2))]
    return np.concatenate(parts, axis=1).astype(np.float32)
