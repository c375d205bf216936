import numpy as np
import pytest
from sklearn import metrics as reference

from components.errors import DataError
from components.evaluation.metrics import score

NAMES = ["Cubism", "Impressionism", "Pop Art", "Byzantine Art"]


def _answers(works: int = 200, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, len(NAMES), works)
    scores = rng.normal(size=(works, len(NAMES)))
    scores[np.arange(works), truth] += 1
    probabilities = np.exp(scores)
    return truth, probabilities / probabilities.sum(axis=1, keepdims=True)


def test_agrees_with_scikit_learn() -> None:
    truth, probabilities = _answers()
    predicted = probabilities.argmax(axis=1)
    scores = score(truth, probabilities, NAMES)
    precision, recall, f1, support = reference.precision_recall_fscore_support(truth, predicted)
    assert scores.macro_f1 == pytest.approx(f1.mean())
    assert scores.weighted_f1 == pytest.approx(reference.f1_score(truth, predicted, average="weighted"))
    assert scores.accuracy == pytest.approx(reference.accuracy_score(truth, predicted))
    assert scores.top2_accuracy == pytest.approx(reference.top_k_accuracy_score(truth, probabilities, k=2))
    assert scores.log_loss == pytest.approx(reference.log_loss(truth, probabilities))
    assert (scores.confusion == reference.confusion_matrix(truth, predicted)).all()
    assert [one.name for one in scores.per_class] == NAMES
    assert [one.precision for one in scores.per_class] == pytest.approx(precision)
    assert [one.recall for one in scores.per_class] == pytest.approx(recall)
    assert [one.f1 for one in scores.per_class] == pytest.approx(f1)
    assert [one.support for one in scores.per_class] == list(support)
    assert scores.works == 200
    assert scores.macro_f1_low < scores.macro_f1 < scores.macro_f1_high


def test_counts_a_class_that_never_occurs_as_nought() -> None:
    truth, probabilities = np.array([0, 1, 0, 1]), np.eye(4)[[0, 1, 0, 1]]
    scores = score(truth, probabilities, NAMES)
    labels = range(4)
    expected = reference.f1_score(truth, [0, 1, 0, 1], labels=labels, average="macro", zero_division=0)
    assert scores.macro_f1 == pytest.approx(expected) == pytest.approx(0.5)
    assert scores.accuracy == 1


def test_names_metrics_as_they_are_logged_and_rows_as_they_are_shown() -> None:
    scores = score(*_answers(), NAMES)
    assert scores.as_metrics("test")["test/macro_f1"] == scores.macro_f1
    assert {"test/macro_f1_low", "test/macro_f1_high", "test/accuracy"} <= scores.as_metrics("test").keys()
    assert scores.rows()[0].keys() == {"class", "precision", "recall", "f1", "works"}


@pytest.mark.parametrize(
    ("truth", "probabilities", "said"),
    [
        (np.array([0, 1]), np.full((3, 4), 0.25), "received .2,. and .3, 4."),
        (np.array([0, 1]), np.full((2, 3), 1 / 3), "received .2,. and .2, 3."),
        (np.array([], int), np.empty((0, 4)), "N > 0"),
        (np.array([0, 4]), np.full((2, 4), 0.25), "class numbers 0..3"),
        (np.array([0.0, 1.0]), np.full((2, 4), 0.25), "float64"),
        (np.array([0, 1]), np.full((2, 4), np.nan), "diverged"),
        (np.array([0, 1]), np.full((2, 4), 0.5), "sum to 1"),
    ],
)
def test_says_what_is_wrong(truth: np.ndarray, probabilities: np.ndarray, said: str) -> None:
    with pytest.raises(DataError, match=said):
        score(truth, probabilities, NAMES)
