"""Kept networks hold what answers and nothing of their training, whatever loss they were trained by."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from PIL import Image

from components.generative.recipes import StyleRecipe
from components.generative.style_transfer import content_photo, transfer
from components.models import catalog
from components.models.network_file import load_network, save_network
from components.settings import Settings
from components.training.fit import fit
from components.training.recipe import Recipe
from components.training.result import TrainingData
from tests.tiny_training import recipe, tinted

ONE = recipe(epochs=1)
RECIPES = {
    "focal": ONE.replace(loss="focal"),
    "class-balanced": ONE.replace(loss="class-balanced-focal", flipped_at_test=True),
    "weighted": ONE.replace(class_weights=True, stages=(ONE.stages[0].replace(mix="mixup"),)),
    "crops": ONE.replace(crop_at_test=0.75, flipped_at_test=True),
    "multi-label": ONE.replace(multi_label=True, loss="focal"),
}
"""A loss each; one whose answers are of a network within another."""


def data_of(chosen: Recipe) -> TrainingData:
    """Tinted pictures, with labels of the recipe's kind."""
    data = tinted()
    if not chosen.multi_label:
        return data
    hot = np.eye(3, dtype=np.uint8)
    return replace(data, train_labels=hot[data.train_labels], validation_labels=hot[data.validation_labels])


def compiled(config: object) -> Iterator[object]:
    """What a saved network says of how it, or one within it, is compiled."""
    if isinstance(config, dict):
        if config.get("compile_config"):
            yield config["compile_config"]
        config = list(config.values())
    for part in config if isinstance(config, list) else ():
        yield from compiled(part)


@pytest.mark.parametrize("chosen", RECIPES.values(), ids=RECIPES)
def test_a_kept_network_has_no_optimizer_and_no_loss_and_paints(tmp_path: Path, chosen: Recipe) -> None:
    data = data_of(chosen)
    model = fit(chosen, data, Settings(home=tmp_path / "home")).model
    path = tmp_path / "model.keras"
    save_network(model, path)

    with zipfile.ZipFile(path) as file:
        config = json.loads(file.read("config.json"))
        assert not list(compiled(config))
        with h5py.File(io.BytesIO(file.read("model.weights.h5"))) as weights:
            groups: list[str] = []
            weights.visit(groups.append)
    assert not [name for name in groups if "optimizer" in name]

    again = load_network(path)
    assert again.name == model.name
    images = data.validation_images
    np.testing.assert_array_equal(again(images, training=False), model(images, training=False))
    painting = Image.fromarray(data.train_images[0]).resize((40, 40))
    result = transfer(content_photo(), painting, again, StyleRecipe(size=32, steps=2, halvings=0))
    assert max(result.image.size) == 32


def test_an_older_file_with_a_loss_of_ours_can_still_be_read(tmp_path: Path) -> None:
    network = catalog.build("simple_cnn", 3, (24, 24))
    network.compile("adam", loss=_own_loss)
    network.save(tmp_path / "older.keras")
    assert not load_network(tmp_path / "older.keras").compiled


def _own_loss(truth: keras.KerasTensor, answers: keras.KerasTensor) -> keras.KerasTensor:
    return keras.ops.mean(keras.ops.square(truth - answers), axis=-1)
