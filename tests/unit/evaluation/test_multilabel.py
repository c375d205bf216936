"""Several classes a work: figures by scikit-learn's, thresholds by a search, a sigmoid that stays."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn import metrics

from components.errors import DataError
from components.evaluation.figures.per_class import per_label
from components.evaluation.multilabel import answered, evaluate_multilabel, thresholds_of
from components.models import catalog
from tests.tiny_training import pictures, small

NAMES = ["Cubism", "Impressionism", "Pop Art", "Realism"]
_RANDOM = np.random.default_rng(4)
TRUTH = (_RANDOM.random((80, 4)) < [0.1, 0.5, 0.3, 0.2]).astype(int)
GIVEN = np.clip(0.25 * TRUTH + 0.6 * _RANDOM.random((80, 4)) + [0.0, 0.3, 0.1, 0.5], 0, 1)


def test_figures_are_scikit_learns() -> None:
    scores = evaluate_multilabel(TRUTH, GIVEN, NAMES)
    said = GIVEN >= 0.5
    for figure, average in (("macro_f1", "macro"), ("micro_f1", "micro"), ("weighted_f1", "weighted")):
        expected = metrics.f1_score(TRUTH, said, average=average, zero_division=0)
        assert getattr(scores, figure) == pytest.approx(expected)
    assert scores.hamming_loss == pytest.approx(metrics.hamming_loss(TRUTH, said))
    assert scores.subset_accuracy == pytest.approx(metrics.accuracy_score(TRUTH, said))
    assert scores.mean_average_precision == pytest.approx(metrics.average_precision_score(TRUTH, GIVEN))
    assert scores.macro_f1_low < scores.macro_f1 < scores.macro_f1_high
    assert [row["works"] for row in scores.rows()] == TRUTH.sum(axis=0).tolist()
    assert scores.as_metrics("test")["test/macro_f1"] == scores.macro_f1


def test_thresholds_find_the_best_f1_there_is() -> None:
    thresholds = thresholds_of(TRUTH, GIVEN)
    for place, threshold in enumerate(thresholds):
        values = np.unique(GIVEN[:, place])
        best = max(metrics.f1_score(TRUTH[:, place], GIVEN[:, place] >= value) for value in values)
        found = metrics.f1_score(TRUTH[:, place], GIVEN[:, place] >= threshold)
        assert found == pytest.approx(best)
    chosen = evaluate_multilabel(TRUTH, GIVEN, NAMES, thresholds=thresholds)
    assert chosen.macro_f1 > evaluate_multilabel(TRUTH, GIVEN, NAMES).macro_f1
    assert [one.threshold for one in chosen.per_class] == list(thresholds)


def test_thresholds_of_few_works() -> None:
    found = thresholds_of([[1, 0], [0, 0]], np.array([[0.9, 0.7], [0.3, 0.2]]))
    assert found == pytest.approx((0.6, 0.5))
    alike = np.full((3, 1), 0.4)
    assert thresholds_of([[1], [1], [0]], alike) == pytest.approx((0.2,))
    assert answered(alike, [0.4]).all()
    assert not answered(alike).any()


def test_a_class_without_works_counts_nothing() -> None:
    truth, given = np.array([[1, 0], [1, 0]]), np.array([[0.9, 0.1], [0.8, 0.2]])
    scores = evaluate_multilabel(truth, given, ["a", "b"])
    assert (scores.macro_f1, scores.micro_f1, scores.mean_average_precision) == (0.5, 1, 1)
    assert scores.per_class[1].average_precision is None
    assert per_label(scores).axes[0].get_yticklabels()[0].get_text() == "b (0)"


@pytest.mark.parametrize(
    ("truth", "given", "told"),
    [
        (TRUTH[:, :3], GIVEN, "expected truth and probabilities"),
        (TRUTH * 2, GIVEN, "expected 0 or 1"),
        (TRUTH, GIVEN + 0.5, "a sigmoid's output"),
        (TRUTH, GIVEN * np.nan, "a sigmoid's output"),
    ],
)
def test_what_cannot_be_scored_is_refused(truth: np.ndarray, given: np.ndarray, told: str) -> None:
    with pytest.raises(DataError, match=told):
        evaluate_multilabel(truth, given, NAMES)


def test_the_figure_shows_every_class_and_the_headline() -> None:
    axes = per_label(evaluate_multilabel(TRUTH, GIVEN, NAMES, thresholds=(0.2, 0.6, 0.3, 0.7))).axes[0]
    assert len(axes.get_yticklabels()) == 4
    assert "macro-F1" in axes.get_title(loc="left")
    assert "80 works named exactly" in axes.get_title(loc="left")


def test_a_multi_label_network_keeps_its_sigmoid(tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    size = small("simple_cnn")
    network = catalog.build("simple_cnn", 3, size, multi_label=True)
    keras.utils.set_random_seed(0)
    single = catalog.build("simple_cnn", 3, size)
    images, _ = pictures(4, size[0])
    given, shares = network.predict(images, verbose=0), single.predict(images, verbose=0)
    odds = given / (1 - given)  # the softmax of the same logits
    np.testing.assert_allclose(odds / odds.sum(axis=1, keepdims=True), shares, rtol=1e-4)
    network.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.predict(images, verbose=0), given, rtol=1e-6)
