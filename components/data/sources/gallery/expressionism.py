"""Expressionism: forms bent by feeling, swirling strokes, clashing colours, heavy dark contours."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from components.data.sources.gallery import canvas
from components.data.sources.gallery.canvas import Array
from components.data.sources.gallery.palettes import saturated, turned
from components.data.sources.gallery.sitting import Sitting

# strokes' length (steps) and width in units, weight of the contours
_MANNERS = {"swirl": (9, 2.6, 2.0), "woodcut": (5, 3.2, 2.1), "hatch": (4, 2.0, 1.9)}


# Prussian blue, ox blood, bottle green, black: never quite the black of a print
_CONTOURS = np.array([[0.07, 0.10, 0.27], [0.27, 0.05, 0.07], [0.05, 0.19, 0.14], [0.08, 0.06, 0.07]])


def paint(sitting: Sitting) -> Array:
    """(H, W, 3) in 0..1."""
    rng = sitting.rng
    long, wide, contour = _MANNERS[sitting.artist.manner]
    bend = 4.5 * sitting.artist.bend * rng.uniform(0.6, 1.4) * sitting.unit
    down, right = (bend * canvas.noise(rng, sitting.shape, 2.5, 2) for _ in range(2))
    shapes, masses = (canvas.moved(whole, down, right) for whole in (sitting.shapes, sitting.masses))
    scene = 0.82 * _clashing(sitting)[shapes] + 0.1 * canvas.noise(rng, sitting.shape, 3)[..., None]
    image = canvas.to_image(scene)
    size = sitting.artist.stroke * rng.uniform(0.8, 1.25)
    for scale in (1.4, 0.8):
        _stroke(sitting, image, scene, (long, wide * size * scale * sitting.unit))
    painted = canvas.impasto(canvas.from_image(image), 0.35)
    weight = contour * sitting.artist.line * rng.uniform(0.75, 1.25) * sitting.unit
    lines = np.maximum(canvas.borders(masses, weight), canvas.borders(shapes, 0.45 * weight))
    if sitting.artist.manner != "woodcut":
        lines = lines * np.clip(0.9 + 0.5 * canvas.noise(rng, sitting.shape, 8), 0.25, 1)
    tint = _CONTOURS[rng.integers(len(_CONTOURS))] + rng.normal(0, 0.03, 3)
    return canvas.over(painted, tint, np.clip(lines, 0, 1))


def _clashing(sitting: Sitting) -> Array:
    """(shapes, 3) the scene's colours, stronger and partly turned to what they should not be."""
    rng = sitting.rng
    turn = {role: rng.choice([0.0, 0.0, 0.4, -0.5, 1.5]) for role in sitting.colours}
    tones = [
        turned(tone, turn[shape.role])
        for tone, shape in zip(sitting.tones, sitting.scene.shapes, strict=True)
    ]
    strong = saturated(np.array(tones), rng.uniform(1.5, 2.3))
    return np.asarray(np.clip(strong, 0, 1).astype(np.float32))


def _stroke(sitting: Sitting, image: Image.Image, scene: Array, mark: tuple[int, float]) -> None:
    """Paint along a swirling field, all strokes a step at a time."""
    rng, (height, width) = sitting.rng, sitting.shape
    steps, wide = mark
    stride = 1.6 * wide
    count = int(1.3 * height * width / (steps * stride * wide))
    field = np.pi * sitting.artist.bend * canvas.noise(rng, sitting.shape, 2.0) + rng.uniform(0, np.pi)
    x, y = rng.uniform(0, width, count), rng.uniform(0, height, count)
    here = (y.astype(int), x.astype(int))
    tints = scene[here] + rng.normal(0, 0.15, (count, 1)) + rng.normal(0, 0.04, (count, 3))
    ways = np.empty((count, steps + 1, 2))
    ways[:, 0] = np.stack([x, y], 1)
    for step in range(steps):
        rows = np.clip(y, 0, height - 1).astype(int)
        lean = field[rows, np.clip(x, 0, width - 1).astype(int)]
        x, y = x + stride * np.cos(lean), y + stride * np.sin(lean)
        ways[:, step + 1] = np.stack([x, y], 1)
    inks = (np.clip(tints, 0, 1) * 255).astype(int).tolist()
    pen = ImageDraw.Draw(image)
    for way, tint in zip(ways.reshape(count, -1).tolist(), inks, strict=True):
        pen.line(way, fill=tuple(tint), width=max(2, round(wide)), joint=None)
