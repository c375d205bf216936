"""A still life: vessels, flowers and fruit on a table."""

from __future__ import annotations

import numpy as np

from components.data.sources.gallery.shapes import Array, Composed, Shape, ellipse, points, rectangle


def still_life(aspect: float, rng: np.random.Generator) -> Composed:
    """Composed for a picture of that aspect (width / height)."""
    edge = rng.uniform(0.5, 0.68)
    shapes = [Shape(rectangle(0, 0, aspect, 1), "air")]
    if rng.random() < 0.4:
        wall = rng.uniform(0.2, 0.8) * aspect
        shapes.append(Shape(rectangle(wall, 0, aspect, edge), "air2"))
    shapes.append(Shape(points((0, edge), (aspect, edge), (aspect, 1), (0, 1)), "ground"))
    shapes.append(Shape(rectangle(0, rng.uniform(0.88, 0.95), aspect, 1), "ground2"))
    if rng.random() < 0.6:
        left, right = np.sort(rng.uniform(0, 1, 2)) * aspect
        cloth = points(
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
        shapes.append(Shape(ellipse(x, y, size, size * rng.uniform(0.85, 1.05)), role))
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
    label = rectangle(x - wide, base - high * 0.4, x + wide * 0.9, base - high * 0.15)
    return [Shape(body, "dark"), Shape(label, "light", detail=True)]


def _vase(x: float, base: float, rng: np.random.Generator) -> list[Shape]:
    high, wide = rng.uniform(0.2, 0.28), rng.uniform(0.07, 0.11)
    parts = []
    for _ in range(rng.integers(4, 10)):
        fx, fy = x + rng.normal(0, 0.09), base - high - abs(rng.normal(0.1, 0.07))
        size = rng.uniform(0.03, 0.06)
        stem = points((x - 0.006, base - high), (fx, fy), (x + 0.006, base - high))
        bloom = ellipse(fx, fy, size, size, rng.normal(0, 0.15, 24))
        role = str(rng.choice(["accent", "light", "flesh", "body2"]))
        parts += [Shape(stem, "ground2"), Shape(bloom, role)]
    outline = _turned(x, base, high, (wide * 0.6, wide * 0.5, wide, wide * 1.1, wide * 0.9, wide * 0.5))
    return [*parts, Shape(outline, "body")]


def _jug(x: float, base: float, rng: np.random.Generator) -> list[Shape]:
    high, wide = rng.uniform(0.2, 0.3), rng.uniform(0.07, 0.1)
    outline = _turned(x, base, high, (wide * 0.7, wide * 0.55, wide * 0.7, wide, wide * 1.05, wide * 0.7))
    side = wide * float(rng.choice([-1.0, 1.0]))
    handle = ellipse(x + side, base - high * 0.55, wide * 0.55, high * 0.28)
    inside = ellipse(x + side, base - high * 0.55, wide * 0.3, high * 0.17)
    return [Shape(handle, "body2"), Shape(inside, "air", detail=True), Shape(outline, "body2")]


def _bowl(x: float, base: float, rng: np.random.Generator) -> list[Shape]:
    wide, high = rng.uniform(0.13, 0.19), rng.uniform(0.09, 0.13)
    fruit = [
        Shape(ellipse(x + at * wide, base - high - 0.02, 0.055, 0.055), str(rng.choice(["accent", "flesh"])))
        for at in (-0.5, 0.5, 0.0)
    ]
    outline = _turned(x, base, high, (wide, wide * 0.97, wide * 0.85, wide * 0.6, wide * 0.35))
    return [*fruit, Shape(outline, "body")]
