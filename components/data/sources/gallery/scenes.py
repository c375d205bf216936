"""Three subjects, composed as shapes back to front; how they are painted is the movement's affair.

Coordinates: y runs from 0 (top) to 1, x from 0 to the picture's aspect (width / height), so that a
circle stays round. A shape's role says which colour of the palette it takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
GENRES = ("landscape", "portrait", "still life")
ROLES = ("air", "air2", "ground", "ground2", "body", "body2", "flesh", "dark", "light", "accent")


@dataclass(frozen=True)
class Shape:
    """A filled outline; `points` is (K, 2) as (x, y)."""

    points: Array
    role: str
    detail: bool = False

    def box(self) -> tuple[float, float, float, float]:
        """Centre x, centre y, half width, half height."""
        low, high = self.points.min(axis=0), self.points.max(axis=0)
        centre, half = (low + high) / 2, np.maximum((high - low) / 2, 1e-3)
        return float(centre[0]), float(centre[1]), float(half[0]), float(half[1])


@dataclass(frozen=True)
class Scene:
    """What is to be seen: shapes back to front, where the eye goes, where the light comes from.

    Attributes:
        genre: one of GENRES.
        aspect: width / height.
        shapes: the first covers everything.
        focus: (x, y, radius) of the head, the sun or the main vessel.
        light: (x, y) direction towards the light, each about -1..1.
    """

    genre: str
    aspect: float
    shapes: tuple[Shape, ...]
    focus: tuple[float, float, float]
    light: tuple[float, float]


def compose(genre: str, aspect: float, rng: np.random.Generator) -> Scene:
    """A scene of that genre.

    Raises:
        KeyError: there is no such genre.
    """
    shapes, focus = {"landscape": _landscape, "portrait": _portrait, "still life": _still_life}[genre](
        aspect, rng
    )
    light = (float(rng.choice([-1.0, 1.0]) * rng.uniform(0.4, 0.9)), float(-rng.uniform(0.2, 0.7)))
    return Scene(genre, aspect, tuple(shapes), focus, light)


Composed = tuple[list[Shape], tuple[float, float, float]]


def _points(*pairs: tuple[float, float]) -> Array:
    return np.array(pairs, np.float32)


def _box(left: float, top: float, right: float, bottom: float) -> Array:
    return _points((left, top), (right, top), (right, bottom), (left, bottom))


def _ellipse(x: float, y: float, across: float, down: float, wobble: Array | None = None) -> Array:
    turn = np.linspace(0, 2 * np.pi, 25)[:-1]
    reach = 1.0 if wobble is None else 1 + wobble
    return np.stack([x + across * reach * np.cos(turn), y + down * reach * np.sin(turn)], axis=1)


def _ridge(aspect: float, level: float, height: float, rng: np.random.Generator) -> Array:
    """Land from a rolling skyline down to the lower edge."""
    x = np.linspace(0, aspect, 30)
    waves = sum(
        rng.uniform(0.3, 1) / rank * np.sin(x * rng.uniform(2, 4) * rank + rng.uniform(0, 6.3))
        for rank in (1, 2, 4)
    )
    skyline = np.stack([x, level + height * np.asarray(waves)], axis=1)
    return np.concatenate([skyline, _points((aspect, 1.0), (0.0, 1.0))])


def _landscape(aspect: float, rng: np.random.Generator) -> Composed:
    horizon = rng.uniform(0.35, 0.62)
    sun = (
        rng.uniform(0.15, 0.85) * aspect,
        rng.uniform(0.1, max(0.15, horizon - 0.15)),
        rng.uniform(0.04, 0.09),
    )
    shapes = [Shape(_box(0, 0, aspect, 1), "air")]
    if rng.random() < 0.6:
        shapes.append(Shape(_ellipse(sun[0], sun[1], sun[2], sun[2]), "light"))
    for _ in range(rng.integers(0, 4)):
        x, y, reach = rng.uniform(0, aspect), rng.uniform(0.04, horizon - 0.1), rng.uniform(0.08, 0.2)
        shapes.append(Shape(_ellipse(x, y, reach, reach * 0.3, rng.normal(0, 0.08, 24)), "air2"))
    if rng.random() < 0.7:
        shapes.append(Shape(_ridge(aspect, horizon - 0.05, rng.uniform(0.03, 0.1), rng), "body2"))
    shapes.append(Shape(_ridge(aspect, horizon + 0.04, rng.uniform(0.01, 0.03), rng), "ground"))
    if rng.random() < 0.6:
        shapes.append(Shape(_way(aspect, horizon, rng), str(rng.choice(["air2", "light"]))))
    shapes.append(Shape(_ridge(aspect, rng.uniform(0.72, 0.88), rng.uniform(0.02, 0.05), rng), "ground2"))
    if rng.random() < 0.55:
        shapes += _house(rng.uniform(0.15, 0.85) * aspect, horizon + rng.uniform(0.06, 0.14), rng)
    for _ in range(rng.integers(1, 5)):
        shapes += _tree(rng.uniform(0.05, 0.95) * aspect, horizon + rng.uniform(0.1, 0.35), rng)
    return shapes, sun


def _way(aspect: float, horizon: float, rng: np.random.Generator) -> Array:
    """A river or a road, narrow at the horizon and wide in front."""
    far, near, bend = rng.uniform(0.3, 0.7, 3) * aspect
    down = np.linspace(0, 1, 12)
    middle = (1 - down) ** 2 * far + 2 * down * (1 - down) * bend * 1.3 + down**2 * near
    half = 0.01 + rng.uniform(0.08, 0.28) * down**1.5
    y = horizon + 0.03 + (0.97 - horizon) * down
    return np.concatenate([np.stack([middle - half, y], 1), np.stack([middle + half, y], 1)[::-1]])


def _house(x: float, base: float, rng: np.random.Generator) -> list[Shape]:
    wide, high = rng.uniform(0.06, 0.12), rng.uniform(0.08, 0.15)
    top = base - high
    return [
        Shape(_box(x - wide, top, x + wide, base), "light"),
        Shape(_points((x - wide * 1.2, top), (x, top - high * 0.7), (x + wide * 1.2, top)), "accent"),
        Shape(_box(x - wide * 0.25, base - high * 0.5, x + wide * 0.2, base), "dark", detail=True),
    ]


def _tree(x: float, base: float, rng: np.random.Generator) -> list[Shape]:
    high = rng.uniform(0.18, 0.42)
    top = base - high
    trunk = Shape(_points((x - 0.014, base), (x - 0.006, top), (x + 0.006, top), (x + 0.014, base)), "dark")
    role = str(rng.choice(["body", "body", "ground2", "accent"]))
    if rng.random() < 0.35:  # a cypress or poplar
        return [trunk, Shape(_ellipse(x, top + high * 0.35, high * 0.14, high * 0.5), role)]
    reach = high * rng.uniform(0.26, 0.36)
    crown = _ellipse(x, top + reach, reach * 1.1, reach * rng.uniform(0.75, 1), rng.normal(0, 0.07, 24))
    beside = _ellipse(x + reach * rng.uniform(-0.8, 0.8), top + reach * 1.4, reach * 0.8, reach * 0.55)
    lit = _ellipse(x - reach * 0.3, top + reach * 0.6, reach * 0.45, reach * 0.35)
    return [trunk, Shape(beside, role), Shape(crown, role), Shape(lit, "ground", detail=True)]


def _portrait(aspect: float, rng: np.random.Generator) -> Composed:
    x, y = aspect / 2 + rng.normal(0, 0.05), rng.uniform(0.33, 0.43)
    down = rng.uniform(0.16, 0.24)
    across = min(down * rng.uniform(0.68, 0.82), aspect * 0.3)
    turn = rng.uniform(-0.35, 0.35) * across
    shoulders = min(rng.uniform(1.7, 2.4) * across, aspect * 0.49)
    shapes = [Shape(_box(0, 0, aspect, 1), "air")]
    if rng.random() < 0.5:
        edge = rng.uniform(0.1, 0.9) * aspect
        shapes.append(Shape(_points((edge, 0), (aspect, 0), (aspect, 1), (edge + 0.05, 1)), "air2"))
    if rng.random() < 0.3:
        shapes.append(Shape(_box(0, rng.uniform(0.6, 0.8), aspect, 1), "ground"))
    if rng.random() < 0.5:  # long hair falls behind the shoulders
        shapes.append(Shape(_ellipse(x, y + down * 0.5, across * 1.35, down * 1.45), "dark"))
    neck = y + down * rng.uniform(1.15, 1.35)
    bust = [(x - across * 0.5, neck), (x - shoulders * 0.8, neck + 0.08), (x - shoulders, 1.0)]
    mirrored = [(2 * x - px, py) for px, py in reversed(bust)]
    shapes.append(Shape(_points(*bust, *mirrored), "body"))
    opening = across * rng.uniform(0.35, 0.6)
    shapes.append(
        Shape(_points((x - opening, neck), (x, neck + rng.uniform(0.05, 0.2)), (x + opening, neck)), "body2")
    )
    shapes.append(Shape(_box(x - across * 0.4, y, x + across * 0.4, neck + 0.02), "flesh"))
    shapes.append(Shape(_ellipse(x, y - down * 0.08, across * 1.14, down * 1.1), "dark"))
    shapes.append(Shape(_ellipse(x + turn * 0.3, y + down * 0.1, across, down), "flesh"))
    shapes += _face(x + turn, y + down * 0.1, across, down, rng)
    if rng.random() < 0.3:
        brim = y - down * rng.uniform(0.5, 0.7)
        shapes.append(Shape(_ellipse(x, brim, across * rng.uniform(1.4, 1.9), down * 0.16), "accent"))
        shapes.append(Shape(_box(x - across * 0.9, brim - down * 0.65, x + across * 0.9, brim), "accent"))
    return shapes, (x, y, down)


def _face(x: float, y: float, across: float, down: float, rng: np.random.Generator) -> list[Shape]:
    apart, level = across * 0.42, y - down * rng.uniform(0.08, 0.18)
    mouth = y + down * rng.uniform(0.48, 0.58)
    parts = []
    for side in (x - apart, x + apart):
        parts.append(Shape(_ellipse(side, level, across * 0.22, down * 0.085), "light", detail=True))
        parts.append(Shape(_ellipse(side, level, across * 0.1, down * 0.075), "dark", detail=True))
        brow = _box(side - across * 0.25, level - down * 0.24, side + across * 0.25, level - down * 0.18)
        parts.append(Shape(brow, "dark", detail=True))
    nose = _points((x, level), (x - across * 0.14, y + down * 0.26), (x + across * 0.1, y + down * 0.26))
    parts.append(Shape(nose, "ground", detail=True))
    parts.append(Shape(_ellipse(x, mouth, across * 0.3, down * 0.075), "accent", detail=True))
    return parts


def _still_life(aspect: float, rng: np.random.Generator) -> Composed:
    edge = rng.uniform(0.5, 0.68)
    shapes = [Shape(_box(0, 0, aspect, 1), "air")]
    if rng.random() < 0.4:
        wall = rng.uniform(0.2, 0.8) * aspect
        shapes.append(Shape(_box(wall, 0, aspect, edge), "air2"))
    shapes.append(Shape(_points((0, edge), (aspect, edge), (aspect, 1), (0, 1)), "ground"))
    shapes.append(Shape(_box(0, rng.uniform(0.88, 0.95), aspect, 1), "ground2"))
    if rng.random() < 0.6:
        left, right = np.sort(rng.uniform(0, 1, 2)) * aspect
        cloth = _points(
            (left, edge + 0.1), (right + 0.15, edge + 0.06), (right + 0.25, 1), (left + 0.05, 0.93)
        )
        shapes.append(Shape(cloth, "light"))
    places = (np.arange(3) + rng.uniform(0.2, 0.8, 3)) / 3 * aspect
    vessels = [_bottle, _vase, _jug, _bowl]
    focus = (aspect / 2, edge, 0.15)
    for place, kind in zip(rng.permutation(places), rng.permutation(len(vessels)), strict=False):
        base = edge + rng.uniform(0.08, 0.2)
        shapes += vessels[int(kind)](float(place), base, rng)
        focus = (float(place), base - 0.15, 0.15)
    for _ in range(rng.integers(2, 7)):
        x, y, size = rng.uniform(0.08, 0.92) * aspect, rng.uniform(edge + 0.16, 0.9), rng.uniform(0.045, 0.08)
        role = str(rng.choice(["accent", "accent", "body2", "light"]))
        shapes.append(Shape(_ellipse(x, y, size, size * rng.uniform(0.85, 1.05)), role))
    return shapes, focus


def _turned(x: float, base: float, high: float, radii: tuple[float, ...]) -> Array:
    """A vessel's outline from its radii, top to bottom."""
    levels = np.linspace(base - high, base, len(radii))
    half = np.array(radii)
    return np.concatenate([np.stack([x - half, levels], 1), np.stack([x + half, levels], 1)[::-1]])


def _bottle(x: float, base: float, rng: np.random.Generator) -> list[Shape]:
    high, wide = rng.uniform(0.36, 0.5), rng.uniform(0.05, 0.075)
    neck = wide * 0.35
    body = _turned(x, base, high, (neck, neck, neck, wide * 0.9, wide, wide, wide, wide, wide * 0.95))
    label = _box(x - wide, base - high * 0.4, x + wide * 0.9, base - high * 0.15)
    return [Shape(body, "dark"), Shape(label, "light", detail=True)]


def _vase(x: float, base: float, rng: np.random.Generator) -> list[Shape]:
    high, wide = rng.uniform(0.2, 0.28), rng.uniform(0.07, 0.11)
    parts = []
    for _ in range(rng.integers(4, 10)):
        fx, fy = x + rng.normal(0, 0.09), base - high - abs(rng.normal(0.1, 0.07))
        size = rng.uniform(0.03, 0.06)
        stem = _points((x - 0.006, base - high), (fx, fy), (x + 0.006, base - high))
        bloom = _ellipse(fx, fy, size, size, rng.normal(0, 0.15, 24))
        role = str(rng.choice(["accent", "light", "flesh", "body2"]))
        parts += [Shape(stem, "ground2"), Shape(bloom, role)]
    outline = _turned(x, base, high, (wide * 0.6, wide * 0.5, wide, wide * 1.1, wide * 0.9, wide * 0.5))
    return [*parts, Shape(outline, "body")]


def _jug(x: float, base: float, rng: np.random.Generator) -> list[Shape]:
    high, wide = rng.uniform(0.2, 0.3), rng.uniform(0.07, 0.1)
    outline = _turned(x, base, high, (wide * 0.7, wide * 0.55, wide * 0.7, wide, wide * 1.05, wide * 0.7))
    side = wide * float(rng.choice([-1.0, 1.0]))
    handle = _ellipse(x + side, base - high * 0.55, wide * 0.55, high * 0.28)
    inside = _ellipse(x + side, base - high * 0.55, wide * 0.3, high * 0.17)
    return [Shape(handle, "body2"), Shape(inside, "air", detail=True), Shape(outline, "body2")]


def _bowl(x: float, base: float, rng: np.random.Generator) -> list[Shape]:
    wide, high = rng.uniform(0.13, 0.19), rng.uniform(0.09, 0.13)
    fruit = [
        Shape(_ellipse(x + at * wide, base - high - 0.02, 0.055, 0.055), str(rng.choice(["accent", "flesh"])))
        for at in (-0.5, 0.5, 0.0)
    ]
    outline = _turned(x, base, high, (wide, wide * 0.97, wide * 0.85, wide * 0.6, wide * 0.35))
    return [*fruit, Shape(outline, "body")]
