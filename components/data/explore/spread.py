"""How a collection is spread: its classes, sizes, shapes and light. Read from the manifest alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator, NullFormatter, StrMethodFormatter

from components import theme
from components.data.images.quality import Limits
from components.data.manifest import Manifest, Split

if TYPE_CHECKING:
    import pandas as pd

_BARS = 60
"""Classes that a figure has room for; the others are counted together."""
_POINTS = 4000
"""Different sizes up to which each is a point of its own."""
_NAMED = 4
"""Sizes that are named: the most common ones, if they are common."""
_PARTS = {
    Split.TRAIN.value: (theme.BLUE, ""),
    Split.VALIDATION.value: (theme.ORANGE, "////"),
    Split.TEST.value: (theme.GREEN, "...."),
    "": (theme.BLUE, ""),
}
_SHAPES = {"1:3": 1 / 3, "1:2": 1 / 2, "3:4": 3 / 4, "1:1": 1.0, "4:3": 4 / 3, "2:1": 2.0, "3:1": 3.0}


def classes(manifest: Manifest) -> Figure:
    """Works of each class, parted as they are split (studies B9, D1)."""
    counts = manifest.a_row_a_label().groupby(["label", "split"]).size().unstack(fill_value=0)
    counts = counts.loc[counts.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    total = counts.sum(axis=1)
    shown = counts.iloc[:_BARS]
    figure = theme.figure(9, float(np.clip(1.7 + 0.24 * len(shown), 3, 17)))
    axes = figure.subplots()
    places, left = np.arange(len(shown)), np.zeros(len(shown))
    for part, (colour, hatch) in _PARTS.items():
        if part in shown:
            works = shown[part].to_numpy()
            label = f"{part}: {int(counts[part].sum()):,}" if part else f"works: {len(manifest):,}"
            axes.barh(
                places, works, left=left, color=colour, hatch=hatch, edgecolor="white", lw=0, label=label
            )
            left += works
    for place, works in enumerate(total.iloc[:_BARS].tolist()):
        share = f"{works / total.sum():.1%}".replace("%", " %")
        axes.text(works, place, f" {works:,} ({share})", va="center", fontsize=8.5)
    axes.set_yticks(places, [theme.plain(str(name)) for name in shown.index])
    axes.set(ylim=(len(shown) - 0.4, -0.6), xlabel="works", xlim=(0, total.max() * 1.16))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set_title(_told(manifest, total), loc="left", fontsize=11)
    theme.quiet(axes)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    return figure


def _told(manifest: Manifest, total: pd.Series[int]) -> str:
    text = f"{len(manifest):,} works in {len(total)} classes of {manifest.task or 'the label'}"
    text += f"; the largest is {total.max() / total.min():.1f} times the smallest"
    rest = total.iloc[_BARS:]
    return f"{text}\nand {len(rest)} more classes of {rest.sum():,} works together" if len(rest) else text


def sizes(manifest: Manifest) -> Figure:
    """Every work's width and height; a point's area says how many share it (studies A9, E1)."""
    frame = manifest.frame[["width", "height"]]
    common = frame.value_counts()
    points = common if len(common) <= _POINTS else _rounded(frame).value_counts()
    wide = points.index.get_level_values(0).to_numpy(float)
    high = points.index.get_level_values(1).to_numpy(float)
    figure = theme.figure(7.6, 6.6)
    axes = figure.subplots()
    area = 12 + 500 * points.to_numpy() / max(points.sum(), 40)
    axes.scatter(
        wide, high, s=area, color=theme.BLUE, alpha=0.45, linewidths=0.4, edgecolors="white", zorder=3
    )
    low, top = _room(frame)
    for name, shape in (("square", 1.0), ("4:3", 4 / 3), ("3:4", 3 / 4), ("2:1", 2.0), ("1:2", 0.5)):
        _guide(axes, name, shape, low, top)
    for size, works in common.iloc[:_NAMED].items():
        width, height = (int(side) for side in np.asarray(size))
        if works >= max(2, 0.02 * len(frame)):
            share = f"{works / len(frame):.0%}".replace("%", " %")
            axes.annotate(
                f"{width} x {height}: {works:,} ({share})",
                (width, height),
                xytext=(10, 8),
                textcoords="offset points",
                fontsize=9,
                zorder=4,
                bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1},
            )
    axes.set(xscale="log", yscale="log", xlim=(low, top), ylim=(low, top), aspect="equal")
    for axis in (axes.xaxis, axes.yaxis):
        ticks = _ticks(low, top)
        axis.set_major_locator(FixedLocator(ticks))
        axis.set_major_formatter(FixedFormatter([f"{tick:,.0f}" for tick in ticks]))
        axis.set_minor_formatter(NullFormatter())
    axes.set(xlabel="width (pixels)", ylabel="height (pixels)")
    sizes = f"of {len(common):,} different sizes" if len(common) > 1 else "of one size"
    axes.set_title(f"{len(frame):,} works {sizes}", loc="left", fontsize=11)
    theme.quiet(axes)
    return figure


def shapes(manifest: Manifest) -> Figure:
    """How many works have which width, height and aspect (study E1)."""
    frame = manifest.frame
    aspect = (frame["width"] / frame["height"]).to_numpy(float)
    figure = theme.figure(12, 3.7)
    width, height, shape = figure.subplots(1, 3)
    for axes, column, colour in ((width, "width", theme.BLUE), (height, "height", theme.GREEN)):
        _histogram(axes, frame[column].to_numpy(float), colour)
        axes.set(xlabel=f"{column} (pixels)", ylabel="works", title=_median(frame[column], " pixels"))
    edges = _around_one(min(aspect.min(), 0.45), max(aspect.max(), 2.2))
    shape.hist(aspect, bins=edges.tolist(), color=theme.ORANGE, histtype="stepfilled")
    shape.axvline(1, color=theme.BLACK, linewidth=1, linestyle="--")
    shape.set(xscale="log", xlabel="width : height", ylabel="works")
    inside = {name: at for name, at in _SHAPES.items() if edges[0] <= at <= edges[-1]}
    shape.xaxis.set_major_locator(FixedLocator(list(inside.values())))
    shape.xaxis.set_major_formatter(FixedFormatter(list(inside)))
    shape.xaxis.set_minor_locator(FixedLocator([]))
    upright, across = (aspect < 0.99).mean(), (aspect > 1.01).mean()
    shape.set_title(
        f"{upright:.0%} upright, {1 - upright - across:.0%} square, {across:.0%} landscape".replace(
            "%", " %"
        ),
        fontsize=10,
    )
    for axes in (width, height, shape):
        _counted(axes)
    return figure


def light(manifest: Manifest) -> Figure:
    """Brightness, contrast and sharpness, with the limits that pictures are set aside by."""
    limits = Limits()
    shown = {
        "brightness": ("0 black, 1 white", (limits.darkest, limits.brightest), (0, 1)),
        "contrast": ("standard deviation of the grey levels", (limits.least_contrast,), (0, 0.5)),
        "sharpness": ("share of contrast in the finest detail", (limits.least_sharpness,), None),
    }
    figure = theme.figure(12, 3.9)
    for axes, (name, (meaning, lines, span)), colour in zip(
        figure.subplots(1, 3), shown.items(), (theme.ORANGE, theme.BLUE, theme.GREEN), strict=True
    ):
        values = manifest.frame[name].to_numpy(float)
        axes.hist(
            values,
            bins=50,
            range=span or (0, max(values.max() * 1.02, 0.1)),
            color=colour,
            histtype="stepfilled",
        )
        for line in lines:
            axes.axvline(line, color=theme.RED, linestyle="--", linewidth=1.2, label="set aside beyond")
        axes.set(xlabel=f"{name}\n({meaning})", ylabel="works", title=_median(manifest.frame[name], "", 2))
        _counted(axes)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles[:1], labels[:1], loc="outside lower right", frameon=False, fontsize=9)
    return figure


def _histogram(axes: Axes, values: np.ndarray, colour: str) -> None:
    low, high = values.min(), values.max()
    if low == high:
        axes.bar([low], [len(values)], width=1, color=colour)
        axes.set(xlim=(low - 5, low + 5), xticks=[low])
    else:
        edges = np.linspace(low, high, min(40, int(high - low)) + 1).tolist()
        axes.hist(values, bins=edges, color=colour, histtype="stepfilled")
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def _around_one(low: float, high: float) -> np.ndarray:
    """Edges of bins of equal ratio, a square in the middle of one."""
    step = np.log(high / low) / 40
    places = np.arange(np.floor(np.log(low) / step), np.ceil(np.log(high) / step) + 2) - 0.5
    return np.asarray(np.exp(places * step))


def _median(values: pd.Series[float], unit: str, digits: int = 0) -> str:
    low, middle, high = (f"{values.quantile(share):,.{digits}f}" for share in (0.0, 0.5, 1.0))
    return f"{low}{unit}, every work" if low == high else f"median {middle}{unit}, {low} to {high}"


def _counted(axes: Axes) -> None:
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.title.set_fontsize(10)
    theme.quiet(axes)
    axes.grid(visible=False, axis="x")


def _rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """Sizes to the nearest 3 %."""
    step = np.log(1.03)
    rounded = frame.copy()
    for name in frame:
        rounded[name] = np.exp((np.log(frame[name]) / step).round() * step).round()
    return rounded


def _room(frame: pd.DataFrame) -> tuple[float, float]:
    low, high = float(frame.min().min()), float(frame.max().max())
    middle, reach = np.sqrt(low * high), max(np.sqrt(high / low) * 1.15, 1.6)
    return middle / reach, middle * reach


def _guide(axes: Axes, name: str, shape: float, low: float, high: float) -> None:
    """The line of all sizes of one aspect, named where it leaves."""
    axes.plot([low, high], [low / shape, high / shape], ":", color=theme.GREY, linewidth=0.9, zorder=1)
    inset = (high / low) ** 0.03
    x, y = (high / inset, high / inset / shape) if shape >= 1 else (high / inset * shape, high / inset)
    if min(x, y) > low:
        axes.text(
            x,
            y,
            name,
            fontsize=8,
            color=theme.GREY,
            ha="center",
            va="center",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
        )


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers between both: few, but at least two or three."""
    for steps in ((1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 8), tuple(np.arange(1, 10, 0.5))):
        ticks = [step * 10.0**power for power in range(6) for step in steps]
        inside = [tick for tick in ticks if low <= tick <= high]
        if len(inside) >= 4:
            break
    return inside
