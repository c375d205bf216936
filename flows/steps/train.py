"""Train one recipe on a data version; everything it is judged by goes to MLflow."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from components.data.splits.refit import Refit
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
from flows.steps.evaluation.eval_data import eval_data
from flows.steps.evaluation.evaluate import evaluate
from flows.steps.evaluation.evaluate_refit import evaluate_refit

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
    from flows.runs.refit_of import RefitOf

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
        refit_of: the judged run that it trains again on more works; None: it is no refit.
    """

    recipe: Recipe
    manifest: Manifest
    experiment: str
    name: str
    tags: Mapping[str, str] = field(default_factory=dict)
    parent: str = ""
    resample: Resample | None = None
    refit_of: RefitOf | None = None

    @property
    def key(self) -> str:
        """Of everything that the network and its card depend on."""
        more = [self.resample.key] if self.resample else []
        more += self.refit_of.keys if self.refit_of else []
        return key_of(
            "training", METHOD, self.manifest.task, self.recipe.key, self.manifest.fingerprint, *more
        )

    @property
    def refit(self) -> Refit:
        """Which works are learnt from beyond the training works."""
        return self.refit_of.refit if self.refit_of else Refit.NONE


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
        tags=dict(job.tags)
        | {run_tag.FAMILY: job.recipe.family}
        | (job.refit_of.tags if job.refit_of else {}),
        work=lambda run: _train(job, settings, run),
        parent=job.parent,
    )
    log_step("train", f"{job.name}: {figure_text(record)} in {record.seconds:.0f} s", cached=cached)
    return record


def figure_text(record: RunRecord) -> str:
    """What a finished run is measured by, in words: validation works, or what a refit has not learnt."""
    match record.refit:
        case Refit.NONE:
            return f"validation macro-F1 {record.metrics['validation/macro_f1']:.3f}"
        case Refit.VALIDATION:
            return f"test macro-F1 {record.metrics['test/macro_f1']:.3f} (refit)"
        case Refit.ALL:
            return f"not judged (refit on all works of run {record.refit_of[:8]})"


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
    works = eval_data(recipe, manifest, settings, job.refit)
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
    if job.refit_of:
        evaluate_refit(run, fitted.model, recipe, works, job.refit_of)
    else:
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
    """The network that the recipe starts from, where it names a run; None where it names a file, or none.

    Raises:
        TrainingError: the run is a refit, which has learnt works that the new one is chosen and judged by.
    """
    if recipe.warm_start is None or recipe.warm_start.endswith(".keras"):
        return None
    tracker = Tracker(settings)
    refuse_refit(tracker.run(recipe.warm_start), "start from")
    return tracker.release(recipe.warm_start) / KERAS


def refuse_refit(record: RunRecord, verb: str) -> None:
    """Raise where what is to be made of a run would be judged by works that the run has learnt.

    Args:
        record: of the run.
        verb: what is done with it, as "start from".

    Raises:
        TrainingError: the run is a refit.
    """
    if record.refit is not Refit.NONE:
        raise TrainingError(
            f"The run {record.id[:8]} ({record.name}) is a refit on {record.refit.works}: what is made of "
            f"it would be chosen or judged by works that it has learnt. To {verb} its network, take the run "
            f"that it refits: {record.refit_of[:8]}."
        )


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
