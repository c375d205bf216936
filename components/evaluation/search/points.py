"""A search's trials as its figures see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from components import theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SHADES = "cividis"
"""Even in lightness, and the same to colour-blind people."""
_WORST_SHARE = 0.25
"""Where the worst stand in the shades, so that they do not vanish into the dark end."""


@dataclass(frozen=True)
class Point:
    """A trial.

    Attributes:
        number: from 0.
        state: finished, pruned, failed or lost.
        values: what was tried, by parameter.
        value: the metric's; NaN where it has none.
        curve: the metric, epoch by epoch.
    """

    number: int
    state: str
    values: Mapping[str, Any]
    value: float
    curve: Sequence[float] = ()


@dataclass(frozen=True)
class Axis:
    """A parameter.

    Attributes:
        name: dotted, as in "options.dense_1".
        grid: its values in order; None: numbers without end.
        log: whether their logarithm counts.
    """

    name: str
    grid: tuple[Any, ...] | None = None
    log: bool = False

    @property
    def label(self) -> str:
        """The name without where it stands, as in "dense 1"; a later stage is named."""
        *place, last = self.name.split(".")
        stage = f", stage {int(place[1]) + 1}" if place[:1] == ["stages"] and place[1] != "0" else ""
        return theme.plain(last.replace("_", " ") + stage)


def shades(low: float, high: float, *, maximised: bool) -> ScalarMappable:
    """The better, the brighter."""
    wide = high - low or 0.04
    norm = (
        Normalize(low - _WORST_SHARE * wide, high)
        if maximised
        else Normalize(low, high + _WORST_SHARE * wide)
    )
    return ScalarMappable(norm, colormaps[_SHADES if maximised else f"{_SHADES}_r"])


def finished(points: Sequence[Point]) -> list[Point]:
    """Those with a figure of their own end."""
    return [point for point in points if point.state == "finished"]


def best(ended: Sequence[Point], *, maximised: bool) -> Point:
    """Of equals the first."""
    return max(ended, key=lambda point: (point.value * (1 if maximised else -1), -point.number))


def words(metric: str) -> str:
    """A metric as people say it."""
    known = {
        "val_macro_f1": "validation macro-F1",
        "val_loss": "validation loss (nats)",
        "val_accuracy": "validation accuracy",
    }
    return known.get(metric, metric)


def shade_bar(
    figure: Figure, axes: Axes, shade: ScalarMappable, metric: str, ends: tuple[float, float]
) -> None:
    """What the shades stand for, from the worst figure to the best."""
    bar = figure.colorbar(shade, ax=axes, pad=0.02)
    bar.set_label(words(metric))
    bar.outline.set_visible(False)
    if ends[0] < ends[1]:
        bar.ax.set_ylim(*ends)
