"""Learning curves of a training: loss and scores, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from components import theme
from components.theme import BLACK, BLUE, GREEN, GREY, RED


def curves(history: Sequence[Mapping[str, float]], rate_cuts: Sequence[int], best_epoch: int) -> Figure:
    """Loss and scores by epoch, with a red line at each learning-rate cut, a black one at the best (A9).

    Args:
        history: a row an epoch: loss, val_loss, accuracy, val_accuracy, val_macro_f1 (any may lack).
        rate_cuts: epochs, from 1, after which the rate was cut.
        best_epoch: epoch, from 1, whose weights were kept.
    """
    figure = theme.figure(10.5, 4.4)
    losses, scores = figure.subplots(1, 2)
    _lines(losses, history, {"loss": ("training", BLUE, "o-"), "val_loss": ("validation", GREEN, "s-")})
    _lines(
        scores,
        history,
        {
            "val_macro_f1": ("validation macro-F1", GREEN, "s-"),
            "val_accuracy": ("validation accuracy", GREY, "^:"),
            "accuracy": ("training accuracy", BLUE, "o-"),
        },
    )
    losses.set(title="Loss", ylabel="loss", ylim=(0, None))
    scores.set(title="Macro-F1 and accuracy", ylabel="share", ylim=(0, 1.02))
    for axes in (losses, scores):
        axes.set(xlabel="epoch", xlim=(0.5, len(history) + 0.6))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        for epoch in rate_cuts:
            axes.axvline(epoch + 0.5, color=RED, linestyle="--", linewidth=1.3, zorder=1.5)
        if best_epoch:
            axes.axvline(best_epoch, color=BLACK, linewidth=1.3, zorder=1.5)
        axes.legend(frameon=False, fontsize=9)
    figure.legend(
        handles=_marks(rate_cuts, best_epoch), loc="outside lower center", ncols=2, frameon=False, fontsize=9
    )
    return figure


def _marks(rate_cuts: Sequence[int], best_epoch: int) -> list[Line2D]:
    marks = [Line2D([], [], color=BLACK, label=f"best epoch: {best_epoch}")] if best_epoch else []
    if rate_cuts:
        after = ", ".join(map(str, rate_cuts))
        marks.append(
            Line2D([], [], color=RED, linestyle="--", label=f"learning rate cut after epoch {after}")
        )
    return marks


def _lines(
    axes: Axes, history: Sequence[Mapping[str, float]], shown: Mapping[str, tuple[str, Any, str]]
) -> None:
    epochs = np.arange(1, len(history) + 1)
    for key, (label, colour, style) in shown.items():
        values = [row.get(key, np.nan) for row in history]
        if not np.isnan(values).all():
            axes.plot(epochs, values, style, color=colour, label=label, markersize=4, linewidth=1.6)
    theme.quiet(axes)
