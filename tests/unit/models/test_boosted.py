"""Trees on a network's features: as XGBoost grows them, as a layer, as one network."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import pytest
import xgboost

from components.errors import SettingsError, TrainingError
from components.inference.engines import Engine
from components.inference.export import write_graph
from components.models import boosted, catalog
from components.models.trees import Trees
from components.settings import Settings
from components.training.ensembles.boost_recipe import BoostRecipe
from components.training.ensembles.boosting import Boosted, boost
from components.training.result import TrainingData
from tests.tiny_training import CLASS_NAMES, pictures, tinted

SMALL = BoostRecipe(rounds=12, depth=3, early_stop=None)


def _grown(num_classes: int, depth: int = 5) -> tuple[xgboost.Booster, np.ndarray]:
    """Trees on half-empty features, as ReLU gives them, with weights; and these features, (400, 20)."""
    random = np.random.default_rng(num_classes)
    features = np.maximum(0, random.normal(size=(400, 20))).astype(np.float32)
    labels = (features[:, 0] * 2 + features[:, 1] * features[:, 2]) // 0.7 % num_classes
    weighed = xgboost.DMatrix(features, labels, weight=1 + labels)
    about = {"objective": "multi:softprob", "num_class": num_classes, "max_depth": depth, "subsample": 0.8}
    return xgboost.train(about, weighed, 15), features


def _read(booster: xgboost.Booster) -> Trees:
    return Trees.read(json.loads(booster.save_raw("json")))


def _answers(network: keras.Model, images: np.ndarray) -> np.ndarray:
    return np.array(network(images, training=False))


@pytest.mark.parametrize(("num_classes", "depth"), [(2, 1), (3, 5), (7, 4)])
def test_the_layer_answers_as_xgboost(num_classes: int, depth: int) -> None:
    booster, features = _grown(num_classes, depth)
    trees = _read(booster)
    assert trees.depth == depth
    other = np.random.default_rng(5).normal(size=(200, 20)).astype(np.float32)
    edges = features.copy()  # every value here stands on a threshold of some tree, or near one
    edges[:, trees.feature] = trees.threshold
    for seen in (features, other, edges):
        found = np.array(trees.layer("probabilities")(seen))
        np.testing.assert_allclose(found, booster.predict(xgboost.DMatrix(seen)), atol=1e-5)


def test_thresholds_between_works_answer_them_as_before() -> None:
    booster, features = _grown(4)
    trees = _read(booster)
    moved = trees.between(features)
    assert not np.isin(moved.threshold[moved.threshold > 0], features).any()
    expected = booster.predict(xgboost.DMatrix(features))
    np.testing.assert_allclose(np.array(moved.layer("p")(features)), expected, atol=1e-5)

    def astray(chosen: Trees) -> float:
        """Share of the works whose answer changes when another engine rounds their features otherwise."""
        found = np.array(chosen.layer("p")(features * np.float32(1 - 1e-6)))
        return float((np.abs(found - expected) > 1e-5).any(axis=1).mean())

    assert astray(moved) < 0.01
    assert astray(trees) > 0.2


def test_a_stump_of_a_single_leaf() -> None:
    features = np.zeros((6, 2), np.float32)
    labels = np.array([0, 1, 0, 1, 0, 0])
    booster = xgboost.train(
        {"objective": "multi:softprob", "num_class": 2}, xgboost.DMatrix(features, labels), 2
    )
    trees = _read(booster).between(features)
    assert trees.depth == 0
    expected = booster.predict(xgboost.DMatrix(features))
    np.testing.assert_allclose(np.array(trees.layer("p")(features)), expected, atol=1e-6)


@pytest.fixture(scope="module")
def network() -> keras.Model:
    """As it starts: random features tell tints apart, too."""
    keras.utils.set_random_seed(4)
    return catalog.build("simple_cnn", 3, (24, 24))


@pytest.fixture(scope="module")
def grown(network: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> Boosted:
    settings = Settings.load(home=tmp_path_factory.mktemp("home"))
    return boost(network, tinted(works=90), settings, SMALL)


def test_boosting_learns(grown: Boosted) -> None:
    assert grown.layer == "simple_cnn_dense"
    assert grown.rounds == len(grown.history) == 12
    losses = [row["val_loss"] for row in grown.history]
    assert losses[grown.best_round - 1] == min(losses) < losses[0]
    assert set(grown.history[0]) == {"val_loss", "val_accuracy", "val_macro_f1"}
    data = tinted(works=90)
    found = _answers(grown.model, data.validation_images)
    assert (found.argmax(axis=1) == data.validation_labels).mean() > 0.9
    picked = found[np.arange(12), data.validation_labels]
    assert -np.log(picked).mean() == pytest.approx(min(losses), abs=0.05)  # thresholds were moved


def test_the_same_seed_grows_the_same_trees(network: keras.Model, grown: Boosted, settings: Settings) -> None:
    told: list[int] = []
    data = tinted(works=90)
    again = boost(network, data, settings, SMALL, on_round=lambda number, _: told.append(number))
    assert told == list(range(1, 13))
    np.testing.assert_allclose(
        _answers(again.model, data.train_images), _answers(grown.model, data.train_images), atol=1e-6
    )


def test_it_stops_when_nothing_gets_better(network: keras.Model, settings: Settings) -> None:
    data = tinted(works=60)
    patient = BoostRecipe(rounds=200, depth=2, learning_rate=0.9, early_stop=3, class_weights=True)
    for monitor in ("val_loss", "val_macro_f1"):
        recipe = patient.replace(monitor=monitor)
        stopped = boost(network, data, settings, recipe)
        assert stopped.rounds == min(200, stopped.best_round + 3)


def test_one_network_saves_and_exports(grown: Boosted, tmp_path: Path) -> None:
    images, _ = pictures(40, 24, seed=9)
    expected = _answers(grown.model, images)
    assert grown.model.layers[-1].name == "probabilities"
    np.testing.assert_allclose(expected.sum(axis=1), 1, atol=1e-5)
    grown.model.save(tmp_path / "network.keras")
    again = keras.models.load_model(tmp_path / "network.keras")
    np.testing.assert_allclose(_answers(again, images), expected, atol=1e-6)
    assert not again.layers[-1].trainable_weights
    write_graph(grown.model, tmp_path / "graph.xml")
    np.testing.assert_allclose(Engine(tmp_path / "graph.xml")(images), expected, atol=1e-5)


def test_refusals(network: keras.Model, settings: Settings) -> None:
    data = tinted()
    with pytest.raises(SettingsError, match="no layer 'dens'"):
        boost(network, data, settings, BoostRecipe(layer="dens"))
    with pytest.raises(SettingsError, match="gives"):
        boost(network, data, settings, BoostRecipe(layer="conv1"))
    more = TrainingData(
        data.train_images,
        data.train_labels,
        data.validation_images,
        data.validation_labels,
        [*CLASS_NAMES, "white"],
    )
    with pytest.raises(TrainingError, match="white"):
        boost(network, more, settings, SMALL)
    with pytest.raises(SettingsError, match="20 features"):
        boosted.build(network, _read(_grown(3)[0]))


def test_recipes_have_keys() -> None:
    assert BoostRecipe().key != BoostRecipe(depth=5).key
    assert BoostRecipe().key == BoostRecipe.of(depth=4).key
    with pytest.raises(SettingsError, match="depth"):
        BoostRecipe.of(depth=0)
