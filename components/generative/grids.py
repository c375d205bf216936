"""Pictures of pictures: sample grids and before/after strips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from components.generative.style_transfer import StyleResult

_PAPER = (255, 255, 255)
_INK = (32, 32, 32)


def grid(images: np.ndarray, columns: int, *, tile: int = 96, gap: int = 2) -> Image.Image:
    """Set pictures (N, H, W, 3), 0..255, in rows of `columns` on white.

    Small ones are enlarged by a whole factor, their pixels left as they are, to nearly `tile` pixels.
    """
    count, height, width, _ = images.shape
    scale = max(1, tile // max(height, width))
    tiles = np.clip(np.rint(images), 0, 255).astype(np.uint8).repeat(scale, axis=1).repeat(scale, axis=2)
    down, across = height * scale + gap, width * scale + gap
    sheet = Image.new("RGB", (columns * across + gap, -(-count // columns) * down + gap), _PAPER)
    for place, pixels in enumerate(tiles):
        row, column = divmod(place, columns)
        sheet.paste(Image.fromarray(pixels), (gap + column * across, gap + row * down))
    return sheet


def before_after(result: StyleResult) -> Image.Image:
    """The photo, the painting and the photo repainted, side by side over their labels."""
    return strip([("Photograph", result.content), ("Painting", result.style), ("Repainted", result.image)])


def strip(pictures: Sequence[tuple[str, Image.Image]], *, height: int = 320, gap: int = 8) -> Image.Image:
    """Set labelled pictures side by side on white, all brought to `height` pixels, each over its label."""
    shown = [(label, _tall(picture, height)) for label, picture in pictures]
    caption = max(20, height // 12)
    font = ImageFont.load_default(size=caption * 0.7)
    width = gap + sum(picture.width + gap for _, picture in shown)
    sheet = Image.new("RGB", (width, height + caption + 2 * gap), _PAPER)
    pen, left = ImageDraw.Draw(sheet), gap
    for label, picture in shown:
        sheet.paste(picture, (left, gap))
        below = (left + picture.width / 2, gap + height + (caption + gap) / 2)
        pen.text(below, label, fill=_INK, font=font, anchor="mm")
        left += picture.width + gap
    return sheet


def _tall(picture: Image.Image, height: int) -> Image.Image:
    width = max(1, round(picture.width * height / picture.height))
    return picture.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
