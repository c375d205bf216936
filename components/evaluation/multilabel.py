"""Scores of a classifier of several labels a work (study C9): each label by itself, at a threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from components.errors import DataError
from components.evaluation.intervals import Interval, bootstrap, share_interval
from components.evaluation.metrics import interval_ends
from components.evaluation.resample_metrics import Metric
from components.f1 import f1_scores

if TYPE_CHECKING:
    pass

Hot = NDArray[np.bool_]
HALF = 0.5


@dataclass(frozen=True)
class LabelScores:
    """One class by itself; the figures are within 0..1.

    Attributes:
        name: of the class.
        precision: share of the works it was given that bear it.
        recall: share of the works that bear it that were given it.
        f1: their harmonic mean.
        average_precision: area under precision over recall, whatever the threshold; None without works.
        support: works that bear it.
        threshold: probability from which on it is given.
    """

    name: str
    precision: float
    recall: float
    f1: float
    average_precision: float | None
    support: int
    threshold: float


@dataclass(frozen=True)
class LabelledScores:
    """A classifier of several classes a work, on one set of works.

    Attributes:
        macro_f1: mean of the classes' F1; a class neither borne nor given counts 0.
        macro_f1_low: lower end of its 95 % bootstrap interval; None where it cannot vary: too few works.
        macro_f1_high: upper end of it.
        micro_f1: F1 of all works' and classes' answers in one heap.
        weighted_f1: mean of the classes' F1, weighted by their works.
        mean_average_precision: of the classes that have works.
        subset_accuracy: share of works whose classes were named exactly.
        hamming_loss: share of the works times classes that were answered wrongly.
        works: how many were scored.
        different_works: how many of them are different: near-duplicates count once.
        per_class: in the order of the class names.
        shares: subset_accuracy with its 95 % bootstrap interval.
    """

    macro_f1: float
    macro_f1_low: float | None
    macro_f1_high: float | None
    micro_f1: float
    weighted_f1: float
    mean_average_precision: float
    subset_accuracy: float
    hamming_loss: float
    works: int
    different_works: int
    per_class: tuple[LabelScores, ...]
    shares: Mapping[str, Interval]

    def as_metrics(self, prefix: str) -> dict[str, float]:
        """The single figures under the names they are logged by, as in "test/macro_f1".

        Ends of an interval that cannot vary are left out.
        """
        names = (
            *("macro_f1", "micro_f1", "weighted_f1"),
            *("mean_average_precision", "subset_accuracy", "hamming_loss", "different_works"),
        )
        figures = {f"{prefix}/{name}": float(getattr(self, name)) for name in names}
        macro = Interval(self.macro_f1, self.macro_f1_low, self.macro_f1_high)
        return figures | interval_ends(prefix, {"macro_f1": macro} | dict(self.shares))

    def rows(self) -> list[dict[str, Any]]:
        """A row a class, for a table."""
        return [
            {
                "class": scores.name,
                "precision": round(scores.precision, 4),
                "recall": round(scores.recall, 4),
                "f1": round(scores.f1, 4),
                "average precision": None
                if scores.average_precision is None
                else round(scores.average_precision, 4),
                "threshold": round(scores.threshold, 4),
                "works": scores.support,
            }
            for scores in self.per_class
        ]


def evaluate_multilabel(
    truth: ArrayLike,
    probabilities: NDArray[np.floating],
    class_names: Sequence[str],
    *,
    thresholds: Sequence[float] = (),
    groups: Sequence[str] | None = None,
) -> LabelledScores:
    """Score a classifier.

    The interval draws works anew among those of the same classes, so that a rare class keeps its works.

    Args:
        truth: (N, C) of 0 and 1.
        probabilities: (N, C), each class by itself in 0..1.
        class_names: C of them.
        thresholds: C of them, as `thresholds_of` finds them on other works; one half for each if empty.
        groups: (N,) names: copies of a picture, which the interval draws together.

    Raises:
        DataError: the shapes do not go together, or something is no probability.
    """
    from sklearn.metrics import average_precision_score, f1_score, precision_recall_fscore_support

    true, chances = _checked(truth, probabilities, class_names)
    given = answered(chances, thresholds)
    precision, recall, f1, support = precision_recall_fscore_support(true, given, zero_division=0)
    areas = [
        float(average_precision_score(true[:, place], chances[:, place])) if support[place] else None
        for place in range(len(class_names))
    ]
    strata = np.unique(true, axis=0, return_inverse=True)[1].reshape(-1)
    macro = bootstrap(macro_f1_of_many(true, given), len(true), strata=strata, groups=groups)
    at = thresholds if len(thresholds) else (HALF,) * len(class_names)
    each = zip(class_names, precision, recall, f1, areas, support, at, strict=True)
    return LabelledScores(
        macro_f1=macro.point,
        macro_f1_low=macro.low,
        macro_f1_high=macro.high,
        micro_f1=float(f1_score(true, given, average="micro", zero_division=0)),
        weighted_f1=float(f1_score(true, given, average="weighted", zero_division=0)),
        mean_average_precision=float(np.mean([area for area in areas if area is not None] or [0.0])),
        subset_accuracy=float((true == given).all(axis=1).mean()),
        hamming_loss=float((true != given).mean()),
        works=len(true),
        different_works=len(true) if groups is None else len(set(groups)),
        per_class=tuple(
            LabelScores(name, float(p), float(r), float(f), area, int(works), float(threshold))
            for name, p, r, f, area, works, threshold in each
        ),
        shares={"subset_accuracy": share_interval((true == given).all(axis=1), groups)},
    )


def thresholds_of(truth: ArrayLike, probabilities: NDArray[np.floating]) -> tuple[float, ...]:
    """For each class the probability from which on to give it: where its F1 is largest on these works.

    It lies midway between the last probability that is given and the next below; of equally good places
    the one nearest to one half is taken. A class that no work bears keeps one half. Choose them on
    validation works, never on those that are reported (Lipton et al. 2014, arXiv:1402.1892).

    Args:
        truth: (N, C) of 0 and 1.
        probabilities: (N, C), each class by itself in 0..1.
    """
    true, chances = np.asarray(truth) > 0, np.asarray(probabilities, np.float64)
    return tuple(_threshold(true[:, place], chances[:, place]) for place in range(true.shape[1]))


def answered(probabilities: NDArray[np.floating], thresholds: Sequence[float] = ()) -> Hot:
    """Which classes are given, (N, C): probability at or above the class's threshold, or one half."""
    given: Hot = np.asarray(probabilities) >= (np.asarray(thresholds) if len(thresholds) else HALF)
    return given


def macro_f1_of_many(is_: Hot, said: Hot) -> Metric:
    """Macro-F1 of (N, C) truth and answers, for `intervals.bootstrap`."""
    true, given, right = is_.astype(float), said.astype(float), (is_ & said).astype(float)
    return lambda weights: np.asarray(
        f1_scores(weights @ right, weights @ true, weights @ given).mean(axis=-1)
    )


def _threshold(true: Hot, chances: NDArray[np.float64]) -> float:
    if not true.any():
        return HALF
    order = np.argsort(-chances, kind="stable")
    values, hits = chances[order], np.cumsum(true[order])
    ends = np.flatnonzero(np.append(values[1:] < values[:-1], True))  # equal ones are given together
    f1 = f1_scores(hits[ends], true.sum(), ends + 1)
    below = np.append(values[1:], 0.0)[ends]
    between = (values[ends] + below) / 2
    best = np.flatnonzero(f1 >= f1.max() - 1e-12)
    return float(between[best[np.abs(between[best] - HALF).argmin()]])


def _checked(
    truth: ArrayLike, probabilities: NDArray[np.floating], class_names: Sequence[str]
) -> tuple[Hot, NDArray[np.float64]]:
    hot, chances = np.asarray(truth), np.asarray(probabilities, np.float64)
    expected = (len(hot), len(class_names))
    if not len(hot) or hot.shape != expected or chances.shape != expected:
        raise DataError(
            f"expected truth and probabilities (N, {len(class_names)}) with N > 0; received {hot.shape} and "
            f"{chances.shape}. Score a model with the class names it learnt."
        )
    if not np.isin(hot, (0, 1)).all():
        raise DataError(f"expected 0 or 1 for each class of a work; received {np.unique(hot)[:5]}.")
    if not (np.isfinite(chances).all() and chances.min() >= 0 and chances.max() <= 1):
        raise DataError(
            f"expected probabilities in 0..1 (a sigmoid's output); received {chances.min():.3f}.."
            f"{chances.max():.3f}. A training that diverged gives such: lower its rate."
        )
    return hot > 0, chances
