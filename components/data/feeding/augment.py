"""Augmentation policies, the studies' and RandAugment, as Keras layers; they act in training only.

They stand in the training graph and are gone from what is served. Values stay in 0..255. MixUp and
CutMix, which change labels too, are in `mixing`; `preview` shows both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from components.data.feeding.mixing import Mixing
from components.data.feeding.pad_crop import PadCrop
from components.data.feeding.rand_augment import RandAugment
from components.data.feeding.random_crops import RandomCrops
from components.errors import SettingsError
from components.frozen import shifted

FILL = "nearest"


def _rotate_zoom(seed: int) -> list[Any]:
    """Study A2: rotation within 30 degrees, zoom within a half (in and out, its shape kept)."""
    return [
        keras.layers.RandomRotation(30 / 360, fill_mode=FILL, seed=seed),
        keras.layers.RandomZoom(0.5, fill_mode=FILL, seed=shifted(seed, 1)),
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
        keras.layers.RandomRotation(15 / 360, fill_mode=FILL, seed=shifted(seed, 1)),
        keras.layers.RandomZoom(0.2, 0.2, fill_mode=FILL, seed=shifted(seed, 2)),
    ]


def _rand_augment(seed: int) -> list[Any]:
    """Cubuk et al. 2020: two of fourteen operations a picture, at magnitude 9 of 30."""
    return [RandAugment(seed=seed)]


def _crops(seed: int) -> list[Any]:
    """Szegedy et al. 2015 (arXiv:1409.4842), milder: 60 to 100 % of the picture, and its mirror image."""
    return [
        keras.layers.RandomFlip("horizontal", seed=seed),
        RandomCrops(seed=shifted(seed, 1)),
    ]


def _pad_crop(seed: int) -> list[Any]:
    """Ours: crops and paddings of white, black or grey, so that a museum's own way says nothing."""
    return [
        keras.layers.RandomFlip("horizontal", seed=seed),
        PadCrop(seed=shifted(seed, 1)),
    ]


POLICIES: dict[str, Callable[[int], list[Any]]] = {
    "rotate-zoom": _rotate_zoom,
    "flips": _flips,
    "stretch": _stretch,
    "rand-augment": _rand_augment,
    "crops": _crops,
    "pad-crop": _pad_crop,
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


def preview(
    images: NDArray[np.uint8], policy: str, *, mix: str = "none", variants: int = 4, seed: int = 0
) -> NDArray[np.uint8]:
    """What training would see of some pictures, `variants` times over.

    Args:
        images: (N, H, W, 3); mixed among themselves, so at least two for MixUp and CutMix.
        policy: a name in POLICIES, or "none".
        mix: "none", "mixup" or "cutmix".
        variants: rows of the sheet.
        seed: the same seed, the same sheet.

    Returns:
        (variants, N, H, W, 3).

    Raises:
        SettingsError: no such policy or mix.
    """
    layers = layers_for(policy, seed=seed)
    mixing = None if mix == "none" else Mixing(mix, num_classes=1)
    sheet = np.empty((variants, *images.shape), np.uint8)
    for number in range(variants):
        seen = images
        if mixing is not None:
            labels = np.zeros(len(images), int)
            seen, _ = mixing(images, labels, np.random.default_rng((seed, number)))
        if layers is not None:
            augmented = layers(np.asarray(seen, np.float32), training=True)
            seen = np.rint(np.asarray(keras.ops.convert_to_numpy(augmented)).clip(0, 255)).astype(np.uint8)
        sheet[number] = seen
    return sheet
