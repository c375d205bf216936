"""Losses: each against the paper's formula in numpy; plain ones stay Keras's own names."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from components.training.losses import class_balanced, loss_of
from components.training.multilabel import ACCURACY, epoch_metrics_multilabel
from components.training.recipe import Recipe, Stage

LABELS = np.repeat([0, 1, 2], [70, 25, 5])
TRUTH = np.array([0, 2, 1, 2, 0])
ONE_HOT = np.eye(3)[TRUTH]
GIVEN = np.random.default_rng(0).dirichlet(np.ones(3), 5).astype(np.float32)
MANY = np.array([[1, 0, 1], [0, 1, 0], [1, 1, 1], [0, 0, 1], [1, 0, 0]])
EACH = np.random.default_rng(1).uniform(0.02, 0.98, (5, 3)).astype(np.float32)


def made(
    kind: str = "cross-entropy",
    smoothing: float = 0.0,
    gamma: float = 2.0,
    *,
    shares: bool = False,
    many: bool = False,
    labels: np.ndarray = LABELS,
) -> Any:
    stage = Stage(epochs=1, label_smoothing=smoothing)
    recipe = Recipe.model_validate(
        {
            "family": "x",
            "image_size": (8, 8),
            "stages": (stage,),
            "loss": kind,
            "focal_gamma": gamma,
            "multi_label": many,
        }
    )
    return loss_of(recipe, stage, labels, 3, shares=shares)


def value(loss: Any, truth: np.ndarray, given: np.ndarray) -> float:
    if isinstance(loss, str):
        return float(np.mean(keras.losses.get(loss)(truth.astype(given.dtype), given)))
    return float(loss(truth, given))


def by_hand(
    shares: np.ndarray,
    given: np.ndarray,
    gamma: float = 0.0,
    smoothing: float = 0.0,
    weights: Any = (1, 1, 1),
) -> float:
    smoothed = shares * (1 - smoothing) + smoothing / 3
    each = -(smoothed * (1 - given) ** gamma * np.log(given)).sum(axis=1)
    return float((each * (shares @ np.array(weights))).mean())


def test_plain_losses_are_keras_own_names() -> None:
    assert made() == "sparse_categorical_crossentropy"
    assert made(shares=True) == "categorical_crossentropy"
    assert made("focal", gamma=0) == "sparse_categorical_crossentropy"
    assert made(many=True) == "binary_crossentropy"
    assert value(made(shares=True), ONE_HOT, GIVEN) == pytest.approx(by_hand(ONE_HOT, GIVEN), rel=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("kind", ["cross-entropy", "focal", "class-balanced", "class-balanced-focal"])
@pytest.mark.parametrize("shape", ["numbers", "column", "one-hot", "mixed"])
def test_every_loss_is_its_formula(kind: str, smoothing: float, shape: str) -> None:
    mixed = 0.7 * ONE_HOT + 0.3 * ONE_HOT[::-1]
    truth = {"numbers": TRUTH, "column": TRUTH[:, None], "one-hot": ONE_HOT, "mixed": mixed}[shape]
    shares = shape in ("one-hot", "mixed")
    if not shares and kind == "cross-entropy" and not smoothing:
        pytest.skip("Keras's own, as its name")
    weights = class_balanced(LABELS, 3) if kind.startswith("class") else (1, 1, 1)
    expected = by_hand(
        mixed if shape == "mixed" else ONE_HOT, GIVEN, 2.0 if "focal" in kind else 0.0, smoothing, weights
    )
    assert value(made(kind, smoothing, shares=shares), truth, GIVEN) == pytest.approx(expected, rel=1e-5)


def test_class_balanced_weights_are_the_papers() -> None:
    beta, counts = 0.99, np.array([70, 25, 5])
    raw = (1 - beta) / (1 - beta**counts)
    weights = class_balanced(LABELS, 3)
    np.testing.assert_allclose(weights, raw / raw.mean(), rtol=1e-5)
    assert weights.mean() == pytest.approx(1)
    np.testing.assert_allclose(class_balanced(np.repeat([0, 2], 30), 3), [1, 0, 1])
    np.testing.assert_allclose(class_balanced(np.repeat([0, 1], [999_999, 1]), 2).sum(), 2, rtol=1e-6)


def test_focal_cares_less_for_what_is_easy() -> None:
    easy, hard = np.array([[0.9, 0.05, 0.05]], np.float32), np.array([[0.3, 0.5, 0.2]], np.float32)
    truth = np.array([0])
    plain, focal = made(smoothing=1e-9), made("focal")
    kept = [value(focal, truth, one) / value(plain, truth, one) for one in (easy, hard)]
    assert kept == pytest.approx([0.01, 0.49], rel=1e-3)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("gamma", [0.0, 2.0])
def test_many_labels_by_formula(smoothing: float, gamma: float) -> None:
    wanted = MANY * (1 - smoothing) + 0.5 * smoothing
    entropy = -(wanted * np.log(EACH) + (1 - wanted) * np.log(1 - EACH))
    right = wanted * EACH + (1 - wanted) * (1 - EACH)
    loss = made("focal", smoothing, gamma, many=True, labels=MANY)
    assert value(loss, MANY, EACH) == pytest.approx(float(((1 - right) ** gamma * entropy).mean()), rel=1e-5)


def test_judged_many_agrees_with_keras_and_scikit_learn() -> None:
    from sklearn.metrics import f1_score

    figures = epoch_metrics_multilabel(MANY, EACH)
    assert figures["val_loss"] == pytest.approx(value("binary_crossentropy", MANY, EACH), rel=1e-5)
    assert figures["val_accuracy"] == pytest.approx(float(keras.ops.mean(ACCURACY(MANY, EACH))))
    expected = f1_score(MANY, EACH > 0.5, average="macro", zero_division=0)
    assert figures["val_macro_f1"] == pytest.approx(expected)
    assert epoch_metrics_multilabel(MANY, np.zeros((5, 3)))["val_macro_f1"] == 0


def test_a_hard_class_is_learnt_in_fit() -> None:
    """Through compile and fit, which hand over labels in their own shapes, with weights as well."""
    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, activation="softmax")])
    works = ONE_HOT.astype(np.float32)[np.tile(np.arange(5), 8)]
    network.compile("adam", loss=made("class-balanced-focal", 0.05), metrics=["accuracy"])
    network.optimizer.learning_rate = 0.1
    numbers = np.tile(TRUTH, 8)
    history = network.fit(
        works, numbers, epochs=15, batch_size=8, class_weight={0: 1.0, 1: 2.0, 2: 1.0}, verbose=0
    ).history
    assert history["accuracy"][-1] == 1
    assert history["loss"][-1] < history["loss"][0]


def test_many_labels_are_learnt_and_their_accuracy_is_called_so() -> None:
    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, activation="sigmoid")])
    truth = np.tile(MANY, (8, 1)).astype(np.float32)
    network.compile(keras.optimizers.Adam(0.2), loss=made(many=True, labels=truth), metrics=[ACCURACY])
    history = network.fit(truth, truth, epochs=30, batch_size=8, verbose=0).history
    assert history["accuracy"][-1] > 0.95
    assert history["loss"][-1] < history["loss"][0]
