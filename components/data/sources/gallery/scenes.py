"""Three subjects, composed as shapes back to front; how they are painted is the movement's affair."""

from __future__ import annotations

import numpy as np

from components.data.sources.gallery.landscape import landscape
from components.data.sources.gallery.portrait import portrait
from components.data.sources.gallery.shapes import Scene
from components.data.sources.gallery.still_life import still_life

_SUBJECTS = {"landscape": landscape, "portrait": portrait, "still life": still_life}
GENRES = tuple(_SUBJECTS)


def compose(genre: str, aspect: float, rng: np.random.Generator) -> Scene:
    """A scene of that genre.

    Raises:
        KeyError: there is no such genre.
    """
    shapes, focus = _SUBJECTS[genre](aspect, rng)
    light = (float(rng.choice([-1.0, 1.0]) * rng.uniform(0.4, 0.9)), float(-rng.uniform(0.2, 0.7)))
    return Scene(genre, aspect, tuple(shapes), focus, light)
