"""The mistakes a classifier is surest of, as pictures (study C7)."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from components import theme
from components.errors import DataError
from components.evaluation.answers import Numbers, checked
from components.theme import BLACK, GREY

_COLUMNS = 4
_CHARACTERS = 25
"""Of a line below a picture."""


def mistakes(truth: Numbers, probabilities: NDArray[np.floating], most: int = 12) -> NDArray[np.intp]:
    """Places of the wrong answers, the surest first; of equally sure ones in their order.

    Args:
        truth: (N,) class numbers.
        probabilities: (N, C).
        most: at most so many.
    """
    predicted, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = np.flatnonzero(predicted != truth)
    return np.asarray(wrong[np.argsort(-sure[wrong], kind="stable")][:most])


def misclassified(  # noqa: PLR0913 (two of them are named options)
    images: NDArray[np.uint8],
    truth: Numbers,
    probabilities: NDArray[np.floating],
    class_names: Sequence[str],
    *,
    most: int = 12,
    title: str = "Mistakes it is surest of",
) -> Figure:
    """Pictures with what each is and what it was taken for, and the probability of both.

    Args:
        images: (N, H, W, 3) uint8, may be memory-mapped: only those shown are read.
        truth: (N,) class numbers, places in class_names.
        probabilities: (N, C), each row summing to 1.
        class_names: C of them.
        most: how many pictures at most.
        title: of the figure.

    Raises:
        DataError: as `answers.checked`; or images that are no uint8 pictures, or not N.
    """
    truth, probabilities = checked(truth, probabilities, class_names)
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[0::3] != (len(truth), 3):
        raise DataError(
            f"expected {len(truth)} pictures (N, H, W, 3) of uint8; received {images.shape} of "
            f"{images.dtype}."
        )
    places = mistakes(truth, probabilities, most)
    wrong = int((probabilities.argmax(axis=1) != truth).sum())
    heading = f"{title}\n{wrong} of {len(truth)} works are taken for another class"
    if not len(places):
        return _none(heading)
    heading += "\nabove each what it was taken for, below what it is,\nwith the probabilities given to them"
    rows = -(-len(places) // _COLUMNS)
    columns = min(_COLUMNS, len(places))
    figure = theme.figure(max(2.7 * columns, 5.4), 3.3 * rows + 1.1)
    figure.suptitle(heading, fontsize=11)
    for axes in figure.subplots(rows, columns, squeeze=False).flat[len(places) :]:
        axes.set_visible(False)
    for axes, place in zip(figure.axes, places, strict=False):
        axes.imshow(images[place], interpolation="nearest" if images.shape[1] < 64 else "antialiased")
        _caption(axes, int(truth[place]), probabilities[place], class_names)
    return figure


def _caption(axes: Axes, truth: int, distribution: NDArray[np.float64], class_names: Sequence[str]) -> None:
    predicted = int(distribution.argmax())
    axes.set(xticks=[], yticks=[], anchor="W")  # text begins at the left and needs the column's width
    axes.spines[:].set(color=GREY, linewidth=0.7)
    answer, true = (
        f"{_percent(distribution[predicted])}: {class_names[predicted]}",
        f"is {class_names[truth]}",
    )
    axes.set_title(_lines(answer), fontsize=9.5, fontweight="bold", color=BLACK, loc="left")
    axes.set_xlabel(
        _lines(true, f" ({_percent(distribution[truth])})"), fontsize=9.5, color=BLACK, loc="left"
    )


def _lines(text: str, end: str = "") -> str:
    """At most two lines; `end` is never cut off."""
    room = 2 * _CHARACTERS - len(end) - 4
    if len(text) > room:
        text = text[:room].rstrip() + "…"
    return theme.plain("\n".join(textwrap.wrap(text + end, _CHARACTERS)))


def _percent(share: float) -> str:
    return "under 1%" if share < 0.005 else f"{share:.0%}"


def _none(heading: str) -> Figure:
    figure = theme.figure(5.4, 2.2)
    figure.suptitle(heading, fontsize=12)
    axes = figure.subplots()
    axes.set_axis_off()
    axes.text(0.5, 0.5, "no mistake", ha="center", va="center", color=GREY, fontsize=14)
    return figure
