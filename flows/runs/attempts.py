"""Pieces of work of which one may fail without ending the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.failures import reason_of
from flows.log import log_step

if TYPE_CHECKING:
    from components.tracking.runs import RunRecord


@dataclass(frozen=True)
class StepFailure:
    """A piece of work that failed.

    Attributes:
        step: what it was, as "train vgg19".
        error: what it failed by; its run in MLflow keeps the traceback.
    """

    step: str
    error: Exception

    @property
    def reason(self) -> str:
        """One sentence for a person, without secrets."""
        return reason_of(self.error)

    @property
    def row(self) -> dict[str, str]:
        """For a table, or JSON."""
        return {"step": self.step, "reason": self.reason}


def attempt_each(
    pieces: Mapping[str, Callable[[], RunRecord]],
) -> tuple[list[RunRecord], list[StepFailure]]:
    """Do every piece, by its name; only an interruption ends them all.

    Returns:
        The runs of those that succeeded, in order, and why the others failed.
    """
    records, failures = [], []
    for step, work in pieces.items():
        try:
            records.append(work())
        except Exception as exc:  # noqa: BLE001 (hours of the others must not be lost by one)
            failure = StepFailure(step, exc)
            log_step(step.split()[0], f"{step} could not be done: {failure.reason}", outcome="failed")
            failures.append(failure)
    return records, failures
