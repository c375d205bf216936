"""A sitting: everything one picture is painted from, handed to a movement's `paint`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from components.data.sources.gallery import canvas
from components.data.sources.gallery.artists import Artist
from components.data.sources.gallery.canvas import Array
from components.data.sources.gallery.shapes import Scene


@dataclass(frozen=True)
class Sitting:
    """What is to be seen, in which colours, by whose hand, on what canvas.

    Attributes:
        scene: the subject's shapes.
        colours: a colour (3,) in 0..1 for each role.
        artist: whose habits are followed.
        height: of the canvas, in pixels as painted (before it is scaled down).
        width: likewise.
        rng: this work's own random numbers.
    """

    scene: Scene
    colours: dict[str, Array]
    artist: Artist
    height: int
    width: int
    rng: np.random.Generator

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width)."""
        return self.height, self.width

    @property
    def unit(self) -> float:
        """Pixels in a hundredth of the shorter side: marks are measured in it."""
        return min(self.shape) / 100

    @cached_property
    def shapes(self) -> Array:
        """(H, W) the number of the shape at each pixel."""
        return canvas.shape_map(self.scene, self.height, self.width)

    @cached_property
    def masses(self) -> Array:
        """(H, W) likewise, without the details that lie on the shapes."""
        return canvas.shape_map(self.scene, self.height, self.width, details=False)

    @cached_property
    def tones(self) -> Array:
        """(shapes, 3) one colour a shape, each a little its own."""
        plain = np.array([self.colours[shape.role] for shape in self.scene.shapes], np.float32)
        return np.clip(plain + self.rng.normal(0, 0.03, plain.shape), 0, 1).astype(np.float32)

    def has_role(self, *roles: str) -> Array:
        """(H, W) bool: pixels of shapes with one of these roles."""
        wanted = np.array([shape.role in roles for shape in self.scene.shapes])
        return np.asarray(wanted[self.shapes])

    def tube(self) -> Array:
        """A colour of this work's palette, at random."""
        return self.colours[str(self.rng.choice(list(self.colours)))]
