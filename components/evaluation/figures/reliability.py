"""The reliability diagram: how often an answer is right, given how sure it was."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from components import theme
from components.evaluation.answers import Floats, Numbers
from components.evaluation.calibration import Bins, binned, chance_error
from components.inference.temperature import scaled
from components.theme import BLACK, BLUE, GREY, ORANGE

_BINS = 10
"""As many as can be told apart; the figure above the diagram is of `calibration.BINS`."""
_Z = 1.96


def diagram(
    truth: Numbers,
    probabilities: NDArray[np.floating],
    temperature: float | None = None,
    title: str = "Reliability",
) -> Figure:
    """Accuracy by confidence with 95 % Wilson intervals, before and after scaling; below, how many works.

    On the diagonal a probability means what it says; below it the model is too sure of itself
    (DeGroot & Fienberg 1983; Guo et al. 2017, arXiv:1706.04599).

    Args:
        truth: (N,) class numbers.
        probabilities: (N, C), each row summing to 1.
        temperature: also show the probabilities scaled by it; fitted on other works (`calibration.fitted`).
        title: of the figure.

    Raises:
        DataError: as `calibration.binned`.
    """
    shown = [("as it is", np.asarray(probabilities, np.float64), BLUE, "o-", -0.006)]
    if temperature is not None:
        label = f"with temperature {temperature:.2f}"
        shown.append((label, scaled(probabilities, temperature), ORANGE, "s--", 0.006))
    figure = theme.figure(6.2, 6.6)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3.2, 1])
    _ground(upper)
    errors = []
    for label, answers, colour, style, aside in shown:
        errors.append(f"calibration error {label}: {binned(truth, answers).error:.3f}")
        sorted_ = binned(truth, answers, bins=_BINS)
        _points(upper, sorted_, label, (colour, style, aside))
        _works(lower, sorted_, colour, filled=style == "o-")
    chance = chance_error(shown[-1][1])
    errors.append(f"exact probabilities would show about {chance:.3f} on so few works ({len(truth)})")
    upper.set(ylabel="share of answers that are right", ylim=(0, 1), xlim=(0, 1))
    upper.set_title(title + "\n" + "\n".join(errors), fontsize=10.5, loc="left")
    figure.legend(*upper.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    lower.set(xlabel="probability of the answer given", ylabel="works")
    lower.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    lower.xaxis.set_major_formatter(PercentFormatter(1))
    upper.yaxis.set_major_formatter(PercentFormatter(1))
    for axes in (upper, lower):
        theme.quiet(axes)
    return figure


def _ground(axes: Axes) -> None:
    """The diagonal, and what lies on its sides."""
    axes.plot([0, 1], [0, 1], color=BLACK, linewidth=1, linestyle=":", label="as sure as right")
    axes.fill_between([0, 1], [0, 1], 0, color=GREY, alpha=0.10, linewidth=0)
    axes.text(0.97, 0.05, "too sure", ha="right", color=GREY, fontsize=10)
    axes.text(0.03, 0.91, "not sure enough", color=GREY, fontsize=10)


def _points(axes: Axes, sorted_: Bins, label: str, look: tuple[str, str, float]) -> None:
    colour, style, aside = look
    low, high = _wilson(sorted_)
    whiskers = np.abs([sorted_.accuracy - low, high - sorted_.accuracy])
    axes.errorbar(
        sorted_.confidence + aside,
        sorted_.accuracy,
        yerr=whiskers,
        fmt=style,
        color=colour,
        ecolor=colour,
        elinewidth=1,
        capsize=2.5,
        markersize=6,
        label=label,
        clip_on=False,
        zorder=3,
    )


def _works(axes: Axes, sorted_: Bins, colour: str, *, filled: bool) -> None:
    widths = sorted_.high - sorted_.low
    bars = axes.bar(sorted_.low, sorted_.works, width=widths, align="edge", edgecolor=colour)
    for bar in bars:
        bar.set(facecolor=(colour, 0.45) if filled else "none", hatch=None if filled else "///")


def _wilson(sorted_: Bins) -> tuple[Floats, Floats]:
    """95 % interval of each bin's accuracy (Wilson 1927)."""
    share, works = sorted_.accuracy, sorted_.works
    middle = (share + _Z**2 / (2 * works)) / (1 + _Z**2 / works)
    half = _Z / (1 + _Z**2 / works) * np.sqrt(share * (1 - share) / works + _Z**2 / (4 * works**2))
    low: Floats = np.clip(middle - half, 0, share)
    high: Floats = np.clip(middle + half, share, 1)
    return low, high
