"""Train the recipe that was chosen again, on more works than it was chosen by."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from components.data.manifest import Split
from components.data.splits.refit import Refit
from components.errors import TrainingError
from components.inference.release import CrossValidated
from components.tracking.runs import Tracker
from components.training.refit_recipe import refit_recipe
from flows.runs.finished_run import finished_run
from flows.runs.refit_of import RefitOf
from flows.steps.cross_validate import folds_of, run_cross_validation
from flows.steps.train import run_training

if TYPE_CHECKING:
    from components.data.manifest import Manifest
    from components.settings import Settings
    from components.tracking.runs import RunRecord
    from components.training.result import Epoch
    from flows.plan import Plan
    from flows.steps.train import TrainingJob


def run_refit(judged: RunRecord, job: TrainingJob, plan: Plan, settings: Settings) -> RunRecord:
    """Train a judged run's recipe again with the epochs that it kept, on more works, as one more run.

    On training and validation works, it is judged by the test works. On all works it is judged by nothing:
    its card carries the judged run's figure and that of a cross-validation of the recipe, which is found
    again or done first.

    Args:
        judged: a finished run of `job`.
        job: the training that the judged run is of.
        plan: which works the refit learns from, and how many folds stand beside a refit on all works.
        settings: where runs lie.

    Raises:
        TrainingError: no work would be left to judge a refit on the validation works.
    """
    require_test_works(plan.refit, job.manifest)
    folds = _cross_validated(job, plan, settings) if plan.refit is Refit.ALL else None
    refit_of = RefitOf(finished_run(judged, settings), plan.refit, folds)
    return run_training(refit_job(job, refit_of, settings), settings)


def refit_job(job: TrainingJob, refit_of: RefitOf, settings: Settings) -> TrainingJob:
    """The training that repeats a judged run of `job` on more works."""
    return replace(
        job,
        recipe=refit_recipe(job.recipe, _history(refit_of.judged.record, settings)),
        name=f"{job.name} · refit on {refit_of.refit.works}",
        refit_of=refit_of,
    )


def require_test_works(kind: Refit, manifest: Manifest) -> None:
    """Refuse a refit on the validation works where they are what judges.

    Raises:
        TrainingError: the protocol has no test part.
    """
    if kind is Refit.VALIDATION and manifest.judged_on is not Split.TEST:
        raise TrainingError(
            f"The protocol {manifest.protocol} has no test works, so that none would be left to judge a "
            f"refit on the training and validation works. Take --refit all, or a protocol with a test part."
        )


def _cross_validated(job: TrainingJob, plan: Plan, settings: Settings) -> CrossValidated:
    """How the job's recipe did on folds of all its works; the run is found again if it was done before."""
    works, count = job.manifest.unsplit(), plan.refit_folds
    folds = folds_of(works, plan, count, settings)
    record = run_cross_validation(
        replace(job, manifest=works, name=f"{count} folds · {job.name}"), folds, settings
    )
    metrics = record.metrics
    return CrossValidated(
        folds=count,
        macro_f1_mean=metrics["folds/macro_f1_mean"],
        macro_f1_sd=metrics["folds/macro_f1_sd"],
        macro_f1_low=metrics.get("test/macro_f1_low"),
        macro_f1_high=metrics.get("test/macro_f1_high"),
        run_id=record.id,
    )


def _history(record: RunRecord, settings: Settings) -> list[Epoch]:
    """A run's epochs as its training recorded them."""
    rows: dict[int, Epoch] = {}
    for name, points in Tracker(settings).history(record.id).items():
        if name.startswith("epoch/"):
            for step, value in points:
                rows.setdefault(step, {})[name.removeprefix("epoch/")] = value
    return [rows[step] for step in sorted(rows)]
