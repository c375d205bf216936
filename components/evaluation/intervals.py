"""How sure a figure is: a bootstrap interval of macro-F1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from components.errors import DataError

Counts = NDArray[np.int64]
Numbers = NDArray[np.integer]


def confusion_matrix(truth: Numbers, predicted: Numbers, num_classes: int) -> Counts:
    """Counts (C, C): a row the true class, a column the predicted one."""
    places = np.asarray(truth, np.int64) * num_classes + np.asarray(predicted, np.int64)
    return np.bincount(places, minlength=num_classes**2).reshape(num_classes, num_classes)


def f1_of(confusions: Counts) -> NDArray[np.float64]:
    """F1 of each class, (..., C) of counts (..., C, C); 0 for a class neither present nor predicted."""
    hits = np.diagonal(confusions, axis1=-2, axis2=-1).astype(np.float64)
    both = confusions.sum(axis=-1) + confusions.sum(axis=-2)
    f1: NDArray[np.float64] = np.divide(2 * hits, both, out=np.zeros_like(hits), where=both > 0)
    return f1


def bootstrap_macro_f1(  # noqa: PLR0913 (four of them are named options)
    truth: Numbers,
    predicted: Numbers,
    num_classes: int,
    *,
    resamples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float]:
    """Percentile bootstrap interval (low, high) of macro-F1.

    Works are drawn anew within each true class, as the split drew the test set: a class keeps its
    number of works, and a rare one never falls out of a resample (which would count as an F1 of 0).
    Drawing n works of a class with replacement is drawing its row of the confusion matrix from a
    multinomial, so 1,000 resamples are C draws and no loop over works (Efron & Tibshirani 1993, ch. 13).

    Args:
        truth: (N,) class numbers below `num_classes`; as is `predicted`.
        predicted: (N,).
        num_classes: C; macro-F1 is the mean over all C.
        resamples: how many.
        seed: the same seed, the same interval.
        level: the interval's coverage, within 0..1.

    Raises:
        DataError: there are no works, or not as many predictions.
    """
    if len(truth) == 0 or len(truth) != len(predicted):
        raise DataError(
            f"expected as many predictions as works, and at least one; received {len(truth)} works and "
            f"{len(predicted)} predictions."
        )
    counts = confusion_matrix(truth, predicted, num_classes)
    support = counts.sum(axis=1)
    rng = np.random.default_rng(seed)
    draws = np.zeros((resamples, num_classes, num_classes), np.int64)
    for row in np.flatnonzero(support):
        draws[:, row] = rng.multinomial(support[row], counts[row] / support[row], size=resamples)
    tail = (1 - level) / 2
    low, high = np.quantile(f1_of(draws).mean(axis=-1), [tail, 1 - tail])
    return float(low), float(high)
