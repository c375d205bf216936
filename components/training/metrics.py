"""Metrics of an epoch: its answers on the validation works, scored."""

from __future__ import annotations

import numpy as np

from components.f1 import f1_scores
from components.training.multilabel import epoch_metrics_multilabel
from components.training.recipe import Recipe
from components.training.result import MONITOR, Epoch, EpochMetrics


def epoch_metrics_of(recipe: Recipe) -> EpochMetrics:
    """The scores that go with a recipe's labels."""
    return epoch_metrics_multilabel if recipe.multi_label else epoch_metrics


def epoch_metrics(truth: np.ndarray, probabilities: np.ndarray) -> Epoch:
    """Loss, accuracy and macro-F1 of predictions.

    Args:
        truth: (N,) class numbers.
        probabilities: (N, C); the mean of F1 is over all C, and one that is never predicted counts 0.
    """
    num_classes = probabilities.shape[1]
    predicted = probabilities.argmax(axis=1)
    table = np.zeros((num_classes, num_classes))
    np.add.at(table, (truth, predicted), 1)
    hits = np.diag(table)
    f1 = f1_scores(hits, table.sum(axis=1), table.sum(axis=0))
    # Clipped as Keras does it, so that loss and val_loss are the same quantity.
    picked = np.clip(probabilities[np.arange(len(truth)), truth].astype(float), 1e-7, 1.0)
    return {
        "val_loss": float(-np.log(picked).mean()),
        "val_accuracy": float(hits.sum() / len(truth)),
        MONITOR: float(f1.mean()),
    }
