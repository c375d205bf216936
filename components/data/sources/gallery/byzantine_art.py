"""Byzantine art: a gold ground, a frontal figure with a halo, dark contours; tesserae or old panel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from components.data.sources.gallery import canvas
from components.data.sources.gallery.canvas import Array
from components.data.sources.gallery.palettes import saturated, turned
from components.data.sources.gallery.sitting import Sitting

# gold, pale gold, red gold, silver, lapis, porphyry: grounds that were really laid
_GROUNDS = np.array(
    [
        [0.84, 0.64, 0.20],
        [0.90, 0.77, 0.40],
        [0.66, 0.44, 0.20],
        [0.72, 0.72, 0.68],
        [0.20, 0.28, 0.50],
        [0.45, 0.20, 0.20],
    ]
)
# lapis, porphyry, olive, ochre: what robes and hills were mixed with
_ROBES = np.array([[0.16, 0.22, 0.42], [0.45, 0.13, 0.13], [0.32, 0.33, 0.18], [0.62, 0.45, 0.22]])
_ODDS = [0.55, 0.23, 0.14, 0.02, 0.04, 0.02]


def paint(sitting: Sitting) -> Array:
    """(H, W, 3) in 0..1."""
    rng, sitting = sitting.rng, _bareheaded(sitting)
    ground = _GROUNDS[rng.choice(len(_GROUNDS), p=_ODDS)] + rng.normal(0, 0.04, 3)
    scene = _drawn(sitting, ground)
    painted = _mosaic(sitting, scene) if sitting.artist.manner == "mosaic" else _panel(sitting, scene)
    return _framed(sitting, painted)


def _bareheaded(sitting: Sitting) -> Sitting:
    """Nobody is shown with a hat: a halo takes its place."""
    shapes = sitting.scene.shapes
    if sitting.scene.genre == "portrait":
        shapes = tuple(shape for shape in shapes if shape.role != "accent" or shape.detail)
    return replace(sitting, scene=replace(sitting.scene, shapes=shapes))


def _drawn(sitting: Sitting, ground: Array) -> Array:
    """The scene before it is set or painted: flat ground, halo, folds of gold, contours."""
    rng = sitting.rng
    robes = _ROBES[rng.integers(len(_ROBES), size=len(sitting.tones))]
    mixed = np.array([0.0 if shape.role in {"flesh", "light"} else 0.4 for shape in sitting.scene.shapes])
    tones = saturated(sitting.tones, rng.uniform(0.8, 1.2))
    tones = tones + (robes - tones) * mixed[:, None]
    scene = canvas.shaded(sitting.scene, sitting.shapes, tones, 0.18)
    gilded = sitting.has_role("air", "air2")
    scene = np.where(gilded[..., None], ground, scene)
    scene = _halo(sitting, scene, gilded, ground)
    gold = np.array([0.93, 0.80, 0.45])
    folds = _folds(sitting) * sitting.has_role("body", "body2", "ground", "ground2")
    scene = canvas.over(scene, gold, folds * rng.uniform(0.4, 0.8))
    weight = 1.6 * sitting.artist.line * sitting.unit
    contour = np.maximum(canvas.borders(sitting.masses, weight), canvas.borders(sitting.shapes, 0.6 * weight))
    return np.asarray(np.clip(canvas.over(scene, sitting.colours["dark"] * 0.6, contour), 0, 1))


def _halo(sitting: Sitting, scene: Array, behind: Array, ground: Array) -> Array:
    """A disc with a dark ring about the focus, behind the figure."""
    rng, (height, width) = sitting.rng, sitting.shape
    fx, fy, radius = sitting.scene.focus
    if sitting.scene.genre != "portrait" and rng.random() < 0.5:
        return scene
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    away = np.hypot(x / height * (height * sitting.scene.aspect / width) - fx, y / height - fy)
    reach = radius * rng.uniform(1.45, 1.7)
    spokes = 0.06 * np.sign(np.sin(np.arctan2(y / height - fy, x / height - fx) * rng.integers(12, 30)))
    disc = np.clip(ground * 0.5 + 0.5 * turned(np.array([0.95, 0.85, 0.5]), rng.normal(0, 0.15)), 0, 1)
    inside = (behind & (away < reach)).astype(np.float32)
    scene = canvas.over(scene, disc, inside)
    scene = scene + (spokes * inside)[..., None]
    ring = behind * np.clip(1.5 - np.abs(away - reach) * height / (0.7 * sitting.unit), 0, 1)
    return canvas.over(scene, np.array([0.45, 0.12, 0.08]), ring)


def _folds(sitting: Sitting) -> Array:
    """(H, W) 0..1 fine bright lines that fan out downwards, as gold laid on a robe."""
    height, width = sitting.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    fx = sitting.scene.focus[0] / sitting.scene.aspect * width
    fan = np.arctan2(x - fx, y - sitting.scene.focus[1] * height + 0.25 * height)
    fan = fan + 0.12 * canvas.noise(sitting.rng, sitting.shape, 3)
    wave = np.sin(fan * sitting.rng.uniform(24, 42))
    return np.asarray(np.clip((wave - 0.75) * 5, 0, 1))


def _mosaic(sitting: Sitting, scene: Array) -> Array:
    """Set in small stones of one colour each, with grout between."""
    rng = sitting.rng
    pitch = 3.1 * sitting.artist.stroke**0.4 * rng.uniform(0.85, 1.15) * sitting.unit
    centres, numbers, inwards = canvas.cells(rng, sitting.shape, pitch)
    stones = scene[centres[..., 0], centres[..., 1]]
    glint = rng.normal(0, 0.075, numbers.max() + 1)[numbers]
    stones = stones * (1 + glint[..., None])
    grout = np.clip(1.2 - inwards / (0.5 * sitting.unit), 0, 1)
    tint = np.array([0.35, 0.31, 0.27]) * rng.uniform(0.6, 1.5)
    return canvas.over(stones, tint, grout * rng.uniform(0.6, 0.95))


def _panel(sitting: Sitting, scene: Array) -> Array:
    """Egg tempera on an old board: fine hatching, darkened varnish, a net of cracks, losses."""
    rng = sitting.rng
    _, _, inwards = canvas.cells(rng, sitting.shape, rng.uniform(3.2, 6) * sitting.unit)
    inwards = inwards + np.abs(0.25 * canvas.noise(rng, sitting.shape, 20, 2)) * sitting.unit
    cracks = np.clip(1 - inwards / (0.4 * sitting.unit), 0, 1)
    cracks = cracks * np.clip(0.5 + 0.7 * canvas.noise(rng, sitting.shape, 3), 0, 1)
    age = 0.12 * canvas.noise(rng, sitting.shape, 3, 3)
    worn = np.clip((canvas.noise(rng, sitting.shape, 5, 3) - rng.uniform(0.9, 1.4)) * 4, 0, 1)
    scene = canvas.over(scene * (1 + age)[..., None], np.array([0.55, 0.47, 0.36]), worn)
    return canvas.over(scene, np.array([0.17, 0.11, 0.07]), cracks * rng.uniform(0.55, 0.95))


def _framed(sitting: Sitting, picture: Array) -> Array:
    """Most have a painted border, some a double one."""
    rng, (height, width) = sitting.rng, sitting.shape
    if rng.random() > 0.75:
        return picture
    y, x = np.mgrid[0:height, 0:width]
    inwards = np.minimum(np.minimum(y, height - 1 - y), np.minimum(x, width - 1 - x)) / sitting.unit
    wide = rng.uniform(2, 4.5) * sitting.artist.line**0.5
    picture = canvas.over(picture, sitting.tube() * 0.8, (inwards < wide) * 0.85)
    return canvas.over(picture, np.array([0.12, 0.08, 0.06]), (np.abs(inwards - wide) < 0.5) * 0.9)
