"""Calibration: whether a probability can be believed, and the temperature that corrects most of the error.

Guo, Pleiss, Sun & Weinberger 2017, "On Calibration of Modern Neural Networks", arXiv:1706.04599.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.errors import DataError
from components.evaluation.answers import Floats, Numbers, checked, of_truth
from components.inference.temperature import logits_of, scaled

BINS = 15
"""As in Guo et al."""
LOWEST, HIGHEST = 0.05, 100.0
"""Temperatures within which the best is sought: where every answer is right, none is low enough."""


@dataclass(frozen=True)
class Calibration:
    """A temperature and what it does to the works it was fitted on.

    Attributes:
        temperature: logits are divided by it: above 1 the network was too sure of itself.
        ece_before: expected calibration error of the probabilities as they came, 0..1.
        ece_after: the same once divided.
        log_loss_before: in nats; as is log_loss_after, which is never higher.
        log_loss_after: what the temperature was chosen by.
    """

    temperature: float
    ece_before: float
    ece_after: float
    log_loss_before: float
    log_loss_after: float


@dataclass(frozen=True, eq=False)
class Bins:
    """Works by how sure their answer is, the empty bins left out; all (bins,), the least sure first.

    Attributes:
        low: lower edge of the bin, probability; high: its upper edge.
        works: how many fell into it.
        confidence: their mean probability of the predicted class.
        accuracy: the share of them that is right.
    """

    low: Floats
    high: Floats
    works: NDArray[np.int64]
    confidence: Floats
    accuracy: Floats

    @property
    def error(self) -> float:
        """Mean distance of accuracy and confidence, weighted by works: the ECE of these bins."""
        return float(np.abs(self.accuracy - self.confidence) @ self.works / self.works.sum())


def binned(
    truth: Numbers,
    probabilities: NDArray[np.floating],
    *,
    bins: int = BINS,
) -> Bins:
    """Sort works by the probability of their predicted class.

    Args:
        truth: (N,) class numbers.
        probabilities: (N, C), each row summing to 1.
        bins: how many, of equal width, as published.

    Raises:
        DataError: no distributions, or no bin.
    """
    truth, probabilities = checked(truth, probabilities, range_names(probabilities))
    if bins < 1:
        raise DataError(f"expected at least 1 bin; received {bins}.")
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    edges = np.arange(bins + 1) / bins
    place = np.searchsorted(edges[1:-1], sure, side="left")  # a bin holds its upper edge
    works = np.bincount(place, minlength=bins)
    kept = works > 0
    return Bins(
        low=edges[:-1][kept],
        high=edges[1:][kept],
        works=works[kept],
        confidence=np.bincount(place, sure, bins)[kept] / works[kept],
        accuracy=np.bincount(place, right, bins)[kept] / works[kept],
    )


def expected_calibration_error(
    truth: Numbers,
    probabilities: NDArray[np.floating],
    *,
    bins: int = BINS,
) -> float:
    """ECE, 0..1: by how much the probability of an answer and the share of right answers differ.

    The house's figure is Guo's own, 15 bins of equal width, so that it stands beside published ones; of
    few works it is also less noisy than with bins of equal mass (200 works with exact probabilities show
    .08 and .10). It is never near 0 with few works: `chance_error` says how near it can be.

    Args and errors as of `binned`.
    """
    return binned(truth, probabilities, bins=bins).error


def chance_error(
    probabilities: NDArray[np.floating],
    *,
    bins: int = BINS,
    draws: int = 200,
    seed: int = 0,
) -> float:
    """The ECE that these probabilities would show, on average, if they were exactly right.

    The truth is drawn from the probabilities themselves, `draws` times; what is left is the noise of so
    few works, which an ECE has to be read against.

    Args and errors as of `binned`; probabilities (N, C).
    """
    probabilities = np.asarray(probabilities, np.float64)
    held = binned(probabilities.argmax(axis=1), probabilities, bins=bins)
    sure = np.sort(probabilities.max(axis=1))  # bins are intervals, so the sorted works lie bin by bin
    starts = np.concatenate([[0], np.cumsum(held.works)[:-1]])
    rng = np.random.default_rng(seed)
    errors = [
        np.abs(np.add.reduceat((rng.random(len(sure)) < sure) - sure, starts)).sum() / len(sure)
        for _ in range(draws)
    ]
    return float(np.mean(errors))


def fitted(truth: Numbers, probabilities: NDArray[np.floating]) -> Calibration:
    """The temperature of least log-loss. Fit it on validation works, never on those it is judged by.

    The log-loss has one minimum only (it is convex in 1/T), sought on a logarithmic scale within
    `LOWEST` to `HIGHEST`. Validation works also chose the epoch, so their probabilities are a little
    better than those of new works, and the temperature is rather too low than too high.

    Args:
        truth: (N,) class numbers.
        probabilities: (N, C), each row summing to 1.

    Raises:
        DataError: no distributions.
    """
    from scipy.optimize import minimize_scalar

    truth, probabilities = checked(truth, probabilities, range_names(probabilities))
    logits = logits_of(probabilities)
    minimum = minimize_scalar(
        lambda log_temperature: _log_loss(truth, logits * np.exp(-log_temperature)),
        bounds=(np.log(LOWEST), np.log(HIGHEST)),
        method="bounded",
        options={"xatol": 1e-4},
    )
    before, after = _log_loss(truth, logits), float(minimum.fun)
    temperature = float(np.exp(minimum.x)) if after < before else 1.0
    return Calibration(
        temperature=temperature,
        ece_before=expected_calibration_error(truth, probabilities),
        ece_after=expected_calibration_error(truth, scaled(probabilities, temperature)),
        log_loss_before=before,
        log_loss_after=min(after, before),
    )


def range_names(probabilities: NDArray[np.floating]) -> Sequence[str]:
    """Numbers for names, where no names are shown."""
    columns = np.shape(probabilities)[1] if np.ndim(probabilities) == 2 else 0
    return [str(number) for number in range(columns)]


def _log_loss(truth: Numbers, logits: Floats) -> float:
    """Mean negative log-likelihood of the truth, nats."""
    highest = logits.max(axis=1)
    total = highest + np.log(np.exp(logits - highest[:, np.newaxis]).sum(axis=1))
    return float((total - of_truth(truth, logits)).mean())
