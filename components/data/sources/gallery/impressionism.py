"""Impressionism: the scene in flickering light, put down as short dabs of broken colour."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from components.data.sources.gallery import canvas
from components.data.sources.gallery.canvas import Array
from components.data.sources.gallery.palettes import turned
from components.data.sources.gallery.sitting import Sitting

# length and width of a dab in units, how many coats
_MANNERS = {"dabs": (5.4, 2.0, 1.5), "points": (2.5, 2.5, 1.7), "commas": (4.2, 1.8, 1.5)}


def paint(sitting: Sitting) -> Array:
    """(H, W, 3) in 0..1."""
    rng = sitting.rng
    scene = _in_light(sitting)
    length, width, coats = _MANNERS[sitting.artist.manner]
    size = sitting.artist.stroke * rng.uniform(0.8, 1.2)
    image = canvas.to_image(canvas.blurred(scene, 2 * sitting.unit))
    for scale in (1.5, 1.0, 0.7):  # large marks first, then the small ones that carry the drawing
        mark = (length * size * scale, width * size * scale)
        _dab(sitting, image, scene, mark, coats * 0.6)
    return canvas.impasto(canvas.from_image(image), rng.uniform(0.15, 0.4))


def _in_light(sitting: Sitting) -> Array:
    """The scene modelled softly, warm where the light comes from and cool away from it."""
    rng, (height, width) = sitting.rng, sitting.shape
    scene = canvas.shaded(sitting.scene, sitting.shapes, sitting.tones, rng.uniform(0.2, 0.4))
    scene = scene**0.8
    drift = np.stack([canvas.noise(rng, sitting.shape, 3, 2) for _ in range(3)], axis=-1)
    scene = 0.16 + 0.82 * scene + 0.07 * drift  # no black on this palette
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    towards = (x / width - 0.5) * sitting.scene.light[0] + (y / height - 0.5) * sitting.scene.light[1]
    warmth = rng.uniform(0.05, 0.25) * np.clip(towards * 2, -1, 1)
    scene = scene + warmth[..., None] * np.array([1.0, 0.75, -0.2], np.float32)
    return np.asarray(np.clip(scene, 0, 1))


def _dab(sitting: Sitting, image: Image.Image, scene: Array, mark: tuple[float, float], coats: float) -> None:
    rng, (height, width) = sitting.rng, sitting.shape
    length, thick = mark[0] * sitting.unit, max(1.5, mark[1] * sitting.unit)
    count = int(coats * height * width / (length * thick))
    x, y = rng.uniform(0, width, count), rng.uniform(0, height, count)
    here = (y.astype(int), x.astype(int))
    angle = _direction(sitting)[here] + rng.normal(0, 0.25 * sitting.artist.bend, count)
    colour = _broken(scene[here], rng)
    reach = rng.uniform(0.35, 0.65, count) * length
    dx, dy = np.cos(angle) * reach, np.sin(angle) * reach
    lines = np.stack([x - dx, y - dy, x + dx, y + dy], 1).tolist()
    inks = (np.clip(colour, 0, 1) * 255).astype(int).tolist()
    widths = np.maximum(1, np.rint(rng.uniform(0.6, 1.3, count) * thick)).astype(int).tolist()
    pen = ImageDraw.Draw(image)
    if sitting.artist.manner == "points":
        for (x0, y0, x1, y1), tint, wide in zip(lines, inks, widths, strict=True):
            cx, cy, half = (x0 + x1) / 2, (y0 + y1) / 2, wide / 2
            pen.ellipse((cx - half, cy - half, cx + half, cy + half), fill=tuple(tint))
        return
    for line, tint, wide in zip(lines, inks, widths, strict=True):
        pen.line(line, fill=tuple(tint), width=wide)


def _direction(sitting: Sitting) -> Array:
    """(H, W) radians: level in the air and on the ground, along each thing's own lean elsewhere."""
    rng = sitting.rng
    lean = rng.uniform(-np.pi / 2, np.pi / 2, len(sitting.scene.shapes))
    for number, shape in enumerate(sitting.scene.shapes):
        if shape.role in {"air", "air2", "ground"}:
            lean[number] = rng.normal(0, 0.25)
    return np.asarray(lean[sitting.shapes] + 0.5 * canvas.noise(rng, sitting.shape, 3))


def _broken(colour: Array, rng: np.random.Generator) -> Array:
    """Each dab's own tint: neighbours differ, a few are the complement, lightened."""
    count = len(colour)
    tint = colour + rng.normal(0, 0.075, (count, 1)) + rng.normal(0, 0.06, (count, 3))
    strange = rng.random(count) < 0.12
    tint[strange] = 0.55 * tint[strange] + 0.45 * (turned(tint[strange], np.pi * 0.8) * 0.6 + 0.35)
    return np.asarray(tint)
