"""Greyscale of more than 8 bits a pixel (16 and 32 bit integers, floats) as 8 bits.

Such a file seldom says which value is white, so it is recognised from the values. White is the smallest of

    floats               1, 255, 4095, 65535
    32-bit integers      255, 4095, 65535
    16-bit integers      4095, 65535

above which at most OUTLIERS of the pixels lie; values up to TOLERANCE times white do not count as above,
because a resampler overshoots at edges. Where too many pixels lie above 65535, white is the value below
which all but OUTLIERS of the pixels lie. Black is always 0. What lies beyond white or black is clipped and
"not a number" is black, so one bright pixel changes no other pixel.

A 16-bit picture whose pixels are all (but OUTLIERS) darker than 8 % of full brightness looks the same as
one of 12 bits in a 16-bit file, and is taken for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from components.data.images.strips import strips

TOLERANCE = 1.25
"""How far a resampler's overshoot reaches, in times of white."""

OUTLIERS = 0.001
"""The share of the pixels that may be brighter; one pixel always may, in pictures of FEW pixels and more."""

FEW = 64
"""Pixels; in a smaller picture every pixel counts."""

_WHITES_FLOAT = (1.0, 255.0, 4095.0, 65535.0)
_WHITES_32_BIT = (255.0, 4095.0, 65535.0)
_WHITES_16_BIT = (4095.0, 65535.0)
_SAMPLED = 1_000_000
"""Pixels, about, from which white is taken where no known range fits."""
_BITS, _FORMAT = 258, 339
"""TIFF's tags BitsPerSample and SampleFormat."""
_WIDEST, _UNSIGNED = 32, 1
"""The values of these tags in a file of unsigned 32-bit integers; a file without the second has the same."""


@dataclass(frozen=True)
class Levels:
    """How one picture's values become 0..255.

    Attributes:
        white: the value that becomes 255, greater than 0.
        unsigned: the 32 bits are unsigned; Pillow's mode I is signed, so that the bright half of such a
            picture looks negative.
    """

    white: float
    unsigned: bool

    def eight_bit(self, strip: Image.Image) -> Image.Image:
        """A part of the picture, in mode L."""
        pixels = np.nan_to_num(_values(strip, unsigned=self.unsigned).astype(np.float32))
        shares = np.clip(pixels / np.float32(self.white), 0.0, 1.0)
        scaled: NDArray[np.uint8] = (shares * 255.0).round().astype(np.uint8)
        return Image.fromarray(scaled)


def is_deep(image: Image.Image) -> bool:
    """Whether Pillow loads the picture with more than 8 bits a channel: in mode F, I, I;16 and the like."""
    return image.mode == "F" or image.mode.startswith("I")


def levels_of(image: Image.Image) -> Levels:
    """Recognise white; see the head of this file.

    Args:
        image: loaded, of a mode for which `is_deep` holds.
    """
    unsigned = _is_unsigned(image)
    return Levels(_white(image, unsigned=unsigned), unsigned)


def _white(image: Image.Image, *, unsigned: bool) -> float:
    whites = _known_whites(image.mode)
    pixels = image.width * image.height
    allowed = max(1, int(OUTLIERS * pixels)) if pixels >= FEW else 0
    brighter = np.zeros(len(whites), np.int64)
    for _, strip in strips(image):
        values = _values(strip, unsigned=unsigned)
        brighter += [int(np.count_nonzero(values > white * TOLERANCE)) for white in whites]
    known = (white for white, count in zip(whites, brighter, strict=True) if count <= allowed)
    return next(known, None) or _high_value(image, unsigned=unsigned)


def _high_value(image: Image.Image, *, unsigned: bool) -> float:
    """The value below which all but OUTLIERS of the pixels lie, from pixels at even distances."""
    every = max(1, image.width * image.height // _SAMPLED)
    sample = np.concatenate([_values(part, unsigned=unsigned).ravel()[::every] for _, part in strips(image)])
    finite = sample[np.isfinite(sample)]
    high = float(np.quantile(finite, 1 - OUTLIERS)) if len(finite) else 0.0
    return max(high, _WHITES_16_BIT[-1])


def _known_whites(mode: str) -> tuple[float, ...]:
    if mode == "F":
        return _WHITES_FLOAT
    return _WHITES_32_BIT if mode == "I" else _WHITES_16_BIT


def _is_unsigned(image: Image.Image) -> bool:
    if image.mode != "I" or not isinstance(image, TiffImagePlugin.TiffImageFile):
        return False
    bits, kinds = image.tag_v2.get(_BITS, (1,)), image.tag_v2.get(_FORMAT, (_UNSIGNED,))
    return bool(bits == (_WIDEST,) and kinds == (_UNSIGNED,))


def _values(strip: Image.Image, *, unsigned: bool) -> NDArray[Any]:
    values = np.asarray(strip)
    return values.view(np.uint32) if unsigned else values
