"""Pop Art: flat loud fields, heavy outlines, Ben-Day dots, the same picture printed again."""

from __future__ import annotations

import numpy as np
from PIL import Image

from components.data.sources.gallery import canvas
from components.data.sources.gallery.canvas import Array
from components.data.sources.gallery.palettes import saturated, turned
from components.data.sources.gallery.sitting import Sitting


def paint(sitting: Sitting) -> Array:
    """(H, W, 3) in 0..1."""
    rows, columns = _sheet(sitting)
    height, width = -(-sitting.height // rows), -(-sitting.width // columns)
    shapes, masses = (
        np.asarray(Image.fromarray(whole).resize((width, height), Image.Resampling.NEAREST))
        for whole in (sitting.shapes, sitting.masses)
    )
    tones = saturated(sitting.tones, sitting.rng.uniform(1.4, 2.2))
    turns = sitting.rng.uniform(0, 2 * np.pi, rows * columns)
    turns[0] = 0.0
    prints = [_print(sitting, (shapes, masses), turned(tones, turn), (rows, columns)) for turn in turns]
    lines = [np.concatenate(prints[row * columns : (row + 1) * columns], axis=1) for row in range(rows)]
    sheet = np.concatenate(lines)[: sitting.height, : sitting.width]
    grain = sitting.rng.normal(0, 0.012, sitting.shape)
    return np.asarray(np.clip(sheet + grain[..., None], 0, 1))


def _sheet(sitting: Sitting) -> tuple[int, int]:
    """How often the picture is printed: (rows, columns)."""
    often = 0.75 if sitting.artist.manner == "panels" else 0.12
    if sitting.rng.random() > often:
        return 1, 1
    choices = [(2, 2), (2, 2), (1, 2), (2, 1)]
    return choices[int(sitting.rng.integers(len(choices)))]


def _print(sitting: Sitting, maps: tuple[Array, Array], tones: Array, sheet: tuple[int, int]) -> Array:
    shapes, masses = maps
    rng, artist = sitting.rng, sitting.artist
    unit = sitting.unit / max(sheet) ** 0.6
    picture = tones[shapes].astype(np.float32)
    if artist.manner == "rays":
        picture = _rays(sitting, picture, shapes)
    patterned = _patterned(sitting, shapes)
    dots = _dots(shapes.shape, rng.uniform(2.6, 3.6) * artist.stroke * unit, rng)
    paper = np.array([0.97, 0.95, 0.9], np.float32)
    ground = canvas.over(picture, paper, np.full(shapes.shape, 0.8))
    picture = np.where((patterned & (dots < 0.5))[..., None], ground, picture)
    slip = rng.integers(-1, 2, 2) * round(0.9 * unit)  # colours printed a little beside the lines
    picture = np.roll(picture, tuple(int(by) for by in slip), axis=(0, 1))
    weight = 2.2 * artist.line * rng.uniform(0.7, 1.3) * unit
    lines = np.maximum(canvas.borders(masses, weight), canvas.borders(shapes, 0.45 * weight))
    return canvas.over(picture, sitting.colours["dark"] * 0.35, lines)


def _patterned(sitting: Sitting, shapes: Array) -> Array:
    """(H, W) bool: the shapes that are printed as dots."""
    often = 0.7 if sitting.artist.manner == "dots" else 0.55
    roles = [role for role in sitting.colours if role != "dark" and sitting.rng.random() < often]
    roles.append(str(sitting.rng.choice(["air", "ground", "body"])))
    chosen = np.array([shape.role in roles and not shape.detail for shape in sitting.scene.shapes])
    return np.asarray(chosen[shapes])


def _dots(shape: tuple[int, int], pitch: float, rng: np.random.Generator) -> Array:
    """(H, W) 1 inside a dot of the screen, 0 outside; dots grow across the sheet."""
    height, width = shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    lean = rng.choice([0.26, 0.785, 1.3])
    across = (x * np.cos(lean) + y * np.sin(lean)) / pitch
    down = (y * np.cos(lean) - x * np.sin(lean)) / pitch
    away = np.hypot(across - np.rint(across), down - np.rint(down))
    swell = rng.uniform(0.28, 0.4) + rng.uniform(-0.1, 0.1) * (y / height - 0.5) * 2
    return np.asarray(np.clip((swell - away) * pitch + 0.5, 0, 1))


def _rays(sitting: Sitting, picture: Array, shapes: Array) -> Array:
    """The air behind is cut into rays or stripes of two colours."""
    height, width = shapes.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    fx, fy = sitting.scene.focus[0] / sitting.scene.aspect * width, sitting.scene.focus[1] * height
    if sitting.rng.random() < 0.6:
        turn = np.arctan2(y - fy, x - fx) / (2 * np.pi) * sitting.rng.integers(8, 16)
    else:
        turn = (x + y) / (sitting.rng.uniform(12, 22) * sitting.unit)
    air = np.array([shape.role in {"air", "air2"} for shape in sitting.scene.shapes])[shapes]
    second = saturated(sitting.tube(), 1.6)
    return np.asarray(np.where((air & (turn % 1 < 0.5))[..., None], second, picture))
