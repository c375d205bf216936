"""Figures of a training, in the house's look (`components.theme`)."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from components import theme
from components.evaluation.metrics import Scores
from components.evaluation.tables import most_confused
from components.formatting import TOO_FEW, brackets
from components.theme import BLACK, BLUE, GREEN, GREY, ORANGE, RED

_LISTED = {12: 6, 30: 12, 10**9: 20}
"""Pairs of classes listed beside a confusion matrix of at most so many classes."""
_COUNTS = 330
"""Counts written into the squares at most: all of them up to 18 classes."""
_CHARACTERS, _PANEL = 36, 3.6
"""Of a line in that list; inches it takes."""


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


def confusion_matrix(scores: Scores, title: str = "Confusion matrix") -> Figure:
    """What is taken for what: shaded by the share of the true class (a row), the worst pairs listed.

    Legible up to about 60 classes: with many the shades are read at a glance, the largest counts close up.
    """
    count = len(scores.class_names)
    side = float(np.clip(2.8 + 0.62 * min(count, 10) + 0.3 * max(count - 10, 0), 4.8, 16))
    figure = theme.figure(side + 1.6 + _PANEL, side)
    axes = figure.subplots()
    _worst_pairs(figure, scores)
    support = scores.confusion.sum(axis=1, keepdims=True)
    shares = np.divide(scores.confusion, support, out=np.zeros((count, count)), where=support > 0)
    drawn = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    size = 10 if count <= 12 else 8 if count <= 25 else 7
    names = [f"{name} ({works})" for name, works in zip(scores.class_names, support[:, 0], strict=True)]
    _squares(axes, scores.class_names, names, size)
    least = _least_written(scores)
    left_out = f" (counts under {least} are not written)" if least > 1 else ""
    axes.set(xlabel=f"predicted{left_out}", ylabel="true class (works)")
    axes.set_title(f"{title}\n{_headline(scores)}")
    for row, column in np.argwhere((scores.confusion >= least) | (scores.confusion * np.eye(count) > 0)):
        colour = "white" if shares[row, column] > 0.55 else BLACK
        works = str(scores.confusion[row, column])
        text = axes.text(column, row, works, ha="center", va="center", color=colour, fontsize=size)
        text.set_in_layout(False)  # else each is measured again and again: seconds
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
    mark_macro_f1(axes, scores.macro_f1, scores.macro_f1_low, scores.macro_f1_high)
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
    axes.set_yticks(places, _plain([f"{one.name} ({one.support})" for one in ranked]))
    axes.set(xlim=(0, 1.02), ylim=(-0.6, len(ranked) - 0.4), xlabel="share")
    axes.set_title(f"{title}\n{_headline(scores)}", loc="left")
    figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def mark_macro_f1(axes: Axes, macro_f1: float, low: float | None, high: float | None) -> None:
    """Macro-F1 as a line over the height of the axes, its interval as a band, or why there is none."""
    label = "macro-F1 and its 95 % interval"
    if low is None or high is None:
        label = f"macro-F1 ({TOO_FEW} for an interval)"
    else:
        axes.axvspan(low, high, color=GREY, alpha=0.18, linewidth=0)
    axes.axvline(macro_f1, color=BLACK, linewidth=1.2, label=label)


def _worst_pairs(figure: Figure, scores: Scores) -> None:
    """What is most often taken for what, in words at the right, where the axes leave room for it."""
    left, top = 1 - _PANEL / figure.get_figwidth(), 1 - 0.35 / figure.get_figheight()
    cast(ConstrainedLayoutEngine, figure.get_layout_engine()).set(rect=(0, 0, left, 1))
    listed = next(pairs for most, pairs in _LISTED.items() if len(scores.class_names) <= most)
    worst = most_confused(scores, listed)
    lines = [textwrap.fill(str(pair), _CHARACTERS, subsequent_indent=" " * 8) for pair in worst]
    body = "works (of the class): true → predicted\n\n" + "\n".join(lines) if lines else "none"
    for text, size, weight in (
        ("Most often confused", 10, "bold"),
        ("\n\n" + theme.plain(body), 9, "normal"),
    ):
        told = figure.text(left, top, text, va="top", fontsize=size, fontweight=weight, linespacing=1.35)
        told.set_in_layout(False)  # its room is given


def _least_written(scores: Scores) -> int:
    """The count from which on squares get theirs, so that not many more than `_COUNTS` do."""
    counts = np.sort(scores.confusion, axis=None)[::-1]
    return int(counts[_COUNTS]) + 1 if len(counts) > _COUNTS else 1


def _squares(axes: Axes, columns: Sequence[str], rows: Sequence[str], size: float) -> None:
    """Names along both sides, and lines between the squares."""
    count = len(columns)
    turned, line = (40, 1.2) if count <= 12 else (60, 1.2) if count <= 25 else (90, 0.4)
    axes.set_xticks(range(count), _plain(columns), rotation=turned, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(count), _plain(rows))
    axes.tick_params(labelsize=size, length=0)
    axes.spines[:].set_visible(False)
    axes.set_xticks(np.arange(count - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(count - 1) + 0.5, minor=True)
    axes.grid(which="minor", color="white" if line > 1 else theme.PALE, linewidth=line)
    axes.tick_params(which="minor", length=0)


def _plain(names: Sequence[str]) -> list[str]:
    return [theme.plain(name) for name in names]


def _marks(rate_cuts: Sequence[int], best_epoch: int) -> list[Line2D]:
    marks = [Line2D([], [], color=BLACK, label=f"best epoch: {best_epoch}")] if best_epoch else []
    if rate_cuts:
        after = ", ".join(map(str, rate_cuts))
        marks.append(
            Line2D([], [], color=RED, linestyle="--", label=f"learning rate cut after epoch {after}")
        )
    return marks


def _headline(scores: Scores) -> str:
    return f"macro-F1 {scores.macro_f1:.2f} {brackets(scores.macro_f1_low, scores.macro_f1_high, 2)}"


def _lines(
    axes: Axes, history: Sequence[Mapping[str, float]], shown: Mapping[str, tuple[str, Any, str]]
) -> None:
    epochs = np.arange(1, len(history) + 1)
    for key, (label, colour, style) in shown.items():
        values = [row.get(key, np.nan) for row in history]
        if not np.isnan(values).all():
            axes.plot(epochs, values, style, color=colour, label=label, markersize=4, linewidth=1.6)
    theme.quiet(axes)
