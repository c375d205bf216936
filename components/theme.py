"""The look of every figure, drawn without any global state of matplotlib.

Colours are Okabe and Ito's, told apart by colour-blind people too; what they tell is also told by
line style, marker, hatching or text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, GREEN, ORANGE, GREY = "#0072B2", "#009E73", "#E69F00", "#6B6B6B"
RED, BLACK = "#D00000", "#000000"
PALE = "#E3E3E3"

DPI = 110


def figure(width: float, height: float) -> Figure:
    """A figure of so many inches whose axes find their own room."""
    # Room around: names that end at the very edge look cut off.
    return Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(h_pad=0.1, w_pad=0.1), dpi=DPI)


def quiet(axes: Axes, *, grid: bool = True) -> None:
    """No box around the axes; a pale grid behind them."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    if grid:
        axes.grid(color=PALE, linewidth=0.7)


def plain(text: str) -> str:
    """A name as it is: a pair of dollar signs in it would be read as a formula."""
    return text.replace("$", r"\$")
