"""Augmentation policies of the studies as Keras layers; they act in training only.

They stand in the training graph and are gone from what is served. Values stay in 0..255.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from components.errors import SettingsError

FILL = "nearest"


def _rotate_zoom(seed: int) -> list[Any]:
    """Study A2: rotation within 30 degrees, zoom within a half (in and out, its shape kept)."""
    return [
        keras.layers.RandomRotation(30 / 360, fill_mode=FILL, seed=seed),
        keras.layers.RandomZoom(0.5, fill_mode=FILL, seed=seed + 1),
    ]


def _flips(seed: int) -> list[Any]:
    """Study A2, second policy."""
    return [keras.layers.RandomFlip("horizontal_and_vertical", seed=seed)]


def _stretch(seed: int) -> list[Any]:
    """Study B2. It gives no ranges: 15 degrees, zoom and stretches within a fifth are ours.

    Zoom and stretch are one resampling: height and width are scaled each by its own factor.
    """
    return [
        keras.layers.RandomFlip("horizontal", seed=seed),
        keras.layers.RandomRotation(15 / 360, fill_mode=FILL, seed=seed + 1),
        keras.layers.RandomZoom(0.2, 0.2, fill_mode=FILL, seed=seed + 2),
    ]


POLICIES: dict[str, Callable[[int], list[Any]]] = {
    "rotate-zoom": _rotate_zoom,
    "flips": _flips,
    "stretch": _stretch,
}


def layers_for(policy: str, *, seed: int = 0) -> keras.Sequential | None:
    """The policy's layers, (B, H, W, 3) in 0..255 → the same shape and range; None for "none".

    Raises:
        SettingsError: no such policy.
    """
    if policy == "none":
        return None
    if policy not in POLICIES:
        names = ", ".join(["none", *POLICIES])
        raise SettingsError(f"{policy!r} is no augmentation policy; expected one of {names}.")
    return keras.Sequential(POLICIES[policy](seed), name="augmentation")
