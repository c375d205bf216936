"""Copies of a picture as collections hold them: resized, recompressed, grey, framed, cropped, mirrored."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

Alter = Callable[[Image.Image, np.random.Generator], Image.Image]


def _scaled(image: Image.Image, width: float, height: float) -> Image.Image:
    size = (max(1, int(image.width * width)), max(1, int(image.height * height)))
    return image.resize(size, Image.Resampling.BICUBIC)


def _cropped(image: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    width, height = image.size
    return image.crop(
        (int(width * left), int(height * top), int(width * (1 - right)), int(height * (1 - bottom)))
    )


def _framed(colour: str | tuple[int, int, int]) -> Alter:
    return lambda image, random: ImageOps.expand(
        image, max(1, int(image.width * random.uniform(0.03, 0.12))), colour
    )


def _cropped_on_one_side(image: Image.Image, random: np.random.Generator) -> Image.Image:
    return _cropped(image, *(np.eye(4)[random.integers(4)] * 0.1))


def _cropped_all_around(image: Image.Image, random: np.random.Generator) -> Image.Image:
    return _cropped(image, *random.uniform(0, 0.08, 4))


ALTERATIONS: Mapping[str, tuple[Alter, int]] = {
    "saved again, quality 95": (lambda image, _: image, 95),
    "quality 30": (lambda image, _: image, 30),
    "quality 10": (lambda image, _: image, 10),
    "half the size": (lambda image, _: _scaled(image, 0.5, 0.5), 90),
    "a quarter of the size": (lambda image, _: _scaled(image, 0.25, 0.25), 90),
    "twice the size": (lambda image, _: _scaled(image, 2, 2), 90),
    "15 % higher": (lambda image, _: _scaled(image, 1, 1.15), 90),
    "greyscale": (lambda image, _: image.convert("L"), 90),
    "mirrored": (lambda image, _: ImageOps.mirror(image), 90),
    "white border, 3-12 %": (_framed("white"), 90),
    "black border, 3-12 %": (_framed("black"), 90),
    "brown border, 3-12 %": (_framed((120, 80, 40)), 90),
    "5 % cropped all around": (lambda image, _: _cropped(image, 0.05, 0.05, 0.05, 0.05), 90),
    "0-8 % cropped, each side": (_cropped_all_around, 90),
    "10 % cropped, one side": (_cropped_on_one_side, 90),
    "a quarter brighter": (lambda image, _: ImageEnhance.Brightness(image).enhance(1.25), 90),
    "contrast .7": (lambda image, _: ImageEnhance.Contrast(image).enhance(0.7), 90),
    "mirrored and cropped": (lambda image, random: _cropped_all_around(ImageOps.mirror(image), random), 90),
    "mirrored, framed, quality 40": (
        lambda image, random: _framed("white")(ImageOps.mirror(image), random),
        40,
    ),
}
"""What is done to a picture, and the quality of JPEG it is saved with."""


def altered(image: Image.Image, name: str, seed: int) -> bytes:
    """A copy as a JPEG file's bytes."""
    alter, quality = ALTERATIONS[name]
    file = io.BytesIO()
    alter(image, np.random.default_rng(seed)).save(file, "JPEG", quality=quality)
    return file.getvalue()
