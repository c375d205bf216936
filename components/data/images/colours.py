"""Any of Pillow's modes to RGB or to greyscale, in strips: beside the two pictures only a strip is held."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image

from components.data.alpha import Alpha
from components.data.images.levels import is_deep, levels_of
from components.data.images.strips import converted

Convert = Callable[[Image.Image], Image.Image]


def to_rgb(image: Image.Image, alpha: Alpha) -> Image.Image:
    """The picture in RGB; itself where it is in RGB already, without transparency.

    Args:
        image: loaded.
        alpha: what becomes of transparency.

    Raises:
        ValueError: Pillow knows no way from its mode to RGB.
    """
    if image.mode == "RGB" and not image.has_transparency_data:
        return image
    return converted(image, "RGB", _strip_to_rgb(image, alpha))


def to_grey(image: Image.Image) -> Image.Image:
    """The picture in mode L, laid on white where it is transparent; itself where it is in mode L already.

    Args:
        image: loaded.

    Raises:
        ValueError: as `to_rgb`.
    """
    if image.mode == "L":
        return image
    rgb = _strip_to_rgb(image, Alpha.WHITE)
    return converted(image, "L", lambda strip: rgb(strip).convert("L"))


def _strip_to_rgb(image: Image.Image, alpha: Alpha) -> Convert:
    """What turns a strip of this picture to RGB."""
    if is_deep(image):
        levels = levels_of(image)
        return lambda strip: levels.eight_bit(strip).convert("RGB")
    if not image.has_transparency_data:
        return lambda strip: strip.convert("RGB")
    if alpha is Alpha.DROP:
        return lambda strip: strip.convert("RGBA").convert("RGB")
    return lambda strip: _laid_on(strip.convert("RGBA"), alpha)


def _laid_on(strip: Image.Image, alpha: Alpha) -> Image.Image:
    ground = Image.new("RGBA", strip.size, alpha.value)
    return Image.alpha_composite(ground, strip).convert("RGB")
