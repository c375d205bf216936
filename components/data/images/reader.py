"""The one reader of pictures: training and serving both come through here, so they cannot disagree.

Knows only NumPy and Pillow, and changes none of Pillow's globals, so it may run in many threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from components.data.alpha import Alpha
from components.data.borders import Borders
from components.data.images.colours import to_grey, to_rgb
from components.data.images.opening import BROKEN, MAX_PIXELS, name_of, open_image
from components.data.images.padding import without_padding
from components.errors import ImageError

READER_VERSION = 2
"""Raised whenever the same file would give other pixels; every decode cache is keyed by it."""

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ON_ITS_SIDE = {5, 6, 7, 8}


@dataclass(frozen=True)
class Probe:
    """What a file holds: size in pixels as it is seen (orientation applied), and the file's own mode."""

    width: int
    height: int
    mode: str


@dataclass(frozen=True)
class Skimmed:
    """A picture as quick measures need it.

    Attributes:
        probe: what the file holds.
        grey: greyscale (mode L), upright, whole; at least `opening.SKIMMED` pixels on its shorter side
            where the file has as many, and never more than the file has.
    """

    probe: Probe
    grey: Image.Image


def read_rgb(
    source: Path | bytes,
    *,
    alpha: Alpha = Alpha.WHITE,
    borders: Borders = Borders.KEEP,
    max_pixels: int = MAX_PIXELS,
) -> Image.Image:
    """The picture in RGB, upright, wholly decoded; of an animation the first frame.

    Greyscale is repeated in three channels; more than 8 bits become 8 as `levels` has it. Takes at most
    `opening.WORKING_BYTES` bytes of memory for each of `max_pixels`.

    Args:
        source: a file, or a file's bytes.
        alpha: what becomes of transparency.
        borders: what becomes of padding; where transparency is padding, after it was laid on its ground.
        max_pixels: larger pictures are refused from their header, before anything is decoded.

    Raises:
        ImageError: no such file, no picture, truncated, or too large; names the file and what to do.
    """
    opened = open_image(source, max_pixels)
    mode, orientation = opened.mode, opened.orientation
    try:
        rgb = to_rgb(opened.image, alpha)
    except BROKEN as exc:
        raise _not_convertible(source, mode, exc) from exc
    del opened  # so that the picture in its own mode is not held while the other one is turned
    upright = _upright(rgb, orientation)
    del rgb
    return upright if borders is Borders.KEEP else without_padding(upright)


def skim(source: Path | bytes, *, max_pixels: int = MAX_PIXELS) -> Skimmed:
    """Size, mode and greyscale of a picture that `read_rgb` would read.

    Its whole stream is decoded, so truncation is found; JPEG at a fraction of its size and without its
    colours, which is quicker than `read_rgb`.

    Raises:
        ImageError: as `read_rgb`.
    """
    opened = open_image(source, max_pixels, is_skimmed=True)
    width, height = opened.size[::-1] if opened.orientation in _ON_ITS_SIDE else opened.size
    try:
        grey = to_grey(opened.image)
    except BROKEN as exc:
        raise _not_convertible(source, opened.image.mode, exc) from exc
    return Skimmed(Probe(width, height, opened.mode), _upright(grey, opened.orientation))


def resize(image: Image.Image, image_size: tuple[int, int]) -> NDArray[np.uint8]:
    """Stretch an RGB picture to `image_size` (height, width): (H, W, 3) uint8, antialiased bilinear."""
    height, width = image_size
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR), dtype=np.uint8)


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    turn = _UPRIGHT.get(orientation)
    return image if turn is None else image.transpose(turn)


def _not_convertible(source: Path | bytes, mode: str, cause: BaseException) -> ImageError:
    return ImageError(f"{name_of(source)}: mode {mode} cannot be turned to RGB ({cause}). Export it as PNG.")
