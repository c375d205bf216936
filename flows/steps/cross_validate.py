"""A recipe on every fold: each work is tested once, by a network that never saw it (study B10)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from components.data.manifest import Split
from components.data.splits.protocols import FEWEST_FOLDS
from components.data.splits.refit import Refit
from components.errors import DataError, TrainingError
from components.evaluation import folds as summaries
from components.evaluation import tables
from components.evaluation.answers import WorkAnswer, logged_answers
from components.evaluation.figures.confusion_matrix import confusion_matrix
from components.evaluation.published import scores_of
from components.storage import key_of
from components.tracking import tags as run_tag
from components.tracking.runs import Tracker
from flows.log import log_step
from flows.runs.cached_run import find_or_run
from flows.steps import ingest
from flows.steps.train import run_training, training_job

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.data.manifest import Manifest
    from components.evaluation.metrics import Scores
    from components.settings import Settings
    from components.tracking.recorder import Run
    from components.tracking.runs import RunRecord
    from flows.plan import Plan
    from flows.steps.train import TrainingJob

METHOD = 1
"""Counted up when the same folds would now give another table."""

KIND, FOLD = "cross-validation", "fold"
"""What its run and those of its folds are tagged as: no network of theirs is to be promoted, for each was
taught works that others are judged by."""

TABLE = "tables/folds.json"


def cross_validate(
    family: str,
    manifest: Manifest,
    plan: Plan,
    folds: int,
    settings: Settings,
    *,
    of: str = "",
) -> RunRecord:
    """`run_cross_validation`, of a family's recipe at the plan's scale.

    Args:
        family: in the catalogue.
        manifest: selected works, before any split.
        plan: says task, scale, weights and seed; its protocol is left aside.
        folds: how many; 2 to 20.
        settings: where everything lies.
        of: which works, for the run's name and as `folds_of`; "": all.
    """
    job = training_job(family, manifest, plan, f"{folds} folds{of and f' of {of}'}")
    return run_cross_validation(job, folds_of(manifest, plan, folds, settings, of=of), settings)


def without_test_works(manifest: Manifest, plan: Plan, settings: Settings) -> Manifest:
    """The works that the plan's protocol trains and validates on: what a recipe may be chosen by.

    Folds of every work would let the test works take part in the choice, and no work would be left to judge
    the recipe that was chosen.

    Args:
        manifest: selected works, before any split.
        plan: its protocol has test works.
        settings: where splits are kept.

    Raises:
        TrainingError: the protocol has no test works.
    """
    parts = ingest.split(manifest, plan, settings)
    if parts.judged_on is not Split.TEST:
        raise TrainingError(
            f"The protocol {plan.protocol} has no test works to keep out of the folds. Leave out "
            f"--training-only, or take a protocol with a test part (--protocol)."
        )
    kept = Refit.VALIDATION.learnt(parts).unsplit()
    step = f"select the training and validation works of {plan.protocol}, seed {plan.seed}"
    return manifest.derived(kept.frame, step)


def folds_of(
    manifest: Manifest, plan: Plan, folds: int, settings: Settings, *, of: str = ""
) -> list[Manifest]:
    """The works under each fold of so many, each past the gate and kept.

    Args:
        manifest: selected works, before any split.
        plan: gives the seed.
        folds: how many.
        settings: where splits are kept.
        of: which works these are, where they are not all: they have folds of their own; "": all.

    Raises:
        SettingsError: no such number of folds.
        DataError: a class with fewer than two different works for each fold.
        ValidationFailed: the gate does not let one pass.
    """
    plans = [plan.replace(protocol=f"{folds}-fold:{number}") for number in range(1, folds + 1)]
    parts = [ingest.split(manifest, fold_plan, settings, of=of) for fold_plan in plans]
    for part, fold_plan in zip(parts, plans, strict=True):
        ingest.validate(part, fold_plan, settings)
    return parts


def run_cross_validation(job: TrainingJob, folds: Sequence[Manifest], settings: Settings) -> RunRecord:
    """Train a job's recipe on every fold; mean, spread and the score of all works together, as one run.

    Its metrics: "folds/macro_f1_mean" and "_sd" (and so on); "test/macro_f1" with its interval is that of
    every work by the network that did not see it, and its table of test works has them all. The folds are
    runs below it in an experiment of their own, apart from the networks that may be promoted: each fold's
    was taught works that others are judged by.

    Args:
        job: its manifest is the works before any split; its name is the whole's.
        folds: the works under each fold, as `folds_of` makes them.
        settings: where runs lie.

    Raises:
        DataError: fewer than two folds.
        TrainingError: the recipe cannot be carried out.
    """
    if len(folds) < FEWEST_FOLDS:
        raise DataError(f"Cross-validation wants at least {FEWEST_FOLDS} folds, received {len(folds)}.")
    record, cached = find_or_run(
        settings,
        experiment=job.experiment,
        name=job.name,
        key=key_of(KIND, METHOD, job.recipe.key, [fold.fingerprint for fold in folds]),
        tags=dict(job.tags) | {run_tag.KIND: KIND, run_tag.FAMILY: job.recipe.family},
        work=lambda run: _run(job, folds, settings, run),
        parent=job.parent,
    )
    mean, deviation = (record.metrics[f"folds/macro_f1_{name}"] for name in ("mean", "sd"))
    log_step("folds", f"{job.name}: macro-F1 {mean:.3f} ± {deviation:.3f} over {len(folds)}", cached=cached)
    return record


def _run(job: TrainingJob, folds: Sequence[Manifest], settings: Settings, run: Run) -> None:
    run.params(job.recipe.model_dump(mode="json") | {"folds": len(folds)})
    run.dataset(job.manifest, "cross-validation")
    records = [_fold(job, number, fold, settings, run.id) for number, fold in enumerate(folds, start=1)]
    metrics = [record.metrics for record in records]
    run.metrics(summaries.summary(metrics))
    run.metrics({"training_seconds": sum(figures["training_seconds"] for figures in metrics)})
    run.metrics({"parameters": metrics[0]["parameters"]})
    pooled = None
    if not job.recipe.multi_label:
        works, pooled = _together(records, folds[0], settings)
        run.table("tables/test_works.json", works)
        run.metrics(_known(pooled))
        run.figure("figures/confusion_matrix.png", confusion_matrix(pooled))
        run.table("tables/per_class.json", tables.per_class(pooled))
    run.table(TABLE, summaries.rows(metrics, [len(fold.held_out) for fold in folds], pooled))


def _fold(job: TrainingJob, number: int, works: Manifest, settings: Settings, parent: str) -> RunRecord:
    tags = {run_tag.KIND: FOLD, run_tag.DATA_VERSION: works.fingerprint, run_tag.FOLD: str(number)}
    own = replace(
        job,
        manifest=works,
        experiment=f"{job.experiment} · folds",
        name=f"{job.name}, fold {number}",
        tags=dict(job.tags) | tags,
        parent=parent,
    )
    return run_training(own, settings)


def _together(
    records: Sequence[RunRecord], works: Manifest, settings: Settings
) -> tuple[list[WorkAnswer], Scores]:
    """Every work's answer by the fold that it was tested in, and their scores."""
    tracker = Tracker(settings)
    logged = [logged_answers(tracker.artifact(record.id, "tables/test_works.json")) for record in records]
    rows = [row for table in logged for row in table]
    return rows, scores_of(rows, works.class_names)


def _known(pooled: Scores) -> dict[str, float]:
    """Those figures that the tables of answers hold whole: whatever goes by the predicted class."""
    points = ("macro_f1", "weighted_f1", "accuracy", "balanced_accuracy")
    intervals = tuple(f"{name}_{end}" for name in ("macro_f1", "accuracy") for end in ("low", "high"))
    names = {f"test/{name}" for name in (*points, *intervals, "different_works")}
    return {name: value for name, value in pooled.as_metrics("test").items() if name in names}
