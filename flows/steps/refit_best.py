"""Train the best of several runs again, on more works; of an ensemble, each of its members."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flows.steps.ensemble import FAMILY, run_ensembling
from flows.steps.refit import run_refit
from flows.steps.train import training_job

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.data.manifest import Manifest
    from components.settings import Settings
    from components.tracking.runs import RunRecord
    from flows.plan import Plan


def refit_best(runs: Sequence[RunRecord], manifest: Manifest, plan: Plan, settings: Settings) -> RunRecord:
    """The run with the best validation macro-F1, trained again on the works that the plan's refit says.

    Args:
        runs: finished training runs of the plan's families, and perhaps their ensemble; not empty.
        manifest: the split data version that they were trained on.
        plan: its `refit` is validation or all.
        settings: where runs lie.

    Raises:
        TrainingError: no work would be left to judge a refit on the validation works.
    """
    best = max(runs, key=lambda record: record.validation_macro_f1)
    chosen = [best] if best.family != FAMILY else [run for run in runs if run.family != FAMILY]
    refits = [run_refit(run, training_job(run.family, manifest, plan), plan, settings) for run in chosen]
    return refits[0] if len(refits) == 1 else run_ensembling(refits, settings)
