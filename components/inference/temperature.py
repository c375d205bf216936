"""Temperature: a release's probabilities made as sure as the share of right answers (Guo et al. 2017)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from components.data.manifest import Split
from components.errors import DataError
from components.frozen import Frozen

SMALLEST = float(np.finfo(np.float32).tiny)
"""What a softmax in single precision gives at least, where it gives not nought."""


class Temperature(Frozen):
    """What a release divides its logits by, and what that did for its probabilities."""

    value: float = Field(gt=0, description="above 1: the network was too sure of itself")
    fitted_on: Split = Field(default=Split.VALIDATION, description="the works that it was chosen on")
    ece_before: float | None = Field(
        default=None, ge=0, le=1, description="expected calibration error without it, on the judged works"
    )
    ece_after: float | None = Field(default=None, ge=0, le=1, description="the same with it")


def scaled(probabilities: NDArray[np.floating], temperature: float) -> NDArray[np.float64]:
    """Probabilities (N, C) as the softmax would have given them with its logits divided by `temperature`.

    A softmax's output says its logits but for a constant, which the softmax does not see: their
    logarithms serve. The likeliest class stays the likeliest.

    Raises:
        DataError: a temperature that is not above 0.
    """
    if not temperature > 0:
        raise DataError(f"expected a temperature above 0; received {temperature}.")
    logits = logits_of(probabilities) / temperature
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    divided: NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
    return divided


def calibrated(probabilities: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """As `scaled`, in single precision; the class that was first of each row is first still.

    Two probabilities that differ in their last digit only may become equal once they are rounded: the first
    of them is then raised by one step.
    """
    divided = scaled(probabilities, temperature).astype(np.float32)
    first = probabilities.argmax(axis=1)
    rows = np.flatnonzero(divided.argmax(axis=1) != first)
    divided[rows, first[rows]] = np.nextafter(divided[rows].max(axis=1), np.float32(2))
    return divided


def logits_of(probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    """The logarithms of probabilities (N, C): a softmax's logits but for a constant in each row."""
    logits: NDArray[np.float64] = np.log(np.maximum(np.asarray(probabilities, np.float64), SMALLEST))
    return logits
