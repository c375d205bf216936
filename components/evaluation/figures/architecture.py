"""A network as a drawing: a block for each size its maps have, with what stands in it (study B9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log10
from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from components import theme
from components.theme import BLACK, BLUE, GREEN, GREY, ORANGE

if TYPE_CHECKING:
    import keras

_UNSEEN = {"InputLayer", "Rescaling", "Normalization", "ZeroPadding2D"}
_WIDEST = 60


@dataclass(frozen=True)
class Block:
    """Layers in a row whose outputs have one shape.

    Attributes:
        shape: of what they give, without the batch: (H, W, C) or (D,).
        layers: how many of each kind, in the order they come.
        parameters: weights in them.
    """

    shape: tuple[int | None, ...]
    layers: tuple[tuple[str, int], ...]
    parameters: int

    def __str__(self) -> str:
        return ", ".join(f"{count} x {kind}" if count > 1 else kind for kind, count in self.layers)


def blocks(model: keras.Model) -> list[Block]:
    """A network's blocks from the picture on: of maps, layers of one height and width stand together."""
    stacked: list[Block] = []
    kinds: Counter[str] = Counter()
    parameters, last = 0, None
    for layer in model.layers:
        kind = type(layer).__name__
        if kind in _UNSEEN:
            continue
        shape = tuple(layer.output.shape[1:])
        if last is not None and _size(shape) != _size(last):
            stacked.append(Block(last, tuple(kinds.items()), parameters))
            kinds, parameters = Counter(), 0
        kinds[kind] += 1
        parameters += layer.count_params()
        last = shape
    if last is not None:
        stacked.append(Block(last, tuple(kinds.items()), parameters))
    return stacked


def drawing(named: Sequence[Block], title: str, parameters: int) -> Figure:
    """The blocks from the top down; a bar's length goes with the logarithm of the weights in it."""
    figure = theme.figure(9.5, max(2.6, 1.3 + 0.56 * len(named)))
    axes = figure.subplots()
    for place, block in enumerate(named):
        maps = len(block.shape) > 1
        colour = BLUE if maps else GREEN if place < len(named) - 1 else ORANGE
        length = 0.6 + 1.0 * log10(1 + block.parameters)
        box = FancyBboxPatch(
            (2.6, place - 0.3), length, 0.6, boxstyle="round,pad=0.02", color=colour, alpha=0.75, linewidth=0
        )
        axes.add_patch(box)
        axes.text(2.4, place, _written(block.shape), ha="right", va="center", fontsize=9, color=BLACK)
        layers = str(block) if len(str(block)) <= _WIDEST else f"{str(block)[:_WIDEST]} ..."
        weights = f"{block.parameters:,}" if block.parameters else "no weights"
        axes.text(2.8 + length, place, f"{layers}  ({weights})", va="center", fontsize=9, color=BLACK)
        if place:
            axes.plot([2.85, 2.85], [place - 0.68, place - 0.32], color=GREY, linewidth=1.2)
    axes.set(xlim=(0, 19), ylim=(len(named) - 0.4, -0.7))
    axes.set_axis_off()
    axes.set_title(
        f"{theme.plain(title)}: {parameters:,} weights\nheight x width x maps of what each block gives; "
        "its layers (weights)",
        loc="left",
        fontsize=11,
    )
    return figure


def _size(shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
    return shape[:2] if len(shape) > 1 else shape


def _written(shape: tuple[int | None, ...]) -> str:
    return " x ".join("any" if side is None else str(side) for side in shape)
