"""Walls of small pictures, each over its words: only what is shown is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from components import theme
from components.data.images.reader import read_rgb
from components.data.threads import in_order
from components.errors import ImageError

Pixels = NDArray[np.uint8]

SIDE = 176
"""Pixels of a tile's longer side."""
_LINE = 0.145
"""Inches a line of words."""
_GAP = 0.1
_NOTHING = "#EFEFEF"
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


class Sheet:
    """A bare figure of so many inches, measured from the upper left: pictures and words."""

    def __init__(self, width: float, height: float, title: str) -> None:
        above = 0.22 + 0.2 * (title.count("\n") + 1)
        self._size = (width, height)
        self._figure = Figure(figsize=(width, height + above), dpi=theme.DPI)
        self._axes = self._figure.add_axes((0, 0, 1, height / (height + above)))
        self._axes.set(xlim=(0, width), ylim=(height, 0), autoscale_on=False)
        self._axes.axis("off")
        # One picture of all: matplotlib takes as long for each as Pillow for a dozen.
        self._pictures = Image.new("RGB", (round(width * theme.DPI), round(height * theme.DPI)), "white")
        top = 1 - 0.12 / (height + above)
        self._figure.text(0.1 / width, top, theme.plain(title), va="top", fontsize=11, linespacing=1.25)

    def write(self, left: float, bottom: float, text: str, **style: Any) -> None:
        """Words that stand on a line."""
        self._axes.text(left, bottom, theme.plain(text), va="bottom", **style)

    def show(self, tile: Tile, corner: tuple[float, float], inches: float) -> None:
        """A tile, its picture in the middle of a square whose upper left is `corner`."""
        left, top = corner
        side = round(inches * theme.DPI)
        picture = Image.new("RGB", (side, side), _NOTHING)
        if tile.pixels is not None:
            picture = Image.fromarray(tile.pixels)
            scale = side / max(picture.size)
            size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
            picture = picture.resize(size, Image.Resampling.BICUBIC)
        edge = (picture.width - 1, picture.height - 1)
        colour, line = (theme.RED, 3) if tile.marked else ("#9A9A9A", 1)
        ImageDraw.Draw(picture).rectangle((0, 0, *edge), outline=colour, width=line)
        place = ((side - picture.width) // 2, (side - picture.height) // 2)
        self._pictures.paste(picture, (round(left * theme.DPI) + place[0], round(top * theme.DPI) + place[1]))
        if tile.pixels is None:
            middle = (left + inches / 2, top + inches / 2)
            self._axes.text(*middle, "no picture", ha="center", va="center", color=theme.GREY)
        for number, words in enumerate(tile.words):
            below = top + inches + 0.06 + number * _LINE
            colour = theme.RED if tile.marked else theme.BLACK if not number else "#444444"
            text = theme.plain(shortened(words, int(inches * _PER_INCH)))
            self._axes.text(left, below, text, va="top", fontsize=7, color=colour)

    def figure(self) -> Figure:
        """All of it."""
        width, height = self._size
        self._axes.imshow(
            np.asarray(self._pictures), extent=(0, width, height, 0), aspect="auto", interpolation="nearest"
        )
        return self._figure


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
    width, height = columns * across + _GAP, -(-len(tiles) // columns) * down + _GAP
    sheet = Sheet(width, max(height, 0.5), title)
    for place, tile in enumerate(tiles):
        row, column = divmod(place, columns)
        sheet.show(tile, (_GAP + column * across, _GAP + row * down), inches)
    return sheet.figure()


def named(path: str) -> str:
    """A file's name without folder and ending, as it stands below a picture."""
    return PurePosixPath(path).stem


def shortened(text: str, characters: int) -> str:
    """The text without its middle where it is longer: names differ at their ends."""
    if len(text) <= characters:
        return text
    kept = characters - 1
    return f"{text[: kept - kept // 2]}…{text[len(text) - kept // 2 :]}"
