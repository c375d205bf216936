"""Figures of resamples, for `intervals.bootstrap`: from how often each work was drawn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from components.evaluation.answers import Numbers
from components.f1 import f1_scores

Weights = NDArray[np.float64]
Metric = Callable[[Weights], NDArray[np.float64]]
"""How often each work was drawn (R, N) -> the figure of each resample (R,)."""


def mean_of(values: ArrayLike) -> Metric:
    """The mean of a figure (N,) each work has: right or wrong, its loss, whether among the first five."""
    each = np.asarray(values, np.float64)
    return lambda weights: np.asarray(weights @ each / weights.sum(axis=1))


def macro_f1(truth: Numbers, predicted: Numbers, num_classes: int) -> Metric:
    """Macro-F1 over all `num_classes`; truth and predicted are (N,) class numbers."""
    true, given = _one_hot(truth, num_classes), _one_hot(predicted, num_classes)
    right = true.multiply(given)
    return lambda weights: np.asarray(
        f1_scores(weights @ right, weights @ true, weights @ given).mean(axis=-1)
    )


def balanced_accuracy_of(truth: Numbers, predicted: Numbers, num_classes: int) -> Metric:
    """Mean recall of the classes drawn; truth and predicted are (N,) class numbers."""
    true = np.eye(num_classes)[truth]
    right = true * (np.asarray(truth) == np.asarray(predicted))[:, np.newaxis]

    def balanced(weights: Weights) -> NDArray[np.float64]:
        hits, support = weights @ right, weights @ true
        recall = np.divide(hits, support, out=np.zeros_like(hits), where=support > 0)
        return np.asarray(recall.sum(axis=-1) / (support > 0).sum(axis=-1))

    return balanced


def of_places(figure: Callable[[NDArray[np.intp]], float]) -> Metric:
    """Any figure of a selection of works (their places, some more than once), one resample at a time."""

    def each(weights: Weights) -> NDArray[np.float64]:
        places = np.arange(weights.shape[1])
        return np.array([figure(np.repeat(places, row.astype(np.int64))) for row in weights])

    return each


def _one_hot(numbers: Numbers, num_classes: int) -> csr_array:
    """(N, C), sparse: a weighted count costs N, not N times C."""
    places = np.asarray(numbers, np.int64)
    ones = (np.ones(len(places)), places, np.arange(len(places) + 1))
    return csr_array(ones, shape=(len(places), num_classes))
