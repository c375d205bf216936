"""A study's rows beside what its source published: intervals of shares, and the figure of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from components import theme
from components.errors import DataError
from components.evaluation.answers import WorkAnswer
from components.evaluation.intervals import Interval
from components.evaluation.metrics import Scores, evaluate
from components.formatting import FIGURES
from components.theme import BLACK, BLUE, GREY, ORANGE, PALE

_PANELS = ("accuracy", "top2_accuracy", "macro_f1", "balanced_accuracy", "subset_accuracy")
"""Figures that are drawn, in the order of their panels."""

_MARKS: Mapping[str, tuple[str, str, str]] = {
    "": (BLUE, "o", "ours, 95 % interval"),
    "stand-in": (ORANGE, "s", "ours, another backbone standing in"),
    "random": (GREY, "^", "ours, random weights where the source had ImageNet's"),
}


@dataclass(frozen=True)
class Compared:
    """A row of a study.

    Attributes:
        label: id and title.
        published: by the figure's name, without the part; a figure may be published and not measured.
        ours: measured, with its interval.
        kind: "" as published, "stand-in" or "random": which weights it had.
    """

    label: str
    published: Mapping[str, float]
    ours: Mapping[str, Interval]
    kind: str = ""


def scores_of(rows: Sequence[WorkAnswer], class_names: Sequence[str]) -> Scores:
    """The scores of a run from its table of test works ("tables/test_works.json").

    Whatever goes by the predicted class is exact: accuracy, F1, the confusion matrix. The other classes'
    probabilities are not in the table, so top-2, log-loss and calibration should not be read here.

    Args:
        rows: with true, predicted, probability_of_true; group, but in tables of earlier versions.
        class_names: of the data version.

    Raises:
        DataError: no rows, or a class that has no such name.
    """
    place = {name: number for number, name in enumerate(class_names)}
    unknown = sorted({name for row in rows for name in (row["true"], row["predicted"])} - place.keys())
    if unknown:
        raise DataError(f"the table names {unknown}, the data version knows {list(class_names)}.")
    truth = np.array([place[str(row["true"])] for row in rows], np.int64)
    predicted = np.array([place[str(row["predicted"])] for row in rows], np.int64)
    distributions = np.zeros((len(rows), len(class_names)))
    works = np.arange(len(rows))
    distributions[works, truth] = [min(float(row["probability_of_true"]), 0.49) for row in rows]
    distributions[works, predicted] = 0.0
    distributions[works, predicted] = 1.0 - distributions.sum(axis=1)
    groups = [str(row["group"]) for row in rows] if all("group" in row for row in rows) else None
    return evaluate(truth, distributions, class_names, groups)


def beside(rows: Sequence[Compared], title: str) -> Figure:
    """Published and measured figures of each row, a panel a figure: diamonds, and dots with intervals."""
    drawn = [row for row in rows if row.published or row.ours]
    shown = [name for name in _PANELS if any(name in row.published or name in row.ours for row in drawn)] or [
        "accuracy"
    ]
    width = 4.6 + 2.9 * len(shown)
    figure = theme.figure(width, max(2.9, 1.7 + 0.34 * len(drawn)))
    panels = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
    for axes, name in zip(panels, shown, strict=True):
        _panel(axes, drawn, name)
    panels[0].set_yticks(range(len(drawn)), [theme.plain(row.label) for row in drawn])
    panels[0].set_ylim(len(drawn) - 0.4, -0.6)
    figure.suptitle(theme.plain(fill(title, int(10 * width))), x=0.02, ha="left", fontsize=11)
    marks = [_mark("published", BLACK, "D", face="white")]
    marks += [
        _mark(label, colour, marker)
        for kind, (colour, marker, label) in _MARKS.items()
        if any(row.kind == kind and row.ours for row in drawn)
    ]
    figure.legend(handles=marks, loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    return figure


def _panel(axes: Axes, rows: Sequence[Compared], name: str) -> None:
    for place, row in enumerate(rows):
        if place % 2:
            axes.axhspan(place - 0.5, place + 0.5, color=PALE, alpha=0.45, linewidth=0, zorder=0)
        measured = row.ours.get(name)
        if measured is not None:
            colour, marker, _ = _MARKS[row.kind]
            if measured.low is not None and measured.high is not None:
                axes.plot(
                    [measured.low, measured.high], [place, place], color=colour, linewidth=2.2, zorder=2
                )
            axes.plot(measured.point, place, marker, color=colour, markersize=7, zorder=3)
        if name in row.published:
            axes.plot(
                row.published[name], place, "D", mfc="white", mec=BLACK, mew=1.4, markersize=6.5, zorder=4
            )
    axes.set(xlim=(-0.02, 1.02), xlabel="share", title=FIGURES[name])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=PALE, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _mark(label: str, colour: str, marker: str, face: str = "") -> Line2D:
    return Line2D(
        [], [], color=colour, marker=marker, mfc=face or colour, mec=colour, linestyle="", label=label
    )
