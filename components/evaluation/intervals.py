"""How sure a figure is: bootstrap intervals (Efron & Tibshirani 1993) of macro-F1 and of any other.

`bootstrap_macro_f1` is quick at any number of works; `bootstrap` takes any figure. Both take groups of works
that stand or fall together. Where all resamples give the same figure (a single group a class, every answer
right), the bootstrap says nothing of how sure the figure is, and there is no interval.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from components import formatting
from components.errors import DataError
from components.evaluation.answers import Numbers
from components.evaluation.resample_metrics import Metric, Weights, macro_f1, mean_of
from components.f1 import f1_scores

Counts = NDArray[np.int64]
_AT_ONCE = 4_000_000
"""Weights held at once: 32 MiB."""
_MANY = 100
"""Classes beyond which drawing works is quicker than drawing rows of the confusion matrix."""
_ROUNDING = 1e-9
"""Ends nearer to each other than this are the same."""


def confusion_matrix(truth: Numbers, predicted: Numbers, num_classes: int) -> Counts:
    """Counts (C, C): a row the true class, a column the predicted one."""
    places = np.asarray(truth, np.int64) * num_classes + np.asarray(predicted, np.int64)
    return np.bincount(places, minlength=num_classes**2).reshape(num_classes, num_classes)


def f1_of(confusions: Counts) -> NDArray[np.float64]:
    """F1 of each class, (..., C) of counts (..., C, C); 0 for a class neither present nor predicted."""
    hits = np.diagonal(confusions, axis1=-2, axis2=-1)
    return f1_scores(hits, confusions.sum(axis=-1), confusions.sum(axis=-2))


def bootstrap_macro_f1(  # noqa: PLR0913 (four of them are named options)
    truth: Numbers,
    predicted: Numbers,
    num_classes: int,
    *,
    groups: ArrayLike | None = None,
    resamples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """Macro-F1 and its percentile bootstrap interval.

    Works are drawn anew within each true class, as the split drew the test set: a class keeps its
    number of works, and a rare one never falls out of a resample (which would count as an F1 of 0).
    Drawing n works of a class with replacement is drawing its row of the confusion matrix from a
    multinomial, so 1,000 resamples are C draws and no loop over works (Efron & Tibshirani 1993, ch. 13).

    Args:
        truth: (N,) class numbers below `num_classes`; as is `predicted`.
        predicted: (N,).
        num_classes: C; macro-F1 is the mean over all C.
        groups: (N,) names of near-duplicates' groups, drawn together (as `bootstrap` says); None: each work
            is its own.
        resamples: how many.
        seed: the same seed, the same interval.
        level: the interval's coverage, within 0..1.

    Raises:
        DataError: there are no works, or not as many predictions or groups.
    """
    if len(truth) == 0 or len(truth) != len(predicted):
        raise DataError(
            f"expected as many predictions as works, and at least one; received {len(truth)} works and "
            f"{len(predicted)} predictions."
        )
    confusion = confusion_matrix(truth, predicted, num_classes)
    point = float(f1_of(confusion).mean())
    drawn = resampled_macro_f1(truth, predicted, num_classes, groups=groups, resamples=resamples, seed=seed)
    return interval_of(point, drawn, level)


def resampled_macro_f1(  # noqa: PLR0913 (three of them are named options)
    truth: Numbers,
    predicted: Numbers,
    num_classes: int,
    *,
    groups: ArrayLike | None = None,
    resamples: int,
    seed: int,
) -> NDArray[np.float64]:
    """Macro-F1 of each resample, (resamples,); arguments as of `bootstrap_macro_f1`."""
    if num_classes > _MANY or tied(groups):
        metric = macro_f1(truth, predicted, num_classes)
        return resampled(metric, len(truth), strata=truth, groups=groups, resamples=resamples, seed=seed)
    confusion = confusion_matrix(truth, predicted, num_classes)
    support = confusion.sum(axis=1)
    rng = np.random.default_rng(seed)
    draws = np.zeros((resamples, *confusion.shape), np.int64)
    for row in np.flatnonzero(support):
        draws[:, row] = rng.multinomial(support[row], confusion[row] / support[row], size=resamples)
    mean: NDArray[np.float64] = f1_of(draws).mean(axis=-1)
    return mean


@dataclass(frozen=True)
class Interval:
    """A figure and the bootstrap interval that holds it; its ends are None where it cannot vary."""

    point: float
    low: float | None
    high: float | None

    def __str__(self) -> str:
        return f"{self.point:.3f} {formatting.brackets(self.low, self.high)}"


def interval_of(point: float, drawn: NDArray[np.float64], level: float = 0.95) -> Interval:
    """The figure and the middle `level` of its resamples; no ends where those are the same."""
    tail = (1 - level) / 2
    low, high = (float(end) for end in np.quantile(drawn, [tail, 1 - tail]))
    return Interval(point, low, high) if high - low > _ROUNDING else Interval(point, None, None)


def tied(groups: ArrayLike | None) -> bool:
    """Whether any two works stand or fall together."""
    return groups is not None and len(np.unique(np.asarray(groups))) < len(np.asarray(groups))


def share_interval(right: ArrayLike, groups: ArrayLike | None = None) -> Interval:
    """The share of works that are right (accuracy, top-2), with its 95 % bootstrap interval.

    Args:
        right: (N,) True or False.
        groups: (N,) names of near-duplicates' groups, drawn together; None: each work is its own.

    Raises:
        DataError: there are no works, or groups are not N.
    """
    right = np.asarray(right, bool)
    if tied(groups):
        return bootstrap(mean_of(right), len(right), groups=groups)
    return bootstrap(mean_of(np.sort(right)[::-1]), len(right))  # whichever works were right, the same draws


def bootstrap(  # noqa: PLR0913 (five of them are named options)
    metric: Metric,
    works: int,
    *,
    strata: Numbers | None = None,
    groups: ArrayLike | None = None,
    resamples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """Percentile bootstrap interval of any figure, widened to hold the figure itself.

    Args:
        metric: as `resample_metrics` makes it.
        works: N.
        strata: (N,) class numbers: works are drawn within each, so that a class keeps its size; None
            draws from all works.
        groups: (N,) names: works of one group are drawn together or not at all. Near-duplicates are
            right or wrong together, so counting each as a witness of its own gives an interval too
            narrow (Field & Welsh 2007). A group of several strata goes with that of its first work.
        resamples: how many.
        seed: the same seed, the same interval.
        level: the interval's coverage, within 0..1.

    Raises:
        DataError: there are no works, or strata or groups are not N.
    """
    point = float(metric(np.ones((1, works)))[0]) if works else float("nan")
    drawn = resampled(metric, works, strata=strata, groups=groups, resamples=resamples, seed=seed)
    return widened(interval_of(point, drawn, level))


def widened(interval: Interval) -> Interval:
    """The interval, as wide as it takes to hold its figure."""
    if interval.low is None or interval.high is None:
        return interval
    point = interval.point
    return Interval(point, min(interval.low, point), max(interval.high, point))


def resampled(  # noqa: PLR0913 (four of them are named options)
    metric: Metric,
    works: int,
    *,
    strata: Numbers | None = None,
    groups: ArrayLike | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> NDArray[np.float64]:
    """The figure of each resample, (resamples,); arguments and errors as of `bootstrap`."""
    for name, given in (("strata", strata), ("groups", groups)):
        if works < 1 or (given is not None and np.shape(given) != (works,)):
            raise DataError(
                f"expected at least one work, and strata and groups as long as the works; received {works} "
                f"works and {name} {None if given is None else np.shape(given)}."
            )
    firsts, group = np.arange(works), np.arange(works)
    if groups is not None:
        _, firsts, group = np.unique(np.asarray(groups), return_index=True, return_inverse=True)
    stratum = np.zeros(len(firsts), np.int64)
    if strata is not None:
        stratum = np.asarray(strata, np.int64)[firsts]
    rng = np.random.default_rng(seed)
    step = max(1, _AT_ONCE // works)
    parts = (min(step, resamples - start) for start in range(0, resamples, step))
    return np.concatenate([metric(_drawn(rng, stratum, part)[:, group]) for part in parts])


def _drawn(rng: np.random.Generator, stratum: NDArray[np.int64], resamples: int) -> Weights:
    """How often each unit (U,) was drawn, (resamples, U): as many of a stratum as it has."""
    counts = np.zeros((resamples, len(stratum)))
    for number in np.unique(stratum):
        units = np.flatnonzero(stratum == number)
        chosen = rng.integers(0, len(units), (resamples, len(units)))
        chosen += np.arange(resamples)[:, np.newaxis] * len(units)
        times = np.bincount(chosen.ravel(), minlength=resamples * len(units))
        counts[:, units] = times.reshape(resamples, len(units))
    return counts
