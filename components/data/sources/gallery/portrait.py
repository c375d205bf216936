"""A portrait: head and shoulders before a plain ground, with or without a hat."""

from __future__ import annotations

import numpy as np

from components.data.sources.gallery.shapes import Composed, Shape, ellipse, points, rectangle


def portrait(aspect: float, rng: np.random.Generator) -> Composed:
    """Composed for a picture of that aspect (width / height)."""
    # Sitters differ in place, size and build: alike, two of them would pass for copies of one picture.
    x, y = aspect * rng.uniform(0.32, 0.68), rng.uniform(0.27, 0.5)
    down = rng.uniform(0.12, 0.26)
    across = min(down * rng.uniform(0.6, 0.9), aspect * 0.3)
    turn = rng.uniform(-0.35, 0.35) * across
    shoulders = min(rng.uniform(1.7, 2.4) * across, aspect * 0.49)
    shapes = [Shape(rectangle(0, 0, aspect, 1), "air")]
    if rng.random() < 0.5:
        edge = rng.uniform(0.1, 0.9) * aspect
        shapes.append(Shape(points((edge, 0), (aspect, 0), (aspect, 1), (edge + 0.05, 1)), "air2"))
    if rng.random() < 0.3:
        shapes.append(Shape(rectangle(0, rng.uniform(0.6, 0.8), aspect, 1), "ground"))
    if rng.random() < 0.5:  # long hair falls behind the shoulders
        shapes.append(Shape(ellipse(x, y + down * 0.5, across * 1.35, down * 1.45), "dark"))
    neck = y + down * rng.uniform(1.15, 1.35)
    bust = [(x - across * 0.5, neck), (x - shoulders * 0.8, neck + 0.08), (x - shoulders, 1.0)]
    mirrored = [(2 * x - px, py) for px, py in reversed(bust)]
    shapes.append(Shape(points(*bust, *mirrored), "body"))
    opening = across * rng.uniform(0.35, 0.6)
    shapes.append(
        Shape(points((x - opening, neck), (x, neck + rng.uniform(0.05, 0.2)), (x + opening, neck)), "body2")
    )
    shapes.append(Shape(rectangle(x - across * 0.4, y, x + across * 0.4, neck + 0.02), "flesh"))
    shapes.append(Shape(ellipse(x, y - down * 0.08, across * 1.14, down * 1.1), "dark"))
    shapes.append(Shape(ellipse(x + turn * 0.3, y + down * 0.1, across, down), "flesh"))
    shapes += _face(x + turn, y + down * 0.1, across, down, rng)
    if rng.random() < 0.3:
        brim = y - down * rng.uniform(0.5, 0.7)
        shapes.append(Shape(ellipse(x, brim, across * rng.uniform(1.4, 1.9), down * 0.16), "accent"))
        shapes.append(
            Shape(rectangle(x - across * 0.9, brim - down * 0.65, x + across * 0.9, brim), "accent")
        )
    return shapes, (x, y, down)


def _face(x: float, y: float, across: float, down: float, rng: np.random.Generator) -> list[Shape]:
    apart, level = across * 0.42, y - down * rng.uniform(0.08, 0.18)
    mouth = y + down * rng.uniform(0.48, 0.58)
    parts = []
    for side in (x - apart, x + apart):
        parts.append(Shape(ellipse(side, level, across * 0.22, down * 0.085), "light", detail=True))
        parts.append(Shape(ellipse(side, level, across * 0.1, down * 0.075), "dark", detail=True))
        brow = rectangle(side - across * 0.25, level - down * 0.24, side + across * 0.25, level - down * 0.18)
        parts.append(Shape(brow, "dark", detail=True))
    nose = points((x, level), (x - across * 0.14, y + down * 0.26), (x + across * 0.1, y + down * 0.26))
    parts.append(Shape(nose, "ground", detail=True))
    parts.append(Shape(ellipse(x, mouth, across * 0.3, down * 0.075), "accent", detail=True))
    return parts
