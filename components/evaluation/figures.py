"""Figures of a training, in the house's look (`components.theme`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from components import theme
from components.evaluation.metrics import Scores
from components.theme import BLACK, BLUE, GREEN, GREY, ORANGE, RED

_FIGURES_UP_TO = 30
"""Classes up to which counts are still legible in the confusion matrix."""


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
    losses.set(title="Loss", ylabel="cross-entropy (nats)", ylim=(0, None))
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


def confusion_matrix(scores: Scores, title: str = "Confusion matrix") -> Figure:
    """Counts, shaded by the share of the true class (a row): what is taken for what."""
    count = len(scores.class_names)
    side = float(np.clip(2.8 + 0.62 * count, 4.8, 16))
    figure = theme.figure(side + 1.2, side)
    axes = figure.subplots()
    support = scores.confusion.sum(axis=1, keepdims=True)
    shares = np.divide(scores.confusion, support, out=np.zeros((count, count)), where=support > 0)
    drawn = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    names = [f"{name} ({works})" for name, works in zip(scores.class_names, support[:, 0], strict=True)]
    size = 10 if count <= 12 else 8 if count <= 25 else 6
    axes.set_xticks(range(count), scores.class_names, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(count), names)
    axes.tick_params(labelsize=size, length=0)
    axes.spines[:].set_visible(False)
    axes.set_xticks(np.arange(count - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(count - 1) + 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=1.2)
    axes.tick_params(which="minor", length=0)
    axes.set(xlabel="predicted", ylabel="true class (works)", title=f"{title}\n{_headline(scores)}")
    if count <= _FIGURES_UP_TO:
        for (row, column), works in np.ndenumerate(scores.confusion):
            if works:
                colour = "white" if shares[row, column] > 0.55 else BLACK
                axes.text(column, row, str(works), ha="center", va="center", color=colour, fontsize=size)
    bar = figure.colorbar(drawn, ax=axes, shrink=0.75, pad=0.02)
    bar.set_label("share of the true class")
    bar.outline.set_visible(False)
    return figure


def per_class(scores: Scores, title: str = "Per class") -> Figure:
    """F1 of each class as a bar, with its precision and recall; macro-F1 and its interval behind."""
    ranked = sorted(scores.per_class, key=lambda one: one.f1)
    figure = theme.figure(8.5, float(np.clip(1.9 + 0.42 * len(ranked), 3.4, 16)))
    axes = figure.subplots()
    places = np.arange(len(ranked))
    axes.axvspan(scores.macro_f1_low, scores.macro_f1_high, color=GREY, alpha=0.18, linewidth=0)
    axes.axvline(scores.macro_f1, color=BLACK, linewidth=1.2, label="macro-F1 and its 95 % interval")
    axes.barh(places, [one.f1 for one in ranked], height=0.62, color=BLUE, alpha=0.75, label="F1")
    axes.plot(
        [one.precision for one in ranked],
        places,
        "D",
        color=ORANGE,
        mec=BLACK,
        clip_on=False,
        label="precision",
    )
    axes.plot(
        [one.recall for one in ranked], places, "o", color="white", mec=BLACK, clip_on=False, label="recall"
    )
    for place, one in enumerate(ranked):
        text = f"{one.f1:.2f}" if one.f1 else "no work of it found" if one.support else "no works"
        axes.text(1.03, place, text, va="center", fontsize=9)
    axes.set_yticks(places, [f"{one.name} ({one.support})" for one in ranked])
    axes.set(xlim=(0, 1.02), ylim=(-0.6, len(ranked) - 0.4), xlabel="share")
    axes.set_title(f"{title}\n{_headline(scores)}", loc="left")
    figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _marks(rate_cuts: Sequence[int], best_epoch: int) -> list[Line2D]:
    marks = [Line2D([], [], color=BLACK, label=f"best epoch: {best_epoch}")] if best_epoch else []
    if rate_cuts:
        after = ", ".join(map(str, rate_cuts))
        marks.append(
            Line2D([], [], color=RED, linestyle="--", label=f"learning rate cut after epoch {after}")
        )
    return marks


def _headline(scores: Scores) -> str:
    return f"macro-F1 {scores.macro_f1:.2f} [{scores.macro_f1_low:.2f}, {scores.macro_f1_high:.2f}]"


def _lines(
    axes: Axes, history: Sequence[Mapping[str, float]], shown: Mapping[str, tuple[str, Any, str]]
) -> None:
    epochs = np.arange(1, len(history) + 1)
    for key, (label, colour, style) in shown.items():
        values = [row.get(key, np.nan) for row in history]
        if not np.isnan(values).all():
            axes.plot(epochs, values, style, color=colour, label=label, markersize=4, linewidth=1.6)
    theme.quiet(axes)
