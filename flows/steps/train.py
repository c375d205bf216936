"""Train one recipe on a data version; everything it is judged by goes to MLflow."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from components.errors import TrainingError
from components.evaluation.figures.curves import curves
from components.inference.release import KERAS
from components.runtime import prepare
from components.storage import key_of
from components.tracking import tags as run_tag
from components.tracking.runs import Tracker
from components.training.result import Diverged
from flows.log import log_step
from flows.runs.cached_run import find_or_run
from flows.steps.eval_data import eval_data
from flows.steps.evaluate import evaluate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.data.manifest import Manifest
    from components.settings import Settings
    from components.tracking.recorder import Run
    from components.tracking.runs import RunRecord
    from components.training.ensembles.bagging import Resample
    from components.training.recipe import Recipe
    from components.training.result import Fitted
    from flows.plan import Plan

METHOD = 3
"""Counted up when the same recipe on the same data would now give another model: old runs are not reused."""


@dataclass(frozen=True)
class TrainingJob:
    """A recipe to be trained, and the run it becomes.

    Attributes:
        recipe: how.
        manifest: on what: a split data version with a task.
        experiment: MLflow's, as in "style · best-artworks".
        name: the run's.
        tags: on top of the family's; see `tracking.tags`.
        parent: id of the run it is shown below; "" for none.
        resample: which training works it learns from, some of them twice, as a member of a bag; None: all.
    """

    recipe: Recipe
    manifest: Manifest
    experiment: str
    name: str
    tags: Mapping[str, str] = field(default_factory=dict)
    parent: str = ""
    resample: Resample | None = None

    @property
    def key(self) -> str:
        """Of everything that the network depends on."""
        drawn = [self.resample.key] if self.resample else []
        return key_of(
            "training", METHOD, self.manifest.task, self.recipe.key, self.manifest.fingerprint, *drawn
        )


def train(family: str, manifest: Manifest, plan: Plan, settings: Settings) -> RunRecord:
    """Fit, score on validation and test works, draw, export; a finished run of the same key is reused.

    Raises:
        WeightsError: the family needs weights that cannot be had.
        TrainingError: the recipe cannot be carried out, or the loss is no number any more.
    """
    return run_training(training_job(family, manifest, plan), settings)


def training_job(family: str, manifest: Manifest, plan: Plan, purpose: str = "") -> TrainingJob:
    """The training of a family by the plan's recipe on those works.

    Args:
        family: model family.
        manifest: a split data version.
        plan: gives recipe and tags.
        purpose: begins the run's name, as in "bag of 5"; "" for an ordinary training.

    Raises:
        WeightsError: the family needs weights that the plan does not give.
    """
    name = " · ".join(filter(None, (purpose, family, plan.scale)))
    experiment = f"{plan.task} · {manifest.source}"
    return TrainingJob(plan.recipe(family), manifest, experiment, name, plan.tags("training", manifest))


def run_training(job: TrainingJob, settings: Settings) -> RunRecord:
    """The finished run of a job; one of the same recipe on the same data is found, not trained again.

    Raises:
        WeightsError: the family needs weights that cannot be had.
        TrainingError: the recipe cannot be carried out, or the loss is no number any more.
    """
    record, cached = find_or_run(
        settings,
        experiment=job.experiment,
        name=job.name,
        key=job.key,
        tags=dict(job.tags) | {run_tag.FAMILY: job.recipe.family},
        work=lambda run: _train(job, settings, run),
        parent=job.parent,
    )
    score = record.metrics["validation/macro_f1"]
    log_step("train", f"{job.name}: validation macro-F1 {score:.3f} in {record.seconds:.0f} s", cached=cached)
    return record


def _train(job: TrainingJob, settings: Settings, run: Run) -> None:
    recipe, manifest = job.recipe, job.manifest
    prepare(settings, recipe.seed)  # before whatever imports Keras
    from components.devices import hardware
    from components.training.checkpoint.callback import place
    from components.training.checkpoint.store import discard, sweep
    from components.training.fit import fit

    sweep(settings.home / "checkpoints")
    run.params(recipe.model_dump(mode="json"))
    run.tags({f"hardware.{name}": value for name, value in hardware().items()})
    checkpoints = place(run.key, settings)
    run.dataset(manifest)
    run.files(settings.collections / "validation" / manifest.fingerprint, "validation")
    works = eval_data(recipe, manifest, settings)
    data = works.data
    if job.resample:
        run.params({"resample": job.resample.model_dump()})
        data = replace(data, rows=job.resample.rows(works.training_groups, data.train_labels))
    try:
        fitted = fit(
            recipe,
            data,
            settings,
            on_epoch=run.epoch,
            warm_start=warm_start(recipe, settings),
            checkpoints=checkpoints,
        )
    except Diverged as exc:
        raise TrainingError(f"{exc} {_keep(run, exc.kept)}") from exc
    log_curves(run, fitted)
    evaluate(run, fitted.model, recipe, works)
    discard(checkpoints)


def _keep(run: Run, fitted: Fitted | None) -> str:
    """Log what there was before the loss was no number any more; where that is, in words."""
    if fitted is None:
        return ""
    log_curves(run, fitted)
    kept = f"Its epochs and their curves (figures/curves.png) are kept with the run {run.id[:8]} in MLflow"
    if not fitted.best_epoch:
        return f"{kept}."
    from components.models.network_file import save_network

    with tempfile.TemporaryDirectory() as folder:
        save_network(fitted.model, Path(folder) / "best.keras")
        run.files(Path(folder), "diverged")
    return (
        f"{kept}, and so is the network of epoch {fitted.best_epoch}, the best before (diverged/best.keras): "
        f"a recipe can start from it (warm_start)."
    )


def warm_start(recipe: Recipe, settings: Settings) -> Path | None:
    """The network that the recipe starts from, where it names a run; None where it names a file, or none."""
    if recipe.warm_start is None or recipe.warm_start.endswith(".keras"):
        return None
    return Tracker(settings).release(recipe.warm_start) / KERAS


def log_curves(run: Run, fitted: Fitted) -> None:
    """How a fit went, epoch by epoch, and what it cost."""
    run.metrics(
        {
            "training_seconds": fitted.seconds,
            "images_per_second": fitted.images_per_second,
            "best_epoch": float(fitted.best_epoch),
        }
    )
    run.figure("figures/curves.png", curves(fitted.history, fitted.rate_cuts, fitted.best_epoch))
