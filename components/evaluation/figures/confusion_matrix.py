"""The confusion matrix: what is taken for what, with the worst pairs beside it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from components import theme
from components.evaluation.metrics import Scores
from components.evaluation.tables import most_confused
from components.formatting import macro_f1_text
from components.theme import BLACK

_LISTED = {12: 6, 30: 12, 10**9: 20}
"""Pairs of classes listed beside a confusion matrix of at most so many classes."""
_COUNTS = 330
"""Counts written into the squares at most: all of them up to 18 classes."""
_CHARACTERS, _PANEL = 36, 3.6
"""Of a line in that list; inches it takes."""


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
    headline = macro_f1_text(scores.macro_f1, scores.macro_f1_low, scores.macro_f1_high)
    axes.set_title(f"{title}\n{headline}")
    for row, column in np.argwhere((scores.confusion >= least) | (scores.confusion * np.eye(count) > 0)):
        colour = "white" if shares[row, column] > 0.55 else BLACK
        works = str(scores.confusion[row, column])
        text = axes.text(column, row, works, ha="center", va="center", color=colour, fontsize=size)
        text.set_in_layout(False)  # else each is measured again and again: seconds
    bar = figure.colorbar(drawn, ax=axes, shrink=0.75, pad=0.02)
    bar.set_label("share of the true class")
    bar.outline.set_visible(False)
    return figure


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
        written = figure.text(left, top, text, va="top", fontsize=size, fontweight=weight, linespacing=1.35)
        written.set_in_layout(False)  # its room is given


def _least_written(scores: Scores) -> int:
    """The count from which on squares get theirs, so that not many more than `_COUNTS` do."""
    counts = np.sort(scores.confusion, axis=None)[::-1]
    return int(counts[_COUNTS]) + 1 if len(counts) > _COUNTS else 1


def _squares(axes: Axes, columns: Sequence[str], rows: Sequence[str], size: float) -> None:
    """Names along both sides, and lines between the squares."""
    count = len(columns)
    turned, line = (40, 1.2) if count <= 12 else (60, 1.2) if count <= 25 else (90, 0.4)
    axes.set_xticks(
        range(count),
        [theme.plain(name) for name in columns],
        rotation=turned,
        ha="right",
        rotation_mode="anchor",
    )
    axes.set_yticks(range(count), [theme.plain(name) for name in rows])
    axes.tick_params(labelsize=size, length=0)
    axes.spines[:].set_visible(False)
    axes.set_xticks(np.arange(count - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(count - 1) + 0.5, minor=True)
    axes.grid(which="minor", color="white" if line > 1 else theme.PALE, linewidth=line)
    axes.tick_params(which="minor", length=0)
