"""How a row of a study ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from components.data.manifest import Manifest
    from components.studies.study import Row
    from components.studies.weights import WeightsUsed
    from components.tracking.runs import RunRecord


@dataclass(frozen=True)
class RowDone:
    """A row that was done.

    Attributes:
        row: of the study.
        record: its run.
        manifest: the data version it learnt from or shows.
        weights: which weights it had; None where they are not to be spoken of.
        note: what else is to be said beside the figures.
        other: the run that judged its network on another collection; None where none did.
        seconds: what it took, where its run does not say: of a search with all its trials.
    """

    row: Row
    record: RunRecord
    manifest: Manifest
    weights: WeightsUsed | None = None
    note: str = ""
    seconds: float | None = None
    other: RunRecord | None = None


@dataclass(frozen=True)
class RowFailed:
    """A row that could not be done.

    Attributes:
        row: of the study.
        reason: why, in one line; the study's run keeps the traceback.
    """

    row: Row
    reason: str


RowResult = RowDone | RowFailed
