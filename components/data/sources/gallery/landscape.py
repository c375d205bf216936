"""A landscape: sky, perhaps a sun and clouds, hills, a river or a road, a house, trees."""

from __future__ import annotations

import numpy as np

from components.data.sources.gallery.shapes import Array, Composed, Shape, ellipse, points, rectangle


def _ridge(aspect: float, level: float, height: float, rng: np.random.Generator) -> Array:
    """Land from a rolling skyline down to the lower edge."""
    x = np.linspace(0, aspect, 30)
    waves = sum(
        rng.uniform(0.3, 1) / rank * np.sin(x * rng.uniform(2, 4) * rank + rng.uniform(0, 6.3))
        for rank in (1, 2, 4)
    )
    skyline = np.stack([x, level + height * np.asarray(waves)], axis=1)
    return np.concatenate([skyline, points((aspect, 1.0), (0.0, 1.0))])


def landscape(aspect: float, rng: np.random.Generator) -> Composed:
    """Composed for a picture of that aspect (width / height)."""
    horizon = rng.uniform(0.35, 0.62)
    sun = (
        rng.uniform(0.15, 0.85) * aspect,
        rng.uniform(0.1, max(0.15, horizon - 0.15)),
        rng.uniform(0.04, 0.09),
    )
    shapes = [Shape(rectangle(0, 0, aspect, 1), "air")]
    if rng.random() < 0.6:
        shapes.append(Shape(ellipse(sun[0], sun[1], sun[2], sun[2]), "light"))
    for _ in range(rng.integers(0, 4)):
        x, y, reach = rng.uniform(0, aspect), rng.uniform(0.04, horizon - 0.1), rng.uniform(0.08, 0.2)
        shapes.append(Shape(ellipse(x, y, reach, reach * 0.3, rng.normal(0, 0.08, 24)), "air2"))
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
        Shape(rectangle(x - wide, top, x + wide, base), "light"),
        Shape(points((x - wide * 1.2, top), (x, top - high * 0.7), (x + wide * 1.2, top)), "accent"),
        Shape(rectangle(x - wide * 0.25, base - high * 0.5, x + wide * 0.2, base), "dark", detail=True),
    ]


def _tree(x: float, base: float, rng: np.random.Generator) -> list[Shape]:
    high = rng.uniform(0.18, 0.42)
    top = base - high
    trunk = Shape(points((x - 0.014, base), (x - 0.006, top), (x + 0.006, top), (x + 0.014, base)), "dark")
    role = str(rng.choice(["body", "body", "ground2", "accent"]))
    if rng.random() < 0.35:  # a cypress or poplar
        return [trunk, Shape(ellipse(x, top + high * 0.35, high * 0.14, high * 0.5), role)]
    reach = high * rng.uniform(0.26, 0.36)
    crown = ellipse(x, top + reach, reach * 1.1, reach * rng.uniform(0.75, 1), rng.normal(0, 0.07, 24))
    beside = ellipse(x + reach * rng.uniform(-0.8, 0.8), top + reach * 1.4, reach * 0.8, reach * 0.55)
    lit = ellipse(x - reach * 0.3, top + reach * 0.6, reach * 0.45, reach * 0.35)
    return [trunk, Shape(beside, role), Shape(crown, role), Shape(lit, "ground", detail=True)]
