"""Sheets of pictures: a class's works, near-duplicates side by side, what was set aside, extremes, greys."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

from components import theme
from components.data.explore.tiles import Sheet, Tile, named, shortened, small, wall
from components.data.manifest import UNREADABLE, Manifest, Rejected

if TYPE_CHECKING:
    import pandas as pd

PAIRS = 12
"""Pairs a sheet."""
_PER_CLASS, _COLUMNS = 24, 8
_SET_ASIDE = 32
_TIE = ("path_a", "path_b", "kind", "similarity", "mirrored")
_EQUAL = {"bytes": "the same file", "pixels": "the same picture"}
_EXTREMES = {
    "darkest": ("brightness", True),
    "brightest": ("brightness", False),
    "flattest": ("contrast", True),
    "most contrast": ("contrast", False),
    "softest": ("sharpness", True),
    "sharpest": ("sharpness", False),
}


def contact(manifest: Manifest, label: str, seed: int) -> Figure:
    """Some works of a class, drawn by the seed, under their files' names."""
    rows = manifest.a_row_a_label() if label else manifest.frame
    works = rows[rows["label"] == label]
    chosen = works.sample(min(_PER_CLASS, len(works)), random_state=seed).sort_values("path")
    tiles = [
        Tile(pixels, (named(path),))
        for path, pixels in zip(chosen["path"], _pictures(manifest, chosen), strict=True)
    ]
    return wall(tiles, _COLUMNS, f"{label}: {len(tiles)} of {len(works):,} works", inches=1.3)


def duplicates(manifest: Manifest, pairs: pd.DataFrame, title: str) -> Figure:
    """Pairs side by side, with what ties them; red where both carry different labels.

    Args:
        manifest: the works.
        pairs: rows of `duplicates.pairs`.
        title: above them.
    """
    labels = dict(zip(manifest.frame["path"], manifest.frame["label"], strict=True))
    ties = list(zip(*(pairs[name].tolist() for name in _TIE), strict=True))
    pictures = small([manifest.root / path for tie in ties for path in tie[:2]])
    inches, columns = 1.3, min(3, max(2, len(ties)))
    across, down = 2 * inches + 0.4, inches + 0.62
    sheet = Sheet(columns * across + 0.1, -(-len(ties) // columns) * down + 0.1, title)
    for number, (first, second, kind, alike, mirrored) in enumerate(ties):
        line, column = divmod(number, columns)
        left, top = 0.1 + column * across, 0.3 + line * down
        text = _EQUAL.get(kind) or f"alike by {alike:.2f}{', mirrored' if mirrored else ''}"
        differ = labels[first] != labels[second]
        note = f"{text}; {labels[first]} / {labels[second]}" if differ else text
        colour = theme.RED if differ else theme.BLACK
        sheet.write(left, top - 0.05, shortened(note, 46), fontsize=8, color=colour)
        for side, path in enumerate((first, second)):
            tile = Tile(pictures[2 * number + side], (named(path),), marked=differ)
            sheet.show(tile, (left + side * (inches + 0.08), top), inches)
    return sheet.figure()


def set_aside(manifest: Manifest, rejected: Sequence[Rejected]) -> Figure:
    """Pictures that were left out, one of each kind after the other, with the reason.

    What cannot be read is not tried again: it may be what crashed its decoder.
    """
    turns: Counter[str] = Counter()
    order = []
    for line in rejected:
        order.append((turns[line.kind], line))
        turns[line.kind] += 1
    chosen = [line for _, line in sorted(order, key=lambda pair: pair[0])[:_SET_ASIDE]]
    readable = [line for line in chosen if line.kind != UNREADABLE]
    pictures = dict(zip(readable, small([manifest.root / line.path for line in readable]), strict=True))
    tiles = [Tile(pictures.get(line), (named(line.path), *_wrapped(_reason(line), 26))) for line in chosen]
    return wall(tiles, 6, f"Set aside: {len(chosen)} of {len(rejected):,}", inches=1.6)


def extremes(manifest: Manifest) -> Figure:
    """The works at either end of what was measured: where a limit would cut next."""
    columns, inches = 6, 1.3
    across, down = inches + 0.1, inches + 0.48
    sheet = Sheet(columns * across + 0.1, len(_EXTREMES) * down + 0.1, "At the ends of what was measured")
    for row, (name, (column, ascending)) in enumerate(_EXTREMES.items()):
        chosen = manifest.frame.sort_values([column, "path"], ascending=[ascending, True]).head(columns)
        top = 0.3 + row * down
        sheet.write(0.1, top - 0.06, name, fontsize=9, weight="bold")
        measured = zip(chosen["path"], chosen[column], _pictures(manifest, chosen), strict=True)
        for place, (path, value, pixels) in enumerate(measured):
            words = f"{value:.3f} {named(path)}"
            sheet.show(Tile(pixels, (words,)), (0.1 + place * across, top), inches)
    return sheet.figure()


def intensity(manifest: Manifest) -> Figure:
    """Works in grey beside how often each grey level stands in them (study B9): dark, middling, light."""
    ordered = manifest.frame.sort_values(["brightness", "path"])
    places = sorted({int(share * (len(ordered) - 1)) for share in (0.1, 0.5, 0.9)})
    chosen = ordered.iloc[places]
    figure = theme.figure(8.5, 2.5 * len(chosen))
    rows = figure.subplots(len(chosen), 2, width_ratios=(1, 2.2), squeeze=False)
    for (left, right), path, pixels in zip(
        rows, chosen["path"], small([manifest.root / path for path in chosen["path"]], 400), strict=True
    ):
        left.axis("off")
        left.set_title(theme.plain(shortened(named(path), 34)), fontsize=8.5)
        theme.quiet(right)
        if pixels is None:
            right.text(0.5, 0.5, "no picture", transform=right.transAxes, ha="center")
            continue
        grey = np.asarray(Image.fromarray(pixels).convert("L"))
        left.imshow(grey, cmap="gray", vmin=0, vmax=255)
        right.hist(
            grey.ravel(),
            bins=64,
            range=(0, 256),
            histtype="stepfilled",
            color=theme.GREY,
            weights=np.full(grey.size, 100 / grey.size),
        )
        right.axvline(grey.mean(), color=theme.RED, linestyle="--", linewidth=1.2)
        right.set(xlim=(0, 255), ylabel="% of pixels", xlabel="grey level (0 black, 255 white)")
        right.set_title(f"mean {grey.mean():.0f} (red), standard deviation {grey.std():.0f}", fontsize=9)
        right.xaxis.set_major_locator(MaxNLocator(6))
    return figure


def _pictures(manifest: Manifest, rows: pd.DataFrame) -> list[np.ndarray | None]:
    return list(small([manifest.root / path for path in rows["path"]]))


def _reason(rejected: Rejected) -> str:
    if rejected.reason.startswith(rejected.kind):
        return rejected.reason
    return f"{rejected.kind}: {rejected.reason}"


def _wrapped(text: str, width: int, lines: int = 3) -> list[str]:
    return textwrap.wrap(text, width, max_lines=lines, placeholder=" …")
