"""Figures of a search: how it went, what mattered, where the good values lie (`components.theme`'s look)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from components import theme
from components.evaluation.search.points import Axis, Point, best, finished, shade_bar, shades, words
from components.theme import BLACK, BLUE, GREEN, ORANGE, PALE, RED

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def history(points: Sequence[Point], metric: str, *, maximised: bool) -> Figure:
    """Each trial's figure in the order of trying, and the best so far."""
    figure = theme.figure(8.5, 4.4)
    axes = figure.subplots()
    ended = finished(points)
    pruned = [trial for trial in points if trial.state == "pruned"]
    failed = [trial.number for trial in points if trial.state == "failed"]
    gather = np.maximum.accumulate if maximised else np.minimum.accumulate
    numbers, values = [trial.number for trial in ended], np.array([trial.value for trial in ended])
    axes.plot(numbers, values, "o", color=BLUE, alpha=0.7, label=f"finished ({len(ended)})")
    if pruned:
        axes.plot(
            [trial.number for trial in pruned],
            [trial.value for trial in pruned],
            "x",
            color=ORANGE,
            mew=1.8,
            label=f"ended early ({len(pruned)})",
        )
    if failed:
        axes.plot(
            failed,
            np.full(len(failed), 0.02),
            "v",
            color=RED,
            transform=axes.get_xaxis_transform(),
            label=f"failed ({len(failed)})",
        )
    # One step past the last trial, so that a best found at the very end is seen.
    axes.step(
        [*numbers, max(trial.number for trial in points) + 0.5],
        [*gather(values), gather(values)[-1]],
        where="post",
        color=BLACK,
        linewidth=1.4,
        label="best so far",
    )
    top = best(ended, maximised=maximised)
    axes.plot(top.number, top.value, "*", ms=15, color=GREEN, mec=BLACK, label=f"best: trial {top.number}")
    axes.set(xlabel="trial", ylabel=words(metric), title=f"The search, trial by trial: best {top.value:.3f}")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    theme.quiet(axes)
    figure.legend(loc="outside lower center", ncols=5, frameon=False, fontsize=9)
    return figure


def importances(shares: Mapping[str, float]) -> Figure:
    """How much each parameter decides over being among the best trials."""
    ranked = sorted(shares.items(), key=lambda item: item[1])
    figure = theme.figure(7.5, 1.7 + 0.45 * len(ranked))
    axes = figure.subplots()
    axes.barh(
        [Axis(name).label for name, _ in ranked], [share for _, share in ranked], height=0.6, color=BLUE
    )
    for place, (_, share) in enumerate(ranked):
        axes.text(share + 0.012, place, f"{share:.0%}", va="center", fontsize=9)
    axes.set(xlabel="share of importance (PED-ANOVA)", xlim=(0, 1.1), title="What sets the best trials apart")
    axes.set_xticks(np.linspace(0, 1, 6), [f"{share:.0%}" for share in np.linspace(0, 1, 6)])
    theme.quiet(axes)
    axes.grid(visible=False, axis="y")
    return figure


def heat_map(points: Sequence[Point], down: Axis, across: Axis, metric: str, *, maximised: bool) -> Figure:
    """A grid over two parameters: each cell's figure, the best framed. Both axes need a grid."""
    rows, columns = list(down.grid or ()), list(across.grid or ())
    cells = np.full((len(rows), len(columns)), np.nan)
    states = {}
    for trial in points:
        place = rows.index(trial.values[down.name]), columns.index(trial.values[across.name])
        if trial.state == "finished":
            cells[place] = trial.value
        elif trial.state in {"failed", "pruned"}:
            states[place] = "failed" if trial.state == "failed" else "early end"
    figure = theme.figure(2.8 + 0.78 * len(columns), 2.0 + 0.5 * len(rows))
    axes = figure.subplots()
    ends = float(np.nanmin(cells)), float(np.nanmax(cells))
    shade = shades(*ends, maximised=maximised)
    axes.set_facecolor(PALE)  # of cells without a figure
    axes.imshow(shade.to_rgba(cells), aspect="auto")
    top = np.nanargmax(cells) if maximised else np.nanargmin(cells)
    for row, column in np.ndindex(cells.shape):
        value = cells[row, column]
        text = states.get((row, column), "") if np.isnan(value) else f"{value:.3f}".removeprefix("0")
        dark = not np.isnan(value) and sum(shade.to_rgba(np.array([value]))[0][:3]) < 1.5
        axes.text(column, row, text, ha="center", va="center", color="white" if dark else BLACK, fontsize=9)
    row, column = np.unravel_index(top, cells.shape)
    axes.add_patch(
        Rectangle(
            (float(column) - 0.5, float(row) - 0.5),
            1,
            1,
            fill=False,
            edgecolor=RED,
            linewidth=2.6,
            clip_on=False,
        )
    )
    axes.set_xticks(range(len(columns)), [str(value) for value in columns])
    axes.set_yticks(range(len(rows)), [str(value) for value in rows])
    axes.set(xlabel=across.label, ylabel=down.label)
    axes.set_title(
        f"{words(metric)}: best {cells[row, column]:.3f} "
        f"at {down.label} {rows[row]}, {across.label} {columns[column]} (framed)",
        fontsize=11,
    )
    axes.spines[:].set_visible(False)
    shade_bar(figure, axes, shade, metric, ends)
    return figure


def curves(points: Sequence[Point], metric: str, *, maximised: bool) -> Figure:
    """The metric of every trial by epoch: which were ended early, which is the best."""
    figure = theme.figure(8.5, 4.4)
    axes = figure.subplots()
    drawn = [trial for trial in points if trial.curve and trial.state in {"finished", "pruned", "failed"}]
    top = best(finished(points), maximised=maximised)
    looks = {
        "finished": (BLUE, "-", "finished"),
        "pruned": (ORANGE, ":", "ended early"),
        "failed": (RED, "-.", "failed"),
    }
    for state, (colour, line, word) in looks.items():
        for number, trial in enumerate(trial for trial in drawn if trial.state == state):
            axes.plot(
                range(1, len(trial.curve) + 1),
                trial.curve,
                line,
                color=colour,
                linewidth=1.1,
                alpha=0.6,
                marker="." if len(trial.curve) == 1 else "x" if state == "pruned" else None,
                markevery=[-1],
                label=None if number else word,
            )
    axes.plot(
        range(1, len(top.curve) + 1), top.curve, color=BLACK, linewidth=2.2, label=f"best: trial {top.number}"
    )
    axes.set(xlabel="epoch", ylabel=words(metric), title="Every trial, epoch by epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    theme.quiet(axes)
    figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    return figure
