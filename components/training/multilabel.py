"""Metrics of an epoch for several labels a work (study C9): its answers have a sigmoid for each label."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from components.f1 import f1_scores

_THRESHOLD = 0.5


def epoch_metrics_multilabel(truth: NDArray[Any], probabilities: NDArray[np.floating]) -> dict[str, float]:
    """Loss, accuracy and macro-F1 of predictions, at a threshold of one half.

    Args:
        truth: (N, C) of 0 and 1.
        probabilities: (N, C), each class by itself in 0..1.

    Returns:
        val_loss, binary cross-entropy; val_accuracy, the share of the N * C answers that are right;
        val_macro_f1, the mean of the classes' F1, where one that is never answered counts 0.
    """
    true, answered = np.asarray(truth) > 0, np.asarray(probabilities) > _THRESHOLD
    f1 = f1_scores((true & answered).sum(axis=0), true.sum(axis=0), answered.sum(axis=0))
    # Clipped as Keras does it, so that loss and val_loss are the same quantity.
    sure = np.clip(np.asarray(probabilities, np.float64), 1e-7, 1 - 1e-7)
    return {
        "val_loss": float(-np.log(np.where(true, sure, 1 - sure)).mean()),
        "val_accuracy": float((true == answered).mean()),
        "val_macro_f1": float(f1.mean()),
    }


def accuracy(y_true: Any, y_pred: Any) -> Any:
    """The share of the answers that are right, (B, C) -> (B,): `val_accuracy` of a batch.

    A function of that name, as Keras shows a metric by it; its own "accuracy" would look at the largest
    probability alone.
    """
    return keras.metrics.binary_accuracy(y_true, y_pred, threshold=_THRESHOLD)


ACCURACY = accuracy
