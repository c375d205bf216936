"""The look of every figure, drawn without any global state of matplotlib.

The colours are Okabe and Ito's, which colour-blind people can tell apart. Whatever a colour says is also
said by line style, marker, hatching or text.
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
    """A figure of that size in inches, whose axes are laid out without overlaps."""
    # A margin all around: names that end at the very edge look cut off.
    return Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(h_pad=0.1, w_pad=0.1), dpi=DPI)


def quiet(axes: Axes, *, grid: bool = True) -> None:
    """Take the box around the axes away, and draw a pale grid behind them."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    if grid:
        axes.grid(color=PALE, linewidth=0.7)


def plain(text: str) -> str:
    """Escape a name: matplotlib would read a pair of dollar signs in it as a formula."""
    return text.replace("$", r"\$")
