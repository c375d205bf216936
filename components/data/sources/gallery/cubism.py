"""Cubism: the scene broken into angular facets, each shifted, shaded along an edge and muted."""

from __future__ import annotations

import numpy as np

from components.data.sources.gallery import canvas
from components.data.sources.gallery.canvas import Array
from components.data.sources.gallery.palettes import saturated
from components.data.sources.gallery.sitting import Sitting

_OCHRES = np.array([[0.62, 0.50, 0.33], [0.45, 0.42, 0.38], [0.72, 0.64, 0.50], [0.38, 0.42, 0.45]])
# cuts through the picture, how far muted towards ochre and grey, strength of the facets' shading
_MANNERS = {"analytic": (13, 0.75, 0.75), "rings": (10, 0.35, 0.65), "collage": (10, 0.55, 0.6)}


def paint(sitting: Sitting) -> Array:
    """(H, W, 3) in 0..1."""
    rng = sitting.rng
    cuts, muted, depth = _MANNERS[sitting.artist.manner]
    count = int(np.clip(round(cuts / sitting.artist.stroke + rng.integers(-1, 3)), 8, 15))
    distances = _cuts(sitting, count)
    facets = _facets(distances, rng)
    scene = canvas.shaded(sitting.scene, sitting.shapes, sitting.tones, 0.25)
    scene = _shifted(sitting, scene, facets, 1 << count)
    scene = _tinted(sitting, scene, facets, 1 << count)
    scene = saturated(scene.astype(np.float32), 1.1 - muted * rng.uniform(0.5, 1))
    scene = canvas.over(scene, _OCHRES[rng.integers(4)], np.full(sitting.shape, 0.5 * muted))
    scene = _planes(sitting, scene, distances, facets, depth)
    lines = canvas.borders(facets, 1.0 * sitting.artist.line**0.5 * sitting.unit)
    lost = np.clip(0.75 + 0.7 * canvas.noise(rng, sitting.shape, 4), 0.1, 1)  # some edges open: passage
    scene = canvas.over(scene, sitting.colours["dark"] * 0.6, lines * lost)
    grain = rng.normal(0, 0.025, sitting.shape) + 0.025 * canvas.noise(rng, sitting.shape, 45)
    return np.asarray(np.clip(scene + grain[..., None], 0, 1))


def _facets(distances: Array, rng: np.random.Generator) -> Array:
    """(H, W) a number a facet; later cuts stop at an earlier one, so facets are small here, large there."""
    sides = distances > 0
    facets = np.zeros(distances.shape[1:], np.int32)
    for cut, side in enumerate(sides):
        within = side
        if cut >= 4:
            stop = sides[rng.integers(cut)]
            within = side & (stop if rng.random() < 0.5 else ~stop)
        facets |= within.astype(np.int32) << cut
    return facets


def _cuts(sitting: Sitting, count: int) -> Array:
    """(count, H, W) signed distance in units to each line (or ring), crowded about the focus."""
    rng, (height, width) = sitting.rng, sitting.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    spread = np.stack([rng.normal(0, 0.26, count), rng.normal(0, 0.26, count)])
    fx = (sitting.scene.focus[0] / sitting.scene.aspect + 0.5) / 2 + spread[0]
    fy = (sitting.scene.focus[1] + 0.55) / 2 + spread[1]
    leans = rng.choice([0.35, 0.9, 1.35, 2.0, 2.6], count) + rng.normal(0, 0.12, count)
    rings = rng.random(count) < (0.45 if sitting.artist.manner == "rings" else 0.06)
    maps = []
    for px, py, lean, ring in zip(fx * width, fy * height, leans, rings, strict=True):
        if ring:
            reach = rng.uniform(0.15, 0.5) * min(height, width)
            maps.append(np.hypot(x - px, y - py) - reach)
        else:
            maps.append((x - px) * np.cos(lean) + (y - py) * np.sin(lean))
    return np.stack(maps).astype(np.float32) / np.float32(sitting.unit)


def _shifted(sitting: Sitting, scene: Array, facets: Array, possible: int) -> Array:
    """Each facet looks at the scene from a place and at an angle of its own."""
    rng, (height, width) = sitting.rng, sitting.shape
    away = 4.5 * sitting.artist.bend * sitting.unit
    down, right = rng.normal(0, away, (2, possible))
    tilt = rng.normal(0, 0.16 * sitting.artist.bend, possible)[facets]
    y, x = np.mgrid[0:height, 0:width]
    down_by = down[facets] + tilt * (x - width / 2)
    right_by = right[facets] - tilt * (y - height / 2)
    return canvas.moved(scene, down_by, right_by)


def _tinted(sitting: Sitting, scene: Array, facets: Array, possible: int) -> Array:
    """Some facets take a colour of the palette, as if a plane of the table came forward."""
    rng = sitting.rng
    tints = np.array([sitting.tube() for _ in range(16)])[rng.integers(16, size=possible)]
    how_much = np.where(rng.random(possible) < 0.35, rng.uniform(0.3, 0.75, possible), 0.0)
    return np.asarray(scene + (tints[facets] - scene) * how_much[facets][..., None])


def _planes(sitting: Sitting, scene: Array, distances: Array, facets: Array, depth: float) -> Array:
    """Light runs across each facet, from one of its own edges."""
    rng = sitting.rng
    possible = 1 << len(distances)
    edge = rng.integers(len(distances), size=possible)[facets]
    away = np.abs(np.take_along_axis(distances, edge[None], axis=0)[0])
    fade = np.exp(-away / rng.uniform(6, 12))
    sense = rng.choice([-1.0, -0.8, 0.8], possible)[facets]
    step = rng.normal(0, 0.09, possible)[facets]
    return np.asarray(np.clip(scene * (1 + depth * (fade * sense))[..., None] + step[..., None], 0, 1))
