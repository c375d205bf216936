"""How unlike the training works a picture is: the part of its statistics that they do not span.

A picture's statistics (`models.exposed`) are standardised and clipped; what the training works' principal
components leave of them is the score: the residual of ViM (Wang et al. 2022, arXiv:2203.10807). NumPy
alone: serving needs no more.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from components.data.manifest import Split
from components.errors import RegistryError
from components.frozen import Frozen
from components.storage import write_atomically

CLIP = 16.0
"""Standard deviations beyond which a statistic counts no more, so that none decides alone."""

LIKE_TRAINING = "The picture is of the kind that the model learnt from."
UNLIKE_TRAINING = (
    "The picture is unlike anything the model learnt from: some label is always the most probable, but here "
    "neither labels nor probabilities can be believed."
)

Floats = NDArray[np.float32]


class NoveltyLimit(Frozen):
    """From where on a release calls a picture unlike its training works; the card's part of `Novelty`."""

    threshold: float = Field(gt=0, description="95 % of the works it was chosen on score at most this")
    chosen_on: Split = Field(
        default=Split.VALIDATION, description="the works that the threshold was chosen on"
    )
    false_alarms: float | None = Field(
        default=None, ge=0, le=1, description="share of the judged works above it; none: nothing judges"
    )
    sha256: str = Field(description="of the file novelty.npz")

    def as_metrics(self) -> dict[str, float]:
        """Figures of the run: "novelty/threshold", and "test/false_alarms" where works judge."""
        alarms = {} if self.false_alarms is None else {"test/false_alarms": self.false_alarms}
        return {"novelty/threshold": self.threshold} | alarms


@dataclass(frozen=True)
class NoveltyScore:
    """One picture's score, in the release's own units, and the threshold that it is held against."""

    score: float
    threshold: float

    @property
    def unlike_training(self) -> bool:
        """The score is above the threshold."""
        return self.score > self.threshold

    @property
    def message(self) -> str:
        """What that means, in whole sentences."""
        return UNLIKE_TRAINING if self.unlike_training else LIKE_TRAINING

    def as_row(self) -> dict[str, Any]:
        """All of it, as JSON and the API show it."""
        return {
            "score": round(self.score, 4),
            "threshold": round(self.threshold, 4),
            "unlike_training": self.unlike_training,
            "message": self.message,
        }


@dataclass(frozen=True, eq=False)
class Novelty:
    """What the training works' statistics are like.

    Attributes:
        mean: (D,) of each statistic over the training works.
        deviation: (D,) the same, standard deviations, above 0.
        axes: (D, K) principal components of the standardised works, orthonormal.
        unit: the training works' root mean square residual, so that they score about 1.
        threshold: scores above it are unlike the training works.
    """

    mean: Floats
    deviation: Floats
    axes: Floats
    unit: float
    threshold: float

    @property
    def width(self) -> int:
        """How many statistics there are, D."""
        return len(self.mean)

    def scores(self, statistics: Floats) -> Floats:
        """(N, D) -> (N,): 1 is the training works' root mean square; larger is less like them."""
        standard = standardised(statistics, self.mean, self.deviation)
        # Not `@`: BLAS shares even one picture's 0.1 ms out among threads, and waits for them, which took
        # 50 ms on a machine whose cores were busy.
        inside = np.einsum("nd,dk->nk", standard, self.axes)
        squares = np.square(standard).sum(axis=1) - np.square(inside).sum(axis=1)
        residuals: Floats = np.sqrt(np.maximum(squares, 0)) / np.float32(self.unit)
        return residuals

    def judge(self, statistics: Floats) -> list[NoveltyScore]:
        """(N, D) -> a score for each picture."""
        return [NoveltyScore(float(score), self.threshold) for score in self.scores(statistics)]

    def save(self, path: Path, chosen_on: Split, false_alarms: float | None) -> NoveltyLimit:
        """Write the file `path` (.npz); the card's part of it."""
        file = io.BytesIO()
        np.savez_compressed(
            file,
            mean=self.mean,
            deviation=self.deviation,
            axes=self.axes,  # half the precision would move small residuals by a tenth
            unit=np.float64(self.unit),
        )
        data = file.getvalue()
        write_atomically(path, data)
        return NoveltyLimit(
            threshold=self.threshold,
            chosen_on=chosen_on,
            false_alarms=false_alarms,
            sha256=hashlib.sha256(data).hexdigest(),
        )

    @classmethod
    def load(cls, path: Path, limit: NoveltyLimit) -> Novelty:
        """Read what `save` wrote.

        Raises:
            RegistryError: the file cannot be read, or is not the one that the card names.
        """
        try:
            return _read(path.read_bytes(), limit)
        except (OSError, ValueError, KeyError, BadZipFile) as exc:
            raise RegistryError(
                f"{path}: what the training works are like cannot be read ({exc}). Register the run again: "
                "`atelier promote`."
            ) from exc


def _read(data: bytes, limit: NoveltyLimit) -> Novelty:
    if hashlib.sha256(data).hexdigest() != limit.sha256:
        raise ValueError("its SHA-256 is not the card's")
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        mean, deviation, axes = (
            np.asarray(arrays[name], np.float32) for name in ("mean", "deviation", "axes")
        )
        return Novelty(mean, deviation, axes, float(arrays["unit"]), limit.threshold)


def standardised(statistics: Floats, mean: Floats, deviation: Floats) -> Floats:
    """(N, D) in standard deviations of the training works, at most CLIP."""
    standard: Floats = np.clip((statistics - mean) / deviation, -CLIP, CLIP).astype(np.float32, copy=False)
    return standard
