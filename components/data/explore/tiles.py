"""Walls of small pictures, each over its words: only what is shown is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray
from PIL import Image

from components import theme
from components.data.images import read_rgb
from components.data.threads import in_order
from components.errors import ImageError

Pixels = NDArray[np.uint8]

SIDE = 176
"""Pixels of a tile's longer side."""
_LINE = 0.145
"""Inches a line of words."""
_GAP = 0.1
_PER_INCH = 16.5
"""Characters that a tile of one inch has room for below."""


@dataclass(frozen=True)
class Tile:
    """A picture on a wall.

    Attributes:
        pixels: (H, W, 3), at most SIDE a side; None where it cannot be read.
        words: lines below it; too long ones lose their middle.
        marked: framed and written in red.
    """

    pixels: Pixels | None
    words: tuple[str, ...] = ()
    marked: bool = False


def small(paths: Sequence[Path], side: int = SIDE) -> list[Pixels | None]:
    """The pictures, shrunk to `side` and never enlarged; None for what cannot be read."""

    def read(path: Path) -> Pixels | None:
        try:
            picture = read_rgb(path)
        except ImageError:
            return None
        picture.thumbnail((side, side), Image.Resampling.BOX, reducing_gap=2.0)
        return np.asarray(picture)

    return list(in_order(read, list(paths), None))


def wall(tiles: Sequence[Tile], columns: int, title: str, *, inches: float = 1.45) -> Figure:
    """The tiles in rows of `columns`, left to right.

    Args:
        tiles: what is shown.
        columns: how many a row.
        title: above them.
        inches: a tile's side.
    """
    lines = max((len(tile.words) for tile in tiles), default=0)
    across, down = inches + _GAP, inches + _GAP + lines * _LINE + (0.06 if lines else 0)
    width, height = columns * across + _GAP, max(1, -(-len(tiles) // columns)) * down + _GAP
    axes = canvas(max(width, 5.5), height, title)
    for place, tile in enumerate(tiles):
        row, column = divmod(place, columns)
        show(axes, tile, (_GAP + column * across, _GAP + row * down), inches)
    if not tiles:
        axes.text(0.1, 0.4, "nothing to show", color=theme.GREY)
    return whole(axes)


def canvas(width: float, height: float, title: str) -> Axes:
    """Bare axes of so many inches, in inches from the upper left, with a title above."""
    head = 0.22 + 0.2 * (title.count("\n") + 1)
    figure = Figure(figsize=(width, height + head), dpi=theme.DPI)
    axes = figure.add_axes((0, 0, 1, height / (height + head)))
    axes.set(xlim=(0, width), ylim=(height, 0), autoscale_on=False)
    axes.axis("off")
    figure.text(
        0.1 / width, 1 - 0.12 / (height + head), theme.plain(title), va="top", fontsize=11, linespacing=1.25
    )
    return axes


def whole(axes: Axes) -> Figure:
    """The figure of bare axes."""
    figure = axes.get_figure()
    assert isinstance(figure, Figure)  # noqa: S101
    return figure


def show(axes: Axes, tile: Tile, corner: tuple[float, float], inches: float) -> None:
    """Draw a tile, its picture in the middle of a square whose upper left is `corner`."""
    left, top = corner
    if tile.pixels is None:
        axes.add_patch(Rectangle(corner, inches, inches, facecolor="#EFEFEF", edgecolor="none"))
        axes.text(
            left + inches / 2, top + inches / 2, "no picture", ha="center", va="center", color=theme.GREY
        )
    else:
        high, wide = tile.pixels.shape[:2]
        scale = inches / max(high, wide)
        x, y = left + (inches - wide * scale) / 2, top + (inches - high * scale) / 2
        extent = (x, x + wide * scale, y + high * scale, y)
        axes.imshow(tile.pixels, extent=extent, aspect="auto", interpolation="antialiased")
        edge, line = (theme.RED, 2.0) if tile.marked else (theme.GREY, 0.4)
        size = (wide * scale, high * scale)
        axes.add_patch(Rectangle((x, y), *size, fill=False, edgecolor=edge, linewidth=line))
    for number, words in enumerate(tile.words):
        below = top + inches + 0.06 + number * _LINE
        colour = theme.RED if tile.marked else theme.BLACK if not number else "#444444"
        text = shortened(words, int(inches * _PER_INCH))
        axes.text(left, below, theme.plain(text), va="top", fontsize=7, color=colour)


def named(path: str) -> str:
    """A file's name without folder and ending, as it stands below a picture."""
    return PurePosixPath(path).stem


def shortened(text: str, characters: int) -> str:
    """The text without its middle where it is longer: names differ at their ends."""
    if len(text) <= characters:
        return text
    kept = characters - 1
    return f"{text[: kept - kept // 2]}…{text[len(text) - kept // 2 :]}"
