"""Shapes and scenes: what all subjects are composed of.

Coordinates: y runs from 0 (top) to 1, x from 0 to the picture's aspect (width / height), so that a
circle stays round. A shape's role says which colour of the palette it takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
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


Composed = tuple[list[Shape], tuple[float, float, float]]
"""A subject's shapes back to front, and its focus."""


def points(*pairs: tuple[float, float]) -> Array:
    """(K, 2) an outline from its corners."""
    return np.array(pairs, np.float32)


def rectangle(left: float, top: float, right: float, bottom: float) -> Array:
    """(4, 2) an upright rectangle."""
    return points((left, top), (right, top), (right, bottom), (left, bottom))


def ellipse(x: float, y: float, across: float, down: float, wobble: Array | None = None) -> Array:
    """(24, 2) an ellipse; `wobble` (24,) pushes its outline out or in, as a share of the radius."""
    turn = np.linspace(0, 2 * np.pi, 25)[:-1]
    reach = 1.0 if wobble is None else 1 + wobble
    return np.stack([x + across * reach * np.cos(turn), y + down * reach * np.sin(turn)], axis=1)
