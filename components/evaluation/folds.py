"""Cross-validation as one table: each fold, their mean and spread, and all works together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from components.errors import DataError
from components.evaluation.metrics import Scores
from components.evaluation.tables import Row
from components.formatting import brackets

FIGURES = {
    "macro-F1": "test/macro_f1",
    "weighted F1": "test/weighted_f1",
    "balanced accuracy": "test/balanced_accuracy",
    "accuracy": "test/accuracy",
}
"""A column, and the metric that it shows."""


def spread(values: Sequence[float]) -> tuple[float, float]:
    """Mean and sample standard deviation (n - 1 in the denominator); 0 of a single value.

    The folds share most of their training works, so that this is how much folds differ, and no standard
    error of the mean (Bengio and Grandvalet 2004).

    Raises:
        DataError: no values.
    """
    if not values:
        raise DataError("expected the figures of at least one fold; received none.")
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else 0.0


def summary(folds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Every figure that the folds' runs logged, as in "folds/macro_f1_mean" and "folds/macro_f1_sd"."""
    figures: dict[str, float] = {}
    for name in FIGURES.values():
        if all(name in metrics for metrics in folds):
            mean, deviation = spread([metrics[name] for metrics in folds])
            short = name.removeprefix("test/")
            figures |= {f"folds/{short}_mean": mean, f"folds/{short}_sd": deviation}
    return figures


def rows(folds: Sequence[Mapping[str, float]], works: Sequence[int], pooled: Scores | None) -> list[Row]:
    """A row a fold, then "mean ± sd", then "all works"; each with the seconds of training.

    Args:
        folds: metrics of each fold's run, in order.
        works: tested in each.
        pooled: of every work's answer by the fold that it was tested in; None: there is none.
    """
    shown = {column: name for column, name in FIGURES.items() if all(name in metrics for metrics in folds)}
    table: list[Row] = []
    for number, (metrics, count) in enumerate(zip(folds, works, strict=True), start=1):
        figures = {column: f"{metrics[name]:.3f}" for column, name in shown.items()}
        interval = brackets(metrics.get("test/macro_f1_low"), metrics.get("test/macro_f1_high"))
        row = {"fold": str(number), "works": count, **figures, "95 % interval": interval}
        table.append(row | {"seconds": _seconds([metrics])})
    means = {
        column: "{:.3f} ± {:.3f}".format(*spread([metrics[name] for metrics in folds]))
        for column, name in shown.items()
    }
    together = {"seconds": _seconds(folds)}
    table.append({"fold": "mean ± sd", "works": sum(works), **means, "95 % interval": ""} | together)
    if pooled is not None:
        all_ = {
            column: f"{getattr(pooled, name.removeprefix('test/')):.3f}" for column, name in shown.items()
        }
        interval = brackets(pooled.macro_f1_low, pooled.macro_f1_high)
        row = {"fold": "all works", "works": pooled.works, **all_, "95 % interval": interval}
        table.append(row | together)
    return table


def _seconds(folds: Sequence[Mapping[str, float]]) -> str:
    """Of their trainings together; "" where one was not measured."""
    seconds = [metrics.get("training_seconds") for metrics in folds]
    return f"{sum(filter(None, seconds)):.0f}" if None not in seconds else ""
