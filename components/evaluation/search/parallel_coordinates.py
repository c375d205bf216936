"""Parallel coordinates of a search: which values led to which figure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from components import theme
from components.evaluation.search.points import Axis, Point, finished, shade_bar, shades, words
from components.theme import GREY, RED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def parallel_coordinates(
    points: Sequence[Point], parameters: Sequence[Axis], metric: str, *, maximised: bool
) -> Figure:
    """A line a finished trial, through its value of each parameter to its figure; the best one is marked."""
    sign = 1 if maximised else -1
    ended = sorted(finished(points), key=lambda trial: (sign * trial.value, -trial.number))
    figure = theme.figure(max(6.5, 2.2 + 1.9 * len(parameters)), 4.8)
    axes = figure.subplots()
    values = [trial.value for trial in ended]
    low, high = min(values), max(values)
    shade = shades(low, high, maximised=maximised)
    scales = [_Scale.of(axis, [trial.values[axis.name] for trial in ended]) for axis in parameters]
    last = _Scale.of(Axis(metric), values)
    for trial in ended:
        heights = [
            scale.height(trial.values[axis.name]) for axis, scale in zip(parameters, scales, strict=True)
        ]
        heights.append(last.height(trial.value))
        best = trial is ended[-1]
        axes.plot(
            range(len(heights)),
            heights,
            color=RED if best else shade.to_rgba(np.array([trial.value]))[0],
            linewidth=2.6 if best else 1.3,
            linestyle="--" if best else "-",
            alpha=1.0 if best else 0.8,
            label=f"best: trial {trial.number}, {trial.value:.3f}" if best else None,
            zorder=3 if best else 2,
        )
    for place, scale in enumerate([*scales, last]):
        _upright(axes, place, scale)
    names = [axis.label for axis in parameters]
    axes.set_xticks(range(len(names) + 1), [*names, words(metric)], fontsize=10)
    axes.set(ylim=(-0.06, 1.06), xlim=(-0.35, len(names) + 0.55), yticks=[])
    axes.set_title(f"What led where: {len(ended)} finished trials")
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
    axes.tick_params(axis="x", length=0)
    shade_bar(figure, axes, shade, metric, (low, high))
    figure.legend(loc="outside lower center", frameon=False, fontsize=9)
    return figure


@dataclass(frozen=True)
class _Scale:
    """Where a value stands between the foot (0) and the top (1) of an upright axis."""

    marks: tuple[tuple[float, str], ...]
    low: float
    high: float
    log: bool
    order: tuple[Any, ...] = ()

    @classmethod
    def of(cls, axis: Axis, values: Sequence[Any]) -> _Scale:
        numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
        if axis.grid is not None and (not numbers or len(axis.grid) <= 12):
            order = axis.grid
            heights = np.linspace(0, 1, len(order)) if len(order) > 1 else [0.5]
            marks = tuple((float(at), str(value)) for at, value in zip(heights, order, strict=True))
            return cls(marks, 0.0, 1.0, log=False, order=tuple(order))
        low, high = float(min(values)), float(max(values))
        scale = cls((), low, high, log=axis.log and low > 0)
        places = _decades(low, high) if scale.log else list(np.linspace(low, high, 5))
        marks = tuple((scale.height(value), _number(value)) for value in places)
        return cls(marks if low < high else ((0.5, _number(low)),), low, high, scale.log)

    def height(self, value: Any) -> float:
        """0 to 1."""
        if self.order:
            place = self.order.index(value)
            return place / (len(self.order) - 1) if len(self.order) > 1 else 0.5
        if self.low == self.high:
            return 0.5
        low, high, at = (
            np.log([self.low, self.high, value]) if self.log else (self.low, self.high, float(value))
        )
        return float((at - low) / (high - low))


def _upright(axes: Axes, place: int, scale: _Scale) -> None:
    axes.plot([place, place], [0, 1], color=GREY, linewidth=1, zorder=1)
    for height, text in scale.marks:
        axes.plot([place - 0.02, place + 0.02], [height, height], color=GREY, linewidth=1, zorder=1)
        axes.text(
            place + 0.04,
            height,
            text,
            va="center",
            fontsize=8,
            zorder=4,
            bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.8},
        )


def _decades(low: float, high: float) -> list[float]:
    """Powers of ten between the ends; the ends, too, where no power stands close by."""
    powers = [
        10.0**exponent for exponent in range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)
    ]
    room = 0.08 * math.log10(high / low) if high > low else 0.0
    ends = [end for end in (low, high) if all(abs(math.log10(end / power)) > room for power in powers)]
    return sorted([*powers, *ends])


def _number(value: float) -> str:
    return f"{value:.0f}" if 100 <= abs(value) < 1e6 else f"{value:.3g}"
