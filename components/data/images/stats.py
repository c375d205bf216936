"""What is measured of every picture while it is read: its thumbnail, perceptual hash, light and sharpness."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from components.data.images.opening import MAX_PIXELS
from components.data.images.reader import skim

Floats = NDArray[np.float32]
Box = tuple[int, int, int, int]

SIDE = 32
"""Pixels a side of a thumbnail."""

_AT_ONCE = 8192
_GRIDS = (128, 64, 32)
"""Pixels a side at which a picture is measured, whatever its shape: the first that it has."""
_EVEN = 24
"""Grey levels that a line of border may span: JPEG's noise, and paper that is not quite even."""
_EVERY = 16
_FRAMES = 3
"""Frames within frames that are taken off: a scan's white margin around a black mount, say."""
_SMALLEST = 1 / 4
"""What would leave less of a side is no border around a picture, but a picture with little on it."""


@dataclass(frozen=True)
class ImageStats:
    """Columns of a manifest.

    Attributes:
        width: pixels, as it is seen (orientation applied); as is height.
        mode: Pillow's, of the file itself.
        thumbnail: 32 x 32 greyscale bytes, row by row, of the picture without uniform borders.
        brightness: mean of the greyscale, borders included, 0 black to 1 white.
        contrast: its standard deviation, 0 to .5.
        sharpness: 0 to 1: how much of the contrast is lost when the picture, at 128 x 128 pixels (64 or
            32 where it has no more), is averaged two by two; 0 for an even surface, near 0 for a blur.
    """

    width: int
    height: int
    mode: str
    thumbnail: bytes
    brightness: float
    contrast: float
    sharpness: float


def image_stats(source: Path | bytes, *, max_pixels: int = MAX_PIXELS) -> ImageStats:
    """Measure one picture.

    Raises:
        ImageError: it cannot be read.
    """
    seen = skim(source, max_pixels=max_pixels)
    side = next((side for side in _GRIDS if side <= min(seen.grey.size)), SIDE)
    grid = seen.grey.resize((side, side), Image.Resampling.BOX)
    levels = np.asarray(grid)
    ones = levels.astype(np.float32)
    fours = _four_to_one(ones)
    mean = float(fours.sum()) / levels.size
    variance = max(_square(ones) / levels.size - mean * mean, 0.0)
    lost = max(_square(ones) - _square(fours) / 4, 0.0) / levels.size
    return ImageStats(
        width=seen.probe.width,
        height=seen.probe.height,
        mode=seen.probe.mode,
        thumbnail=_thumbnail(grid, levels, fours),
        brightness=round(mean / 255, 4),
        contrast=round(math.sqrt(variance) / 255, 4),
        sharpness=round(math.sqrt(lost / variance), 4) if variance >= 1 else 0.0,
    )


def phashes(thumbnails: Sequence[bytes]) -> list[str]:
    """The 64-bit perceptual hash of each thumbnail, as 16 hex digits.

    Signs of the 8 x 8 lowest frequencies against their median (Zauner 2010,
    http://phash.org/docs/pubs/thesis_zauner.pdf).
    """
    pixels = np.frombuffer(b"".join(thumbnails), np.uint8).reshape(-1, SIDE, SIDE)
    low = cosines(8, SIDE)
    hashes: list[str] = []
    for start in range(0, len(pixels), _AT_ONCE):
        part = (low @ pixels[start : start + _AT_ONCE].astype(np.float32) @ low.T).reshape(-1, 64)
        bits = part > np.median(part, axis=1, keepdims=True)
        hashes += [row.tobytes().hex() for row in np.packbits(bits, axis=1)]
    return hashes


def cosines(count: int, size: int) -> Floats:
    """The first `count` rows of the orthonormal DCT-II of `size` points, (count, size)."""
    frequency, place = np.arange(count)[:, None], np.arange(size)[None, :]
    rows: NDArray[np.float64] = np.sqrt(2 / size) * np.cos(np.pi * frequency * (2 * place + 1) / (2 * size))
    rows[0] /= np.sqrt(2)
    return rows.astype(np.float32)


def _four_to_one(levels: Floats) -> Floats:
    """Sums of two by two."""
    rows = levels[::2] + levels[1::2]
    return rows[:, ::2] + rows[:, 1::2]


def _square(levels: Floats) -> float:
    flat = levels.ravel()
    return float(flat @ flat)


def _thumbnail(grid: Image.Image, levels: NDArray[np.uint8], fours: Floats) -> bytes:
    """Without even lines along the sides, in frames one within the other.

    Args:
        grid: the picture.
        levels: its grey levels.
        fours: their sums of two by two.
    """
    side = grid.width
    box = whole = (0, 0, side, side)
    for _ in range(_FRAMES):
        inner = _without_even_lines(levels, box)
        if min(inner[2] - inner[0], inner[3] - inner[1]) < side * _SMALLEST or inner == box:
            break
        box = inner
    if box == whole and side == 4 * SIDE:  # as most pictures are: quicker than to resize
        return (_four_to_one(fours) / 16).round().astype(np.uint8).tobytes()
    return grid.resize((SIDE, SIDE), Image.Resampling.BOX, box=box).tobytes()


def _without_even_lines(levels: NDArray[np.uint8], box: Box) -> Box:
    left, top, right, bottom = box
    inside = levels[top:bottom, left:right]
    if not any(_even(line) for line in (inside[0], inside[-1], inside[:, 0], inside[:, -1])):
        return box  # as most pictures are: nothing else is looked at
    rows = np.flatnonzero(np.ptp(inside, axis=1) > _EVEN)
    columns = np.flatnonzero(np.ptp(inside, axis=0) > _EVEN)
    if not len(rows) or not len(columns):
        return (0, 0, 0, 0)
    return int(left + columns[0]), int(top + rows[0]), int(left + columns[-1]) + 1, int(top + rows[-1]) + 1


def _even(line: NDArray[np.uint8]) -> bool:
    few = line[::_EVERY].tolist()  # most lines show in a few places that they are not
    return max(few) - min(few) <= _EVEN and int(line.max()) - int(line.min()) <= _EVEN
