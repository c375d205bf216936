"""Precision, recall and F1 of each class as bars, of one label a work or of several."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from components import theme
from components.evaluation.metrics import Scores
from components.evaluation.multilabel import LabelledScores
from components.formatting import TOO_FEW, macro_f1_text
from components.theme import BLACK, BLUE, GREY, ORANGE


def per_class(scores: Scores, title: str = "Per class") -> Figure:
    """F1 of each class as a bar, with its precision and recall; macro-F1 and its interval behind."""
    ranked = sorted(scores.per_class, key=lambda label: label.f1)
    figure = theme.figure(8.5, float(np.clip(1.9 + 0.42 * len(ranked), 3.4, 16)))
    axes = figure.subplots()
    places = np.arange(len(ranked))
    mark_macro_f1(axes, scores.macro_f1, scores.macro_f1_low, scores.macro_f1_high)
    axes.barh(places, [label.f1 for label in ranked], height=0.62, color=BLUE, alpha=0.75, label="F1")
    axes.plot(
        [label.precision for label in ranked],
        places,
        "D",
        color=ORANGE,
        mec=BLACK,
        clip_on=False,
        label="precision",
    )
    axes.plot(
        [label.recall for label in ranked],
        places,
        "o",
        color="white",
        mec=BLACK,
        clip_on=False,
        label="recall",
    )
    for place, label in enumerate(ranked):
        text = f"{label.f1:.2f}" if label.f1 else "no work of it found" if label.support else "no works"
        axes.text(1.03, place, text, va="center", fontsize=9)
    axes.set_yticks(places, [theme.plain(f"{label.name} ({label.support})") for label in ranked])
    axes.set(xlim=(0, 1.02), ylim=(-0.6, len(ranked) - 0.4), xlabel="share")
    headline = macro_f1_text(scores.macro_f1, scores.macro_f1_low, scores.macro_f1_high)
    axes.set_title(f"{title}\n{headline}", loc="left")
    figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def per_label(scores: LabelledScores, title: str = "Per class") -> Figure:
    """F1 of each class as a bar, its average precision as a diamond, its threshold as a tick."""
    ranked = sorted(scores.per_class, key=lambda label: (label.f1, label.average_precision or 0.0))
    figure = theme.figure(8.5, float(np.clip(2.1 + 0.42 * len(ranked), 3.6, 16)))
    axes = figure.subplots()
    places = np.arange(len(ranked))
    mark_macro_f1(axes, scores.macro_f1, scores.macro_f1_low, scores.macro_f1_high)
    axes.barh(places, [label.f1 for label in ranked], height=0.62, color=BLUE, alpha=0.75, label="F1")
    areas = [np.nan if label.average_precision is None else label.average_precision for label in ranked]
    axes.plot(areas, places, "D", color=ORANGE, mec=BLACK, label="average precision", clip_on=False)
    at = [label.threshold for label in ranked]
    axes.plot(at, places, "|", color=BLACK, markersize=13, mew=1.6, label="threshold", clip_on=False)
    for place, label in enumerate(ranked):
        text = f"{label.f1:.2f}" if label.f1 else "no work of it found" if label.support else "no works"
        axes.text(1.03, place, text, va="center", fontsize=9)
    axes.set_yticks(places, [theme.plain(f"{label.name} ({label.support})") for label in ranked])
    axes.set(xlim=(0, 1.02), ylim=(-0.6, len(ranked) - 0.4), xlabel="share")
    headline = macro_f1_text(scores.macro_f1, scores.macro_f1_low, scores.macro_f1_high, 3)
    exact = f"{scores.subset_accuracy:.0%} of {scores.works} works named exactly"
    axes.set_title(f"{title}\n{headline}, {exact}", loc="left")
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
