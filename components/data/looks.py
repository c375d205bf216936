"""What is measured of every picture while it is read: its thumbnail, perceptual hash, light and sharpness."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from components.data.images import MAX_PIXELS, skim

SIDE = 32
"""Pixels a side of a thumbnail."""

_UNIFORM = 24
"""Grey levels that a line of border may span: JPEG's noise, and paper that is not quite even."""
_ROUNDS = 3
"""Frames within frames that are taken off: a scan's white margin around a black mount, say."""
_SMALLEST = 1 / 4
"""Of a side; what would leave less is no border around a picture, but a picture with little on it."""


@dataclass(frozen=True)
class Look:
    """Columns of a manifest.

    Attributes:
        width: pixels, as it is seen (orientation applied); as is height.
        mode: Pillow's, of the file itself.
        thumbnail: 32 x 32 greyscale bytes, row by row, of the picture without uniform borders.
        phash: 16 hex digits: signs of the thumbnail's 8 x 8 lowest frequencies against their median
            (Zauner 2010, http://phash.org/docs/pubs/thesis_zauner.pdf).
        brightness: mean of the greyscale, borders included, 0 black to 1 white.
        contrast: its standard deviation, 0 to .5.
        sharpness: standard deviation of its Laplacian (Pech-Pacheco et al. 2000,
            doi:10.1109/ICPR.2000.903548) within the borders, at 128 pixels a side or more, over the
            contrast there; 0 for an even surface.
    """

    width: int
    height: int
    mode: str
    thumbnail: bytes
    phash: str
    brightness: float
    contrast: float
    sharpness: float


def look(source: Path | bytes, *, max_pixels: int = MAX_PIXELS) -> Look:
    """Measure one picture.

    Raises:
        ImageError: it cannot be read.
    """
    seen = skim(source, max_pixels=max_pixels)
    grey = np.asarray(seen.grey)
    top, bottom, left, right = _within_borders(grey)
    small = seen.grey.resize((SIDE, SIDE), Image.Resampling.BOX, box=(left, top, right, bottom))
    thumbnail = np.asarray(small)
    inside = grey[top:bottom, left:right]
    return Look(
        width=seen.probe.width,
        height=seen.probe.height,
        mode=seen.probe.mode,
        thumbnail=thumbnail.tobytes(),
        phash=phash_of(thumbnail),
        brightness=round(float(grey.mean()) / 255, 4),
        contrast=round(float(grey.std()) / 255, 4),
        sharpness=round(_sharpness(inside), 4),
    )


def phash_of(thumbnail: NDArray[np.uint8]) -> str:
    """The 64-bit perceptual hash of a (32, 32) greyscale thumbnail."""
    low = _COSINES @ thumbnail.astype(np.float32) @ _COSINES.T
    bits = low.ravel() > np.median(low)
    return np.packbits(bits).tobytes().hex()


def cosines(count: int, size: int) -> NDArray[np.float32]:
    """The first `count` rows of the orthonormal DCT-II of `size` points, (count, size)."""
    frequency, place = np.arange(count)[:, None], np.arange(size)[None, :]
    rows: NDArray[np.float64] = np.sqrt(2 / size) * np.cos(np.pi * frequency * (2 * place + 1) / (2 * size))
    rows[0] /= np.sqrt(2)
    return rows.astype(np.float32)


_COSINES = cosines(8, SIDE)


def _within_borders(grey: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """(top, bottom, left, right) of what is left when uniform lines are taken off the four sides."""
    top, left, bottom, right = 0, 0, *grey.shape
    for _ in range(_ROUNDS):
        inside = grey[top:bottom, left:right]
        rows, columns = _span_of_content(inside, 1), _span_of_content(inside, 0)
        if rows is None or columns is None:
            break
        if rows == (0, bottom - top) and columns == (0, right - left):
            break
        top, bottom = top + rows[0], top + rows[1]
        left, right = left + columns[0], left + columns[1]
    if bottom - top < _SMALLEST * grey.shape[0] or right - left < _SMALLEST * grey.shape[1]:
        return 0, grey.shape[0], 0, grey.shape[1]
    return top, bottom, left, right


def _span_of_content(grey: NDArray[np.uint8], axis: int) -> tuple[int, int] | None:
    """First and behind the last line that is not uniform; None where all are."""
    lines = np.flatnonzero(grey.max(axis=axis) - grey.min(axis=axis) > _UNIFORM)
    return (int(lines[0]), int(lines[-1]) + 1) if len(lines) else None


def _sharpness(grey: NDArray[np.uint8]) -> float:
    if min(grey.shape) < 3:
        return 0.0
    values = grey.astype(np.int16)
    centre = values[1:-1, 1:-1]
    laplacian = 4 * centre - values[:-2, 1:-1] - values[2:, 1:-1] - values[1:-1, :-2] - values[1:-1, 2:]
    contrast = float(values.std())
    return float(laplacian.std()) / contrast if contrast >= 1 else 0.0
