"""Judging a network whose head alone was trained: its features are computed once and kept."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from components.data.cache.store import Store
from components.inference.export import export
from components.inference.predictor import Predictor
from components.models import catalog
from flows.steps.evaluation.eval_data import probabilities
from flows.steps.evaluation.novelty import computed, kept
from tests.tiny_releases import card
from tests.tiny_training import pictures, recipe


@pytest.fixture(scope="module")
def network() -> keras.Model:
    keras.utils.set_random_seed(8)
    return catalog.build("mobilenet_v2", 3, (32, 32), pooling="statistics")


def test_answers_from_kept_features_are_the_networks_own(network: keras.Model, tmp_path: Path) -> None:
    images = pictures(10, 32)[0]
    frozen = recipe(32, "mobilenet_v2", train="head")
    store = Store(tmp_path)
    expected = probabilities(network, images, frozen)
    assert store.usage().entries == 0
    for _ in range(2):
        np.testing.assert_allclose(probabilities(network, images, frozen, store), expected, atol=1e-4)
        assert store.usage().entries == 1


@pytest.mark.parametrize("pooling", ["statistics", "average"])
def test_kept_statistics_are_those_that_the_release_gives(pooling: str, tmp_path: Path) -> None:
    keras.utils.set_random_seed(8)
    model = catalog.build("mobilenet_v2", 3, (32, 32), pooling=pooling)
    images, rows = pictures(10, 32)[0], np.array([1, 4, 7])
    export(model, card(image_size=(32, 32)), images[:2], tmp_path / "release")
    own = computed(Predictor.load(tmp_path / "release"))
    statistics = kept(model, recipe(32, "mobilenet_v2", train="head"), Store(tmp_path / "store"))
    assert statistics is not None
    for given in (None, rows):
        np.testing.assert_allclose(statistics(images, given), own(images, given), rtol=1e-3, atol=1e-4)
    assert kept(model, recipe(32, "mobilenet_v2"), Store(tmp_path / "store")) is None


def test_of_trained_layers_nothing_is_kept(network: keras.Model, tmp_path: Path) -> None:
    images = pictures(4, 32)[0]
    store = Store(tmp_path)
    expected = probabilities(network, images, recipe(32, "mobilenet_v2"))
    np.testing.assert_array_equal(probabilities(network, images, recipe(32, "mobilenet_v2"), store), expected)
    assert store.usage().entries == 0
