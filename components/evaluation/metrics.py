"""Scores of a classifier: the figures of scikit-learn's report, with an interval on macro-F1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from components.evaluation.answers import Numbers, checked, of_truth
from components.evaluation.calibration import expected_calibration_error
from components.evaluation.intervals import (
    Counts,
    Interval,
    bootstrap_macro_f1,
    confusion_matrix,
    f1_of,
    share_interval,
)

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
        macro_f1_low: lower end of its 95 % bootstrap interval; None where it cannot vary: too few works.
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
        truth: (N,) the class number of each work.
        predicted: (N,) the most probable class of each.
        groups: (N,) names of the works' groups of near-duplicates; None: each work is its own.
        shares: accuracy and top2_accuracy with their 95 % bootstrap intervals.
    """

    macro_f1: float
    macro_f1_low: float | None
    macro_f1_high: float | None
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
    truth: Numbers
    predicted: Numbers
    groups: tuple[str, ...] | None
    shares: Mapping[str, Interval]

    @property
    def works(self) -> int:
        """How many works were scored."""
        return int(self.confusion.sum())

    @property
    def different_works(self) -> int:
        """How many of them are different: near-duplicates count once."""
        return self.works if self.groups is None else len(set(self.groups))

    def as_metrics(self, prefix: str) -> dict[str, float]:
        """The single figures under the names they are logged by, as in "test/macro_f1".

        Ends of an interval that cannot vary are left out.
        """
        figures = {
            f"{prefix}/macro_f1": self.macro_f1,
            f"{prefix}/weighted_f1": self.weighted_f1,
            f"{prefix}/accuracy": self.accuracy,
            f"{prefix}/top2_accuracy": self.top2_accuracy,
            f"{prefix}/log_loss": self.log_loss,
            f"{prefix}/balanced_accuracy": self.balanced_accuracy,
            f"{prefix}/brier": self.brier,
            f"{prefix}/ece": self.ece,
            f"{prefix}/different_works": float(self.different_works),
        }
        if self.top5_accuracy is not None:
            figures[f"{prefix}/top5_accuracy"] = self.top5_accuracy
        macro = Interval(self.macro_f1, self.macro_f1_low, self.macro_f1_high)
        return figures | interval_ends(prefix, {"macro_f1": macro} | dict(self.shares))


def interval_ends(prefix: str, intervals: Mapping[str, Interval]) -> dict[str, float]:
    """Both ends of each interval that varies, as in "test/macro_f1_low" and "test/macro_f1_high"."""
    ends = {
        f"{prefix}/{name}_{end}": value
        for name, interval in intervals.items()
        for end, value in (("low", interval.low), ("high", interval.high))
    }
    return {name: value for name, value in ends.items() if value is not None}


def evaluate(
    truth: Numbers,
    probabilities: NDArray[np.floating],
    class_names: Sequence[str],
    groups: ArrayLike | None = None,
) -> Scores:
    """Score a classifier.

    Args:
        truth: (N,) class numbers, places in `class_names`.
        probabilities: (N, C), each row summing to 1.
        class_names: C of them.
        groups: (N,) names of near-duplicates' groups, which the intervals draw together
            (`Manifest.group_ids`); None: each work is its own.

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
    macro = bootstrap_macro_f1(truth, predicted, len(class_names), groups=groups)
    of_true = of_truth(truth, probabilities)
    among_two = _among(2, of_true, probabilities)
    per_class = zip(class_names, precision, recall, f1, support, strict=True)
    return Scores(
        macro_f1=float(f1.mean()),
        macro_f1_low=macro.low,
        macro_f1_high=macro.high,
        weighted_f1=float(f1 @ support / support.sum()),
        accuracy=float(hits.sum() / len(truth)),
        top2_accuracy=float(among_two.mean()),
        log_loss=float(-np.log(np.clip(of_true, _SMALLEST, 1)).mean()),
        balanced_accuracy=float(recall[support > 0].mean()),
        top5_accuracy=float(_among(5, of_true, probabilities).mean()) if len(class_names) > 5 else None,
        brier=float(((probabilities**2).sum(axis=1) - 2 * of_true + 1).mean()),
        ece=expected_calibration_error(truth, probabilities),
        per_class=tuple(
            ClassScores(name, float(p), float(r), float(f), int(n)) for name, p, r, f, n in per_class
        ),
        confusion=confusion,
        class_names=tuple(class_names),
        truth=truth,
        predicted=predicted,
        groups=None if groups is None else tuple(map(str, np.asarray(groups))),
        shares={
            "accuracy": share_interval(truth == predicted, groups),
            "top2_accuracy": share_interval(among_two, groups),
        },
    )


def _among(k: int, of_true: NDArray[np.float64], probabilities: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(N,): whether the true class is among the k most probable."""
    # The true class is among the first k when fewer than k others are more probable: of equals it is first.
    return np.asarray((probabilities > of_true[:, np.newaxis]).sum(axis=1) < k)


def _ratio(parts: Counts, wholes: Counts) -> NDArray[np.float64]:
    ratio: NDArray[np.float64] = np.divide(parts, wholes, out=np.zeros(len(parts)), where=wholes > 0)
    return ratio
