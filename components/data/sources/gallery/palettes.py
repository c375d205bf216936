"""Colours: ten palettes that all movements share, so that no colour gives a movement away."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from components.data.sources.gallery.shapes import ROLES

Array = npt.NDArray[Any]

PALETTES: dict[str, tuple[str, ...]] = {
    # darkest, dark, three middle tones, light, accent
    "harbour": ("#16233d", "#2f5d8a", "#5f93b5", "#8fa3a0", "#c9b48a", "#efe3c6", "#d9692f"),
    "orchard": ("#1f2e1c", "#46693a", "#7f9c4b", "#a9b77a", "#c4a35a", "#f0e6b8", "#c8442f"),
    "earth": ("#2a1d14", "#5e4029", "#93703f", "#b3925f", "#8b8a78", "#e5d5b0", "#a43d23"),
    "rose": ("#33202c", "#7a4458", "#b97a86", "#c9a0a5", "#9c8fb0", "#f3dcd4", "#cf3a54"),
    "dusk": ("#1b1836", "#433a78", "#7566a6", "#a286a8", "#cc8f86", "#f1d3b5", "#e58a3c"),
    "carnival": ("#17161c", "#1f4ea1", "#d8352f", "#2f9a5b", "#f0b429", "#f8f1dc", "#e6569b"),
    "gold": ("#2b1a10", "#7b3a22", "#b8862d", "#d9b04c", "#8a6b3c", "#f5e3a6", "#2f5a78"),
    "winter": ("#23292e", "#56636b", "#8d9aa0", "#b4bdbd", "#a89f92", "#edefec", "#b3553d"),
    "ember": ("#1c0f12", "#6b1c1c", "#b23a24", "#d9772d", "#7d5a53", "#f6d69a", "#2c7a7b"),
    "lagoon": ("#0f2a2e", "#1f6568", "#3f9c94", "#86bfae", "#b5a06a", "#eef0d6", "#e0653f"),
}

_MIDDLE = ("air", "air2", "ground", "ground2", "body", "body2")
_SKINS = np.array([[0.93, 0.76, 0.63], [0.80, 0.59, 0.44], [0.58, 0.40, 0.29], [0.88, 0.70, 0.60]])


def mix(palette: str, rng: np.random.Generator) -> dict[str, Array]:
    """One work's colours, a role each: (3,) in 0..1. Hues, tones and which colour goes where vary."""
    tubes = np.array([[int(tube[at : at + 2], 16) for at in (1, 3, 5)] for tube in PALETTES[palette]]) / 255
    tubes = turned(tubes, rng.normal(0, 0.22))
    tubes = np.clip(tubes + rng.normal(0, 0.035, tubes.shape), 0, 1)
    order = rng.permutation([1, 2, 3, 4, 5, 2])
    if rng.random() < 0.6:  # more often than not the air is lighter than what lies below
        order = np.concatenate([order[order >= 4], order[order < 4]])
    colours = {role: tubes[tube] for role, tube in zip(_MIDDLE, order, strict=True)}
    skin = _SKINS[rng.integers(len(_SKINS))]
    colours["flesh"] = 0.6 * skin + 0.4 * tubes[rng.choice([3, 4, 5])]
    colours |= {"dark": tubes[0], "light": tubes[5], "accent": tubes[6]}
    return {role: colours[role] for role in ROLES}


def turned(colours: Array, angle: float) -> Array:
    """Colours (..., 3) turned about the grey axis by `angle` radians; brightness stays."""
    axis = np.sqrt(1 / 3)
    cross = axis * np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    turn = np.eye(3) * np.cos(angle) + np.sin(angle) * cross + (1 - np.cos(angle)) / 3
    return np.asarray(np.clip(colours @ turn.T.astype(colours.dtype), 0, 1))


def saturated(colours: Array, amount: float) -> Array:
    """Colours further from (amount > 1) or nearer to (< 1) their own grey."""
    grey = colours @ np.array([0.299, 0.587, 0.114], colours.dtype)
    return np.asarray(
        np.clip(grey[..., None] + colours.dtype.type(amount) * (colours - grey[..., None]), 0, 1)
    )
