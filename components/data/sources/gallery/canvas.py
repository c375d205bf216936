"""What every technique paints with: masks, shading, noise, cells and brush strokes, all as arrays.

Pictures are float arrays (H, W, 3) in 0..1; maps are (H, W). Nothing here knows a movement.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from components.data.sources.gallery.shapes import Scene

Array = npt.NDArray[Any]


def shape_map(scene: Scene, height: int, width: int, *, details: bool = True) -> Array:
    """(H, W) uint8: the number of the topmost shape at each pixel; without `details`, of its masses."""
    image = Image.new("L", (width, height), 0)
    pen = ImageDraw.Draw(image)
    for number, shape in enumerate(scene.shapes):
        if shape.detail and not details:
            continue
        outline = shape.points * (height, height) * (width / (height * scene.aspect), 1.0)
        pen.polygon([(float(x), float(y)) for x, y in outline], fill=number)
    return np.asarray(image)


def shaded(scene: Scene, shapes: Array, tones: Array, light: float) -> Array:
    """The scene as a smoothly modelled picture: each shape lighter towards the scene's light.

    Args:
        scene: gives each shape's centre and extent.
        shapes: what `shape_map` gave.
        tones: (shapes, 3) one colour a shape.
        light: how much lighter and darker a shape's sides are, 0..1.
    """
    height, width = shapes.shape
    boxes = np.array([shape.box() for shape in scene.shapes], np.float32)
    right = scene.light[0] * scene.aspect / (boxes[:, 2] * width)  # a shape's slope is a plane: a pixel's
    down = scene.light[1] / (boxes[:, 3] * height)  # step to the right, a step down, and where it starts
    start = -scene.light[0] * boxes[:, 0] / boxes[:, 2] - scene.light[1] * boxes[:, 1] / boxes[:, 3]
    y, x = np.ogrid[0:height, 0:width]
    slope = right.astype(np.float32)[shapes] * x.astype(np.float32)
    slope += down.astype(np.float32)[shapes] * y.astype(np.float32)
    slope += start.astype(np.float32)[shapes]
    slope = (np.float32(light) * np.clip(slope, -1, 1))[..., None]
    return np.asarray(
        np.clip(tones.astype(np.float32)[shapes] * (1 + slope) + np.float32(0.12) * slope, 0, 1)
    )


def noise(rng: np.random.Generator, shape: tuple[int, int], cells: float, octaves: int = 1) -> Array:
    """(H, W) smooth noise, about -1..1; `cells` bumps fit into the shorter side."""
    height, width = shape
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        step = min(height, width) / (cells * 2**octave)
        small = rng.uniform(-1, 1, (max(2, round(height / step)) + 1, max(2, round(width / step)) + 1))
        image = Image.fromarray(small.astype(np.float32))
        total += np.asarray(image.resize((width, height), Image.Resampling.BICUBIC)) / 2**octave
    return total


def borders(numbers: Array, width: float) -> Array:
    """(H, W) 0..1: soft lines of about `width` pixels where neighbouring numbers differ."""
    differs = np.zeros(numbers.shape, bool)
    differs[:, 1:] |= numbers[:, 1:] != numbers[:, :-1]
    differs[1:] |= numbers[1:] != numbers[:-1]
    for step in range(round(width) - 2):
        differs = _grown(differs, corners=step % 2 == 1)
    image = Image.fromarray(differs.astype(np.uint8) * 255)
    return np.asarray(image.filter(ImageFilter.GaussianBlur(0.7)), np.float32) / np.float32(255)


def _grown(mask: Array, *, corners: bool) -> Array:
    """The mask half a pixel larger on every side; now and then with corners, so that lines stay round."""
    grown = mask.copy()
    grown[:, 1:] |= mask[:, :-1]
    grown[1:] |= (grown if corners else mask)[:-1]
    return np.asarray(grown)


def cells(rng: np.random.Generator, shape: tuple[int, int], pitch: float) -> tuple[Array, Array, Array]:
    """Voronoi cells of a jittered grid.

    Returns:
        (H, W, 2) each pixel's cell centre as (row, column), clipped to the picture; (H, W) a number a
        cell; (H, W) the distance in pixels to the border with the next cell, 0 at the border.
    """
    height, width = shape
    rows, columns = int(height / pitch) + 4, int(width / pitch) + 4
    down, right = np.mgrid[0:rows, 0:columns].astype(np.float32) - 1
    cy = ((down + rng.uniform(0.1, 0.9, down.shape)) * pitch).astype(np.float32).ravel()
    cx = ((right + rng.uniform(0.1, 0.9, down.shape)) * pitch).astype(np.float32).ravel()
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    first = ((y / pitch).astype(np.int32) + 1) * columns + (x / pitch).astype(np.int32) + 1
    nearest = np.full(shape, np.inf, np.float32)
    second = np.full(shape, np.inf, np.float32)
    number = np.zeros(shape, np.int32)
    for step in (-columns, 0, columns):
        for here in (first + step - 1, first + step, first + step + 1):
            distance = (y - cy[here]) ** 2 + (x - cx[here]) ** 2
            second = np.minimum(second, np.maximum(nearest, distance))
            number = np.where(distance < nearest, here, number)
            nearest = np.minimum(nearest, distance)
    found = np.clip(np.stack([cy[number], cx[number]], -1), 0, (height - 1, width - 1)).astype(np.int32)
    return found, number, (np.sqrt(second) - np.sqrt(nearest)) / 2


def moved(picture: Array, down: Array, right: Array) -> Array:
    """The picture with every pixel fetched from `down`, `right` pixels further; edges repeat."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    rows = np.clip(y + np.rint(down).astype(int), 0, height - 1)
    columns = np.clip(x + np.rint(right).astype(int), 0, width - 1)
    return np.asarray(picture[rows, columns])


def blurred(picture: Array, radius: float) -> Array:
    """The picture through a Gaussian of that radius in pixels."""
    return from_image(to_image(picture).filter(ImageFilter.GaussianBlur(radius)))


def impasto(picture: Array, strength: float) -> Array:
    """Light from the upper left catches the ridges of the paint."""
    grey = picture[..., 1]
    ridge = np.zeros_like(grey)
    ridge[1:, 1:] = grey[1:, 1:] - grey[:-1, :-1]
    return np.clip(picture + strength * ridge[..., None], 0, 1)


def over(picture: Array, colour: Array | Sequence[float], mask: Array) -> Array:
    """`colour` laid over the picture where `mask` (H, W, 0..1) says."""
    cover = np.asarray(mask, np.float32)[..., None]
    return np.asarray(picture + (np.asarray(colour, np.float32) - picture) * cover, np.float32)


def to_image(picture: Array) -> Image.Image:
    """A Pillow RGB image of a 0..1 picture."""
    return Image.fromarray((np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8))


def from_image(image: Image.Image) -> Array:
    """A Pillow RGB image as a 0..1 picture."""
    return np.asarray(np.asarray(image, np.float32) / np.float32(255))


def ink(colour: Array) -> tuple[int, int, int]:
    """A 0..1 colour as Pillow's drawing takes it."""
    red, green, blue = (int(max(0.0, min(1.0, value)) * 255) for value in colour)
    return red, green, blue
