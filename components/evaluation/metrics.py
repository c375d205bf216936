"""What a classifier is worth: the figures of scikit-learn's report, with an interval on macro-F1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.errors import DataError
from components.evaluation.intervals import Counts, Numbers, bootstrap_macro_f1, confusion_matrix, f1_of

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
    per_class: tuple[ClassScores, ...]
    confusion: Counts
    class_names: tuple[str, ...]

    @property
    def works(self) -> int:
        """How many works were scored."""
        return int(self.confusion.sum())

    def as_metrics(self, prefix: str) -> dict[str, float]:
        """The single figures under the names they are logged by, as in "test/macro_f1"."""
        return {
            f"{prefix}/macro_f1": self.macro_f1,
            f"{prefix}/macro_f1_low": self.macro_f1_low,
            f"{prefix}/macro_f1_high": self.macro_f1_high,
            f"{prefix}/weighted_f1": self.weighted_f1,
            f"{prefix}/accuracy": self.accuracy,
            f"{prefix}/top2_accuracy": self.top2_accuracy,
            f"{prefix}/log_loss": self.log_loss,
        }

    def rows(self) -> list[dict[str, float | int | str]]:
        """A row a class, for a table."""
        return [
            {
                "class": one.name,
                "precision": round(one.precision, 4),
                "recall": round(one.recall, 4),
                "f1": round(one.f1, 4),
                "works": one.support,
            }
            for one in self.per_class
        ]


def score(truth: Numbers, probabilities: NDArray[np.floating], class_names: Sequence[str]) -> Scores:
    """Score a classifier.

    Args:
        truth: (N,) class numbers, places in `class_names`.
        probabilities: (N, C), each row summing to 1.
        class_names: C of them.

    Raises:
        DataError: the shapes do not go together, a class number has no name, or a row is no distribution.
    """
    truth, probabilities = np.asarray(truth), np.asarray(probabilities, np.float64)
    _check(truth, probabilities, class_names)
    predicted = probabilities.argmax(axis=1)
    confusion = confusion_matrix(truth, predicted, len(class_names))
    support = confusion.sum(axis=1)
    hits = np.diag(confusion)
    f1 = f1_of(confusion)
    precision = _ratio(hits, confusion.sum(axis=0))
    recall = _ratio(hits, support)
    low, high = bootstrap_macro_f1(truth, predicted, len(class_names))
    of_truth = probabilities[np.arange(len(truth)), truth]
    per_class = zip(class_names, precision, recall, f1, support, strict=True)
    return Scores(
        macro_f1=float(f1.mean()),
        macro_f1_low=low,
        macro_f1_high=high,
        weighted_f1=float(f1 @ support / support.sum()),
        accuracy=float(hits.sum() / len(truth)),
        # The true class is among the first two when at most one other is more probable.
        top2_accuracy=float(((probabilities > of_truth[:, np.newaxis]).sum(axis=1) < 2).mean()),
        log_loss=float(-np.log(np.clip(of_truth, _SMALLEST, 1)).mean()),
        per_class=tuple(
            ClassScores(name, float(p), float(r), float(f), int(n)) for name, p, r, f, n in per_class
        ),
        confusion=confusion,
        class_names=tuple(class_names),
    )


def _ratio(parts: Counts, wholes: Counts) -> NDArray[np.float64]:
    ratio: NDArray[np.float64] = np.divide(parts, wholes, out=np.zeros(len(parts)), where=wholes > 0)
    return ratio


def _check(truth: Numbers, probabilities: NDArray[np.floating], class_names: Sequence[str]) -> None:
    expected = (len(truth), len(class_names))
    if truth.ndim != 1 or not len(truth) or probabilities.shape != expected:
        raise DataError(
            f"expected class numbers (N,) with N > 0 and probabilities (N, {len(class_names)}); received "
            f"{truth.shape} and {probabilities.shape}. Score a model with the class names it learnt."
        )
    if not np.issubdtype(truth.dtype, np.integer) or truth.min() < 0 or truth.max() >= len(class_names):
        raise DataError(
            f"expected integer class numbers 0..{len(class_names) - 1}; received {truth.dtype} "
            f"{truth.min()}..{truth.max()}."
        )
    sums = probabilities.sum(axis=1)
    if not np.allclose(sums, 1, atol=1e-2) or probabilities.min() < 0:
        raise DataError(
            "expected rows of probabilities that sum to 1 (a softmax's output); received sums "
            f"{sums.min():.3f}..{sums.max():.3f}. A training that diverged gives such: lower its rate."
        )
