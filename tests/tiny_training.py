"""Small real things to train on: three kinds of pictures, and a weights file made here."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

from components.models import catalog
from components.training.recipe import Recipe, Stage
from components.training.result import TrainingData

CLASS_NAMES = ["blue", "green", "red"]


def pictures(works: int, size: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Noise tinted red, green or blue: (works, size, size, 3) uint8 and their class numbers."""
    random = np.random.default_rng(seed)
    labels = np.arange(works) % 3
    images = random.integers(0, 120, (works, size, size, 3))
    images[np.arange(works), :, :, 2 - labels] += 110
    return images.astype(np.uint8), labels


def tinted(size: int = 24, works: int = 36) -> TrainingData:
    """Easy to learn, from two draws."""
    return TrainingData(*pictures(works, size), *pictures(12, size, seed=1), CLASS_NAMES)


def recipe(size: int = 24, family: str = "simple_cnn", **stage: object) -> Recipe:
    """One stage of four quick epochs, changed by `stage`."""
    chosen = {"epochs": 4, "batch_size": 12, "learning_rate": 3e-3} | stage
    return Recipe(family=family, image_size=(size, size), stages=(Stage.model_validate(chosen),))


def weights_file(folder: Path, alpha: float = 0.35, size: int = 32) -> Path:
    """A MobileNetV2's own weights, as Keras saves them."""
    keras.utils.set_random_seed(5)
    backbone = keras.applications.MobileNetV2((size, size, 3), alpha=alpha, include_top=False, weights=None)
    path = folder / f"backbone_{alpha}.weights.h5"
    backbone.save_weights(path)
    return path


def backbone_weights(network: keras.Model) -> list[np.ndarray]:
    """The weights in front of the layer "features"."""
    return keras.Model(network.input, network.get_layer("features").output).get_weights()


def small(name: str) -> tuple[int, int]:
    """The smallest square that the family takes, but not below 16."""
    side = max(16, catalog.FAMILIES[name].smallest)
    return side, side
