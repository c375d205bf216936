"""What a classifier is worth: the figures of scikit-learn's report, with an interval on macro-F1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.evaluation.answers import Numbers, checked, of_truth
from components.evaluation.calibration import expected_calibration_error
from components.evaluation.intervals import Counts, bootstrap_macro_f1, confusion_matrix, f1_of

_SMALLEST = 1e-15


@dataclass(frozen=True)
class ClassScores:
    """One class. `support` is its number of works; precision, recall and f1 are within 0..1."""

    name: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, eq=False)
class Scores:
    """A classifier on one set of works.

    Attributes:
        macro_f1: mean of the classes' F1; a class neither present nor predicted counts 0, as with
            scikit-learn's `labels=all, zero_division=0`.
        macro_f1_low: lower end of its 95 % bootstrap interval.
        macro_f1_high: upper end of it.
        weighted_f1: mean of the classes' F1, weighted by their works.
        accuracy: share of works whose most probable class is the true one.
        top2_accuracy: share of works whose true class is among the two most probable.
        log_loss: mean of -ln(probability of the true class), in nats.
        balanced_accuracy: mean of the recalls of the classes that have works.
        top5_accuracy: as top2_accuracy, of the five most probable; None with five classes or fewer, where
            it could not be missed.
        brier: mean squared distance of the probabilities and the truth, summed over classes: 0..2
            (Brier 1950).
        ece: expected calibration error, 0..1 (`calibration.expected_calibration_error`).
        per_class: in the order of class_names.
        confusion: (C, C) counts: a row the true class, a column the predicted one.
        class_names: a class number's name.
    """

    macro_f1: float
    macro_f1_low: float
    macro_f1_high: float
    weighted_f1: float
    accuracy: float
    top2_accuracy: float
    log_loss: float
    balanced_accuracy: float
    top5_accuracy: float | None
    brier: float
    ece: float
    per_class: tuple[ClassScores, ...]
    confusion: Counts
    class_names: tuple[str, ...]

    @property
    def works(self) -> int:
        """How many works were scored."""
        return int(self.confusion.sum())

    def as_metrics(self, prefix: str) -> dict[str, float]:
        """The single figures under the names they are logged by, as in "test/macro_f1"."""
        figures = {
            f"{prefix}/macro_f1": self.macro_f1,
            f"{prefix}/macro_f1_low": self.macro_f1_low,
            f"{prefix}/macro_f1_high": self.macro_f1_high,
            f"{prefix}/weighted_f1": self.weighted_f1,
            f"{prefix}/accuracy": self.accuracy,
            f"{prefix}/top2_accuracy": self.top2_accuracy,
            f"{prefix}/log_loss": self.log_loss,
            f"{prefix}/balanced_accuracy": self.balanced_accuracy,
            f"{prefix}/brier": self.brier,
            f"{prefix}/ece": self.ece,
        }
        if self.top5_accuracy is not None:
            figures[f"{prefix}/top5_accuracy"] = self.top5_accuracy
        return figures


def evaluate(truth: Numbers, probabilities: NDArray[np.floating], class_names: Sequence[str]) -> Scores:
    """Score a classifier.

    Args:
        truth: (N,) class numbers, places in `class_names`.
        probabilities: (N, C), each row summing to 1.
        class_names: C of them.

    Raises:
        DataError: the shapes do not go together, a class number has no name, or a row is no distribution.
    """
    truth, probabilities = checked(truth, probabilities, class_names)
    predicted = probabilities.argmax(axis=1)
    confusion = confusion_matrix(truth, predicted, len(class_names))
    support = confusion.sum(axis=1)
    hits = np.diag(confusion)
    f1 = f1_of(confusion)
    precision = _ratio(hits, confusion.sum(axis=0))
    recall = _ratio(hits, support)
    low, high = bootstrap_macro_f1(truth, predicted, len(class_names))
    of_true = of_truth(truth, probabilities)
    per_class = zip(class_names, precision, recall, f1, support, strict=True)
    return Scores(
        macro_f1=float(f1.mean()),
        macro_f1_low=low,
        macro_f1_high=high,
        weighted_f1=float(f1 @ support / support.sum()),
        accuracy=float(hits.sum() / len(truth)),
        top2_accuracy=_top(2, of_true, probabilities),
        log_loss=float(-np.log(np.clip(of_true, _SMALLEST, 1)).mean()),
        balanced_accuracy=float(recall[support > 0].mean()),
        top5_accuracy=_top(5, of_true, probabilities) if len(class_names) > 5 else None,
        brier=float(((probabilities**2).sum(axis=1) - 2 * of_true + 1).mean()),
        ece=expected_calibration_error(truth, probabilities),
        per_class=tuple(
            ClassScores(name, float(p), float(r), float(f), int(n)) for name, p, r, f, n in per_class
        ),
        confusion=confusion,
        class_names=tuple(class_names),
    )


def _top(k: int, of_true: NDArray[np.float64], probabilities: NDArray[np.float64]) -> float:
    # The true class is among the first k when fewer than k others are more probable: of equals it is first.
    return float(((probabilities > of_true[:, np.newaxis]).sum(axis=1) < k).mean())


def _ratio(parts: Counts, wholes: Counts) -> NDArray[np.float64]:
    ratio: NDArray[np.float64] = np.divide(parts, wholes, out=np.zeros(len(parts)), where=wholes > 0)
    return ratio
