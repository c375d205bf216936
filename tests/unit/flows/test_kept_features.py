"""Judging a network whose head alone was trained: its features are computed once and kept."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from components.data.cache.store import Store
from components.models import catalog
from flows.steps.eval_data import probabilities
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


def test_of_trained_layers_nothing_is_kept(network: keras.Model, tmp_path: Path) -> None:
    images = pictures(4, 32)[0]
    store = Store(tmp_path)
    expected = probabilities(network, images, recipe(32, "mobilenet_v2"))
    np.testing.assert_array_equal(probabilities(network, images, recipe(32, "mobilenet_v2"), store), expected)
    assert store.usage().entries == 0
