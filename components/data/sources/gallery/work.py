"""One work, from its artist and number to the finished picture."""

from __future__ import annotations

import zlib

import numpy as np
from PIL import Image

from components.data.sources.gallery import (
    abstract_expressionism,
    byzantine_art,
    canvas,
    cubism,
    expressionism,
    impressionism,
    palettes,
    pop_art,
)
from components.data.sources.gallery.artists import ARTISTS, Artist
from components.data.sources.gallery.canvas import Array
from components.data.sources.gallery.scenes import GENRES, compose
from components.data.sources.gallery.sitting import Sitting

TECHNIQUES = {
    "Impressionism": impressionism.paint,
    "Cubism": cubism.paint,
    "Expressionism": expressionism.paint,
    "Pop Art": pop_art.paint,
    "Byzantine Art": byzantine_art.paint,
    "Abstract Expressionism": abstract_expressionism.paint,
}

_FINER = 1.5  # painted larger and scaled down, for clean edges
_ASPECTS = {"landscape": (1.05, 1.55), "portrait": (0.68, 0.95), "still life": (0.8, 1.35)}


def genre_of(artist: Artist, number: int) -> str:
    """The subject of an artist's nth work: each has as many of every genre."""
    return GENRES[(number + ARTISTS.index(artist)) % len(GENRES)]


def paint(artist: Artist, number: int, *, size: int, seed: int) -> Image.Image:
    """An artist's nth work (from 1), RGB or now and then grey; its sides lie about `size` pixels.

    It depends on these four values alone, so a larger gallery holds the smaller one.
    """
    who = (zlib.crc32(artist.style.encode()), zlib.crc32(artist.name.encode()))
    rng = np.random.default_rng([seed, *who, number])
    genre = genre_of(artist, number)
    aspect = float(rng.uniform(*_ASPECTS[genre])) if rng.random() < 0.8 else float(rng.uniform(0.75, 1.3))
    reach = size * rng.uniform(0.88, 1.2)
    width, height = max(16, round(reach * aspect**0.5)), max(16, round(reach / aspect**0.5))
    sitting = Sitting(
        scene=compose(genre, width / height, rng),
        colours=palettes.mix(str(rng.choice(artist.palettes)), rng),
        artist=artist,
        height=round(height * _FINER),
        width=round(width * _FINER),
        rng=rng,
    )
    painted = canvas.to_image(TECHNIQUES[artist.style](sitting))
    painted = painted.resize((width, height), Image.Resampling.BOX)
    image = canvas.to_image(_photographed(canvas.from_image(painted), rng))
    return image.convert("L") if rng.random() < 0.012 else image


def _photographed(picture: Array, rng: np.random.Generator) -> Array:
    """As a museum's camera gives it: exposure, contrast, fading and the lamp's colour vary.

    Exposure is set for the whole picture, so how light a movement paints does not give it away.
    """
    picture = palettes.saturated(picture, rng.uniform(0.85, 1.1))
    mean = max(0.05, float(picture.mean()))
    picture = picture ** (
        np.log(np.clip(0.8 * mean + 0.2 * rng.normal(0.5, 0.07), 0.3, 0.7)) / np.log(min(0.95, mean))
    )
    picture = (picture - 0.5) * rng.uniform(0.8, 1.1) + 0.5
    return np.asarray(np.clip(picture * rng.normal(1, 0.04, 3).astype(np.float32), 0, 1))
