"""F1 of each class, the harmonic mean of precision and recall: one formula for training and evaluation."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def f1_scores(hits: ArrayLike, true: ArrayLike, predicted: ArrayLike) -> NDArray[np.float64]:
    """F1 of each class, (..., C); 0 for a class neither present nor predicted. Its mean is macro-F1.

    Args:
        hits: (..., C) works of the class that are predicted as it.
        true: (..., C) works of the class.
        predicted: (..., C) works predicted as it.
    """
    both = np.asarray(true, np.float64) + np.asarray(predicted, np.float64)
    return np.asarray(2 * np.asarray(hits, np.float64) / np.where(both > 0, both, 1))
