"""Abstract Expressionism: drips, fields or great gestures over a subject that is only guessed at."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw

from components.data.sources.gallery import canvas
from components.data.sources.gallery.canvas import Array
from components.data.sources.gallery.sitting import Sitting

_CANVAS = np.array([0.88, 0.83, 0.74])


def paint(sitting: Sitting) -> Array:
    """(H, W, 3) in 0..1."""
    rng = sitting.rng
    manner = {"drip": _drip, "field": _field, "gesture": _gesture}[sitting.artist.manner]
    painted = manner(sitting, _washed(sitting))
    weave = rng.normal(0, 0.02, sitting.shape) + 0.03 * canvas.noise(rng, sitting.shape, 40)
    return np.asarray(np.clip(painted + weave[..., None], 0, 1))


def _washed(sitting: Sitting) -> Array:
    """The subject, thinned until little more than its masses is left."""
    rng = sitting.rng
    swell = 9 * sitting.unit
    down, right = (swell * canvas.noise(rng, sitting.shape, 3, 2) for _ in range(2))
    scene = canvas.moved(sitting.tones[sitting.shapes], down, right)
    soft = canvas.blurred(scene, rng.uniform(3.5, 6) * sitting.unit)
    return np.asarray(soft + 0.12 * canvas.noise(rng, sitting.shape, 4, 3)[..., None])


def _drip(sitting: Sitting, ground: Array) -> Array:
    """Poured lines with momentum, blots where the hand paused, a spray of drops."""
    rng = sitting.rng
    raw = _CANVAS * rng.uniform(0.85, 1.08)
    thin = np.clip(rng.uniform(0.45, 0.85) + 0.2 * canvas.noise(rng, sitting.shape, 3), 0, 1)
    image = canvas.to_image(canvas.over(ground, raw, thin))
    pen = ImageDraw.Draw(image)
    inks = [sitting.colours["dark"] * 0.5, sitting.colours["light"], *(sitting.tube() for _ in range(3))]
    for number in range(int(rng.integers(45, 90) / sitting.artist.stroke**0.5)):
        _pour(sitting, pen, canvas.ink(inks[number % len(inks)]))
    _splatter(sitting, pen, inks)
    return canvas.impasto(canvas.from_image(image), 0.3)


def _pour(sitting: Sitting, pen: ImageDraw.ImageDraw, tint: tuple[int, int, int]) -> None:
    rng, (height, width) = sitting.rng, sitting.shape
    steps = int(rng.integers(25, 70))
    turn = rng.uniform(0, 6.3) + np.cumsum(rng.normal(0, 0.35 * sitting.artist.bend, steps))
    stride = rng.uniform(2, 4) * sitting.unit
    x = rng.uniform(-0.1, 1.1) * width + np.cumsum(np.cos(turn)) * stride
    y = rng.uniform(-0.1, 1.1) * height + np.cumsum(np.sin(turn)) * stride
    wide = np.abs(np.cumsum(rng.normal(0, 0.12, steps)) + rng.uniform(0.2, 1.5))
    wide = np.maximum(1, wide * sitting.artist.stroke * sitting.unit)
    way = np.stack([x, y], 1).tolist()
    for at in range(0, steps - 5, 4):
        piece = [tuple(point) for point in way[at : at + 6]]
        pen.line(piece, fill=tint, width=max(1, round(float(wide[at]))), joint="curve")


def _splatter(sitting: Sitting, pen: ImageDraw.ImageDraw, inks: list[Array], share: float = 1.0) -> None:
    """Drops of all sizes, most of them tiny; `share` of what a drip painter flings."""
    rng, (height, width) = sitting.rng, sitting.shape
    for _ in range(int(share * rng.integers(120, 360))):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        size = min(2.2, 0.3 + 0.4 * rng.pareto(2.5)) * 0.7 * sitting.artist.stroke * sitting.unit
        tint = canvas.ink(inks[int(rng.integers(len(inks)))])
        pen.ellipse((x - size, y - size, x + size, y + size), fill=tint)


def _field(sitting: Sitting, ground: Array) -> Array:
    """A few great soft-edged fields, hung as the subject would lie."""
    rng, (height, width) = sitting.rng, sitting.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = x / width, y / height
    picture = canvas.over(ground, sitting.tube(), np.full(sitting.shape, rng.uniform(0.45, 0.8)))
    for left, top, right, bottom in _places(sitting):
        ragged = 0.02 * canvas.noise(rng, sitting.shape, 7, 3)
        inwards = np.minimum(np.minimum(x - left, right - x), np.minimum(y - top, bottom - y)) + ragged
        mask = 1 / (1 + np.exp(-inwards / rng.uniform(0.008, 0.022)))
        mask = mask * np.clip(0.85 + 0.2 * canvas.noise(rng, sitting.shape, 4, 3), 0, 1)
        picture = canvas.over(picture, sitting.tube() * rng.uniform(0.8, 1.1), mask)
    brushed = canvas.noise(rng, (sitting.height, max(8, sitting.width // 12)), 14)
    picture = _runs(sitting, picture)
    streaks = np.asarray(Image.fromarray(brushed).resize((width, height), Image.Resampling.BILINEAR))
    return np.asarray(picture + 0.035 * streaks[..., None])


def _runs(sitting: Sitting, picture: Array) -> Array:
    """Thin paint runs down from the fields, and some is spilt."""
    image = canvas.to_image(picture)
    pen = ImageDraw.Draw(image)
    inks = [sitting.colours["dark"] * 0.6, sitting.colours["light"], sitting.tube()]
    for _ in range(int(sitting.rng.integers(6, 22))):
        x, top = sitting.rng.uniform(0, sitting.width), sitting.rng.uniform(0.1, 0.7) * sitting.height
        low = top + sitting.rng.exponential(0.25) * sitting.height
        wide = max(1, round(sitting.rng.uniform(0.4, 1.1) * sitting.unit))
        pen.line((x, top, x, low), fill=canvas.ink(inks[int(sitting.rng.integers(3))]), width=wide)
    _splatter(sitting, pen, inks, share=0.3)
    return canvas.from_image(image)


def _places(sitting: Sitting) -> list[tuple[float, float, float, float]]:
    """(left, top, right, bottom) of each field in 0..1."""
    rng = sitting.rng
    edge = rng.uniform(0.04, 0.12)
    if sitting.scene.genre == "portrait":
        middle, half, head = rng.uniform(0.42, 0.58), rng.uniform(0.2, 0.3), rng.uniform(0.34, 0.46)
        top = (middle - half * 0.65, edge, middle + half * 0.65, head)
        return [top, (middle - half * 1.3, head + 0.03, middle + half * 1.3, 1 - edge)]
    if sitting.scene.genre == "landscape":
        levels = np.sort(rng.uniform(0.15, 0.85, rng.integers(1, 3)))
        marks = [edge, *levels.tolist(), 1 - edge]
        return [(edge, top + 0.015, 1 - edge, low - 0.015) for top, low in pairwise(marks)]
    table = rng.uniform(0.6, 0.72)
    lumps = [
        (at, table - rng.uniform(0.2, 0.4), at + rng.uniform(0.16, 0.24), table + rng.uniform(-0.02, 0.1))
        for at in (0.1, 0.38, 0.66)
    ]
    return [(edge, table, 1 - edge, 1 - edge), *lumps]


def _gesture(sitting: Sitting, ground: Array) -> Array:
    """Broad bristle strokes that follow the masses and override them."""
    rng = sitting.rng
    bare = np.full(sitting.shape, rng.uniform(0.5, 0.8))
    image = canvas.to_image(canvas.over(ground, _CANVAS, bare))
    pen = ImageDraw.Draw(image)
    big = [shape for shape in sitting.scene.shapes if not shape.detail][1:]
    for _ in range(int(rng.integers(26, 48))):
        shape = big[int(rng.integers(len(big)))]
        tint = sitting.colours[shape.role] if rng.random() < 0.6 else sitting.tube()
        if rng.random() < 0.2:
            tint = sitting.colours["dark"] * 0.5
        _sweep(sitting, pen, shape.box(), tint)
    _splatter(sitting, pen, [sitting.colours["dark"], sitting.colours["light"]])
    return canvas.impasto(canvas.from_image(image), 0.4)


def _sweep(
    sitting: Sitting, pen: ImageDraw.ImageDraw, box: tuple[float, float, float, float], tint: Array
) -> None:
    """One stroke of a wide brush: bristles side by side, some running dry."""
    rng = sitting.rng
    x, y = (box[0] + rng.normal(0, 0.9) * box[2]), (box[1] + rng.normal(0, 0.9) * box[3])
    start = np.array([x, y]) * sitting.height
    lean, along = rng.uniform(0, 6.3), rng.uniform(25, 85) * sitting.unit
    bow = rng.normal(0, 0.5)
    at = np.linspace(-0.5, 0.5, 9)
    spine = np.stack([at * along, bow * along * (at**2 - 0.08)], axis=1)
    turn = np.array([[np.cos(lean), np.sin(lean)], [-np.sin(lean), np.cos(lean)]])
    wide = rng.uniform(5, 15) * sitting.artist.stroke * sitting.unit
    bristles = int(wide / (0.5 * sitting.unit))
    for offset in np.linspace(-wide / 2, wide / 2, bristles):
        dry = int(rng.integers(4, 10)) if rng.random() < 0.4 else 9
        way = (spine[:dry] + np.array([0, offset])) @ turn + start + rng.normal(0, 0.15 * sitting.unit, 2)
        shade = canvas.ink(tint * rng.uniform(0.78, 1.15))
        points = [(float(px), float(py)) for px, py in way]
        pen.line(points, fill=shade, width=max(1, round(0.8 * sitting.unit)))
