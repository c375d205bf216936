"""Several runs beside each other, as figures: class by class, and the whole."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from components import theme
from components.evaluation.metrics import Scores
from components.evaluation.tables import side_by_side
from components.theme import BLACK, GREY


def by_class(runs: Mapping[str, Scores], title: str = "Accuracy by class", part: str = "test") -> Figure:
    """Study B's table (B8) with shades: a row a class, a column a run; the best of a row in bold.

    A class of which a run found no work says so; `part` is where the works are from.

    Raises:
        DataError: no runs, or runs of other classes.
    """
    rows = side_by_side(runs)
    names = list(runs)
    cells: list[list[float | str]] = [[row[name] for name in names] for row in rows]
    shares = np.array([[0.0 if isinstance(cell, str) else cell for cell in row] for row in cells])
    figure = theme.figure(max(3.2 + 1.55 * len(names), 6.2), 1.9 + 0.36 * len(rows))
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1.15, aspect="auto")
    _cells(axes, cells, shares)
    axes.axhline(len(next(iter(runs.values())).class_names) - 0.5, color=BLACK, linewidth=1.4)
    axes.set_xticks(range(len(names)), [theme.plain(name) for name in names])
    axes.xaxis.tick_top()
    axes.set_yticks(range(len(rows)), [theme.plain(f"{row['class']} ({row['works']})") for row in rows])
    axes.tick_params(length=0, labelsize=9)
    axes.set_xticks(np.arange(len(names) - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(len(rows) - 1) + 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=1.5)
    axes.tick_params(which="minor", length=0)
    axes.spines[:].set_visible(False)
    axes.set_ylabel(f"class ({part} works)")
    legend = "share of a class's works that is found; the best of a row in bold"
    figure.suptitle(f"{title}\n{legend}", x=0.02, ha="left", fontsize=11)
    return figure


def _cells(axes: Axes, cells: list[list[float | str]], shares: NDArray[np.float64]) -> None:
    """Each cell's figure, or what it says instead of one."""
    for (row, column), share in np.ndenumerate(shares):
        cell = cells[row][column]
        best = len(cells[row]) > 1 and share == shares[row].max() > 0
        axes.text(
            column,
            row,
            cell if isinstance(cell, str) else f"{cell:.3f}",
            ha="center",
            va="center",
            color="white" if share > 0.7 else GREY if isinstance(cell, str) else BLACK,
            fontweight="bold" if best else "normal",
            fontsize=9,
        )
