"""Picture files loaded in their own mode, within bounds that are checked before anything is decoded."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from components.data.images.png_metadata import without_metadata
from components.errors import ImageError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "PPM", "AVIF")
"""What is tried, by content and not by extension. PostScript and the like, which start programs, are not.
MPO comes with JPEG: Pillow has no opener of that name, and asking for one fails for every other format."""

MAX_PIXELS = 100_000_000

WORKING_BYTES = 12
"""Bytes of memory that reading may take for each of the pixels that are allowed. Every format keeps within
it at the largest size but WebP and AVIF, of which three quarters of the pixels are allowed."""

SKIMMED = 128
"""Pixels of a skimmed picture's shorter side, at least: what tells a sharp picture from a blurred one."""

# What Pillow's decoders were seen to raise on broken files; a fuzzed file may raise any of these.
BROKEN = (
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

_ORIENTATION = 0x0112
_RGB_BYTES = 4
"""Pillow keeps a pixel of RGB, RGBA, CMYK, LA, F or I in four bytes."""
_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}
_DECODERS_BYTES = {"WEBP": 12, "AVIF": 12, "TIFF": 8}
"""Bytes a pixel that a decoder holds beside Pillow's picture: WebP two canvases and a frame, AVIF its planes
and a frame, TIFF a strip that may be the whole picture, of 16 bits."""


@dataclass(frozen=True)
class Opened:
    """A loaded picture.

    Attributes:
        image: its pixels in its own mode, as they are stored (not yet turned).
        size: width and height of the whole picture, of which `image` may be a reduced one; not yet turned.
        mode: the file's own.
        orientation: EXIF's, 1 to 8.
    """

    image: Image.Image
    size: tuple[int, int]
    mode: str
    orientation: int


def name_of(source: Path | bytes) -> str:
    """How messages call a picture."""
    return "the picture" if isinstance(source, bytes) else str(source)


def open_image(source: Path | bytes, max_pixels: int, *, is_skimmed: bool = False) -> Opened:
    """Load a picture in its own mode.

    Args:
        source: a file, or a file's bytes.
        max_pixels: larger pictures are refused, and those that need more than WORKING_BYTES times as many
            bytes of memory.
        is_skimmed: JPEG is decoded small and grey, yet its whole stream is read.

    Raises:
        ImageError: no such file, no picture, truncated, or too large; names the file and what to do.
    """
    with _image_errors(source, max_pixels):
        try:
            file = io.BytesIO(source) if isinstance(source, bytes) else source
            return _load(file, name_of(source), max_pixels, is_skimmed=is_skimmed)
        except ValueError:  # Pillow's, also where a PNG's metadata is longer than it takes
            slim = without_metadata(source)
            if slim is None:
                raise
            return _load(slim.file, name_of(source), max_pixels, slim.orientation, is_skimmed=is_skimmed)


def _load(
    file: Path | io.BytesIO, name: str, max_pixels: int, orientation: int = 1, *, is_skimmed: bool
) -> Opened:
    """Open and load; `orientation` counts where the file's EXIF has none."""
    with Image.open(file, formats=FORMATS) as image:
        _check_size(image, name, max_pixels)
        # Before loading: Pillow turns TIFF upright itself while it loads.
        turned = 1 if image.format == "TIFF" else _orientation(image) or orientation
        size, mode = image.size, image.mode
        is_reduced = is_skimmed and image.draft("L", (SKIMMED, SKIMMED)) is not None
        image.load()
        return Opened(image, size if is_reduced else image.size, mode, turned)


def _check_size(image: Image.Image, name: str, max_pixels: int) -> None:
    size = f"{name}: {image.width} x {image.height} pixels"
    pixels = image.width * image.height
    if pixels > max_pixels:
        raise ImageError(f"{size}; at most {max_pixels:,} are taken. Scale it down.")
    needed = pixels * _bytes_per_pixel(image)
    if needed > max_pixels * WORKING_BYTES:
        raise ImageError(
            f"{size} of {image.format} take {needed / 1e6:,.0f} MB of memory; "
            f"at most {max_pixels * WORKING_BYTES / 1e6:,.0f} MB are allowed. "
            "Scale it down, or export it as PNG."
        )


def _bytes_per_pixel(image: Image.Image) -> int:
    """Memory at its most: the picture, and its decoder or (later) the converted picture."""
    if image.format in ("JPEG", "MPO") and image.info.get("progressive"):
        decoder = 2 * len(image.getbands())  # coefficients of 16 bits
    else:
        decoder = _DECODERS_BYTES.get(image.format or "", 0)
    return _BYTES.get(image.mode, _RGB_BYTES) + max(decoder, _RGB_BYTES)


@contextmanager
def _image_errors(source: Path | bytes, max_pixels: int) -> Iterator[None]:
    """What Pillow raises, as a sentence about the picture."""
    name = name_of(source)
    try:
        yield
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
    except BROKEN as exc:
        what = str(exc) or type(exc).__name__
        raise ImageError(f"{name}: cannot be decoded ({what}). Fetch or export it again.") from exc


def _orientation(image: Image.Image) -> int | None:
    """The EXIF orientation; None where there is none, 1 where the EXIF block is broken."""
    try:
        value = image.getexif().get(_ORIENTATION)
        return None if value is None else int(value)
    except BROKEN:
        return 1
