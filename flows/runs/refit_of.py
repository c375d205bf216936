"""What a refit stands on: the run that was judged, and how the recipe did in cross-validation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.data.splits.refit import Refit
from components.tracking import tags as run_tag
from components.tracking.run_record import JUDGED_RUN

if TYPE_CHECKING:
    from components.inference.release import CrossValidated
    from flows.runs.finished_run import FinishedRun


@dataclass(frozen=True)
class RefitOf:
    """A judged run, to be trained again on more works.

    Attributes:
        judged: the run whose recipe it is, and whose epochs.
        refit: which works are learnt from.
        cross_validated: how the recipe did on folds; None: not asked, or not known.
    """

    judged: FinishedRun
    refit: Refit
    cross_validated: CrossValidated | None = None

    @property
    def keys(self) -> list[str]:
        """What a refit depends on beside its recipe: its works, and the runs that its card names."""
        folds = [self.cross_validated.run_id] if self.cross_validated else []
        return ["refit", self.refit.value, self.judged.record.id, *folds]

    @property
    def tags(self) -> dict[str, str]:
        """What tells the run of the refit from that of an ordinary training."""
        return {run_tag.REFIT: self.refit.value, run_tag.REFIT_OF: self.judged.record.id}

    @property
    def metrics(self) -> dict[str, float]:
        """The judged run's macro-F1, and that of the folds, under names that say so."""
        judged = {
            f"{JUDGED_RUN}{name}": value
            for name, value in self.judged.record.metrics.items()
            if "/macro_f1" in name and name.startswith(("validation/", "test/"))
        }
        folds = self.cross_validated
        if folds is None:
            return judged
        return judged | {
            "folds/count": float(folds.folds),
            "folds/macro_f1_mean": folds.macro_f1_mean,
            "folds/macro_f1_sd": folds.macro_f1_sd,
        }
