"""The one reader of pictures: training and serving both come through here, so they cannot disagree.

Knows only NumPy and Pillow, and changes none of Pillow's globals, so it may run in many threads.
"""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from components.data.images.alpha import Alpha
from components.errors import ImageError

READER_VERSION = 1
"""Raised whenever the same file would give other pixels; every decode cache is keyed by it."""

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "PPM", "AVIF")
"""What is tried, by content and not by extension. PostScript and the like, which start programs, are not.
MPO comes with JPEG: Pillow has no opener of that name, and asking for one fails for every other format."""

MAX_PIXELS = 100_000_000

SKIMMED = 128
"""Pixels of a skimmed picture's shorter side, at least: what tells a sharp picture from a blurred one."""

_ORIENTATION = 0x0112
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

# What Pillow's decoders were seen to raise on broken files; a fuzzed file may raise any of these.
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    ArithmeticError,
    LookupError,
    TypeError,
    AttributeError,
    RuntimeError,
    AssertionError,
    MemoryError,
    EOFError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


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
        grey: greyscale (mode L), upright, whole; at least SKIMMED pixels on its shorter side where the
            file has as many, and never more than the file has.
    """

    probe: Probe
    grey: Image.Image


@dataclass(frozen=True)
class _Opened:
    image: Image.Image
    size: tuple[int, int]
    mode: str
    orientation: int


def read_rgb(
    source: Path | bytes, *, alpha: Alpha = Alpha.WHITE, max_pixels: int = MAX_PIXELS
) -> Image.Image:
    """The picture in RGB, upright, wholly decoded; of an animation the first frame.

    Greyscale is repeated in three channels, 16 bit scaled to 8.

    Args:
        source: a file, or a file's bytes.
        alpha: what becomes of transparency.
        max_pixels: larger pictures are refused from their header, before anything is decoded.

    Raises:
        ImageError: no such file, no picture, truncated, or too large; names the file and the mend.
    """
    opened = _open(source, max_pixels)
    try:
        rgb = _rgb(opened.image, alpha)
    except _BROKEN as exc:
        raise _not_rgb(source, opened.mode, exc) from exc
    turn = _UPRIGHT.get(opened.orientation)
    return rgb if turn is None else rgb.transpose(turn)


def skim(source: Path | bytes, *, max_pixels: int = MAX_PIXELS) -> Skimmed:
    """Size, mode and greyscale of a picture that `read_rgb` would read.

    Its whole stream is decoded, so truncation is found; JPEG at a fraction of its size and without its
    colours, which is quicker than `read_rgb`.

    Raises:
        ImageError: as `read_rgb`.
    """
    opened = _open(source, max_pixels, thrifty=True)
    width, height = opened.size[::-1] if opened.orientation in _ON_ITS_SIDE else opened.size
    try:
        grey = opened.image if opened.image.mode == "L" else _rgb(opened.image, Alpha.WHITE).convert("L")
    except _BROKEN as exc:
        raise _not_rgb(source, opened.image.mode, exc) from exc
    turn = _UPRIGHT.get(opened.orientation)
    return Skimmed(Probe(width, height, opened.mode), grey if turn is None else grey.transpose(turn))


def resize(image: Image.Image, image_size: tuple[int, int]) -> NDArray[np.uint8]:
    """Stretch an RGB picture to `image_size` (height, width): (H, W, 3) uint8, antialiased bilinear."""
    height, width = image_size
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR), dtype=np.uint8)


def _not_rgb(source: Path | bytes, mode: str, cause: BaseException) -> ImageError:
    return ImageError(f"{_name(source)}: mode {mode} cannot be turned to RGB ({cause}). Export it as PNG.")


def _name(source: Path | bytes) -> str:
    return "the picture" if isinstance(source, bytes) else str(source)


def _open(source: Path | bytes, max_pixels: int, *, thrifty: bool = False) -> _Opened:
    """Load a picture in its own mode; `thrifty` decodes JPEG small and grey, yet reads its whole stream."""
    name = _name(source)
    try:
        file = io.BytesIO(source) if isinstance(source, bytes) else source
        with Image.open(file, formats=FORMATS) as image:
            if image.width * image.height > max_pixels:
                raise ImageError(
                    f"{name}: {image.width} x {image.height} pixels; at most {max_pixels:,} are taken. "
                    "Scale it down."
                )
            # Before loading: Pillow turns TIFF upright itself while it loads.
            orientation = 1 if image.format == "TIFF" else _orientation(image)
            size, mode = image.size, image.mode
            drafted = thrifty and image.draft("L", (SKIMMED, SKIMMED)) is not None
            image.load()
            return _Opened(image, size if drafted else image.size, mode, orientation)
    except (FileNotFoundError, IsADirectoryError, PermissionError) as exc:
        raise ImageError(
            f"{name}: cannot be opened ({exc.strerror}). Check the path and its rights."
        ) from exc
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
        raise ImageError(f"{name}: more than {max_pixels:,} pixels. Scale it down.") from exc
    except UnidentifiedImageError as exc:
        raise ImageError(
            f"{name}: no picture; {', '.join(FORMATS)} are read. Export it as JPEG or PNG."
        ) from exc
    except _BROKEN as exc:
        what = str(exc) or type(exc).__name__
        raise ImageError(f"{name}: cannot be decoded ({what}). Fetch or export it again.") from exc


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation; 1 where there is none or the EXIF block is broken (the picture is not)."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except _BROKEN:
        return 1


def _rgb(image: Image.Image, alpha: Alpha) -> Image.Image:
    if image.mode == "F" or image.mode.startswith("I"):
        return Image.fromarray(_eight_bit(image)).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    if alpha is Alpha.DROP:
        return image.convert("RGBA").convert("RGB")
    ground = Image.new("RGBA", image.size, alpha.value)
    return Image.alpha_composite(ground, image.convert("RGBA")).convert("RGB")


def _eight_bit(image: Image.Image) -> NDArray[np.uint8]:
    """16 and 32 bit greyscale, (H, W) uint8: integers from 0..65535, floats from 0..1 (or 0..255)."""
    pixels = np.nan_to_num(np.asarray(image).astype(np.float32))
    top = 65535.0 if image.mode != "F" else 1.0 if pixels.max() <= 1.0 else 255.0
    scaled: NDArray[np.uint8] = (np.clip(pixels / top, 0.0, 1.0) * 255.0).round().astype(np.uint8)
    return scaled
