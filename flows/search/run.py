"""Search over a recipe: trials below one MLflow run, the best one judged as any other training run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from components.storage import key_of
from components.tracking import tags as run_tag
from flows.log import log_step
from flows.search.logging import TrialRecords, log_outcome
from flows.search.workers import search_workers
from flows.steps.cached_run import find_or_run
from flows.steps.eval_data import eval_data
from flows.steps.evaluate import evaluate
from flows.steps.train import TrainingJob, log_curves, run_training, warm_start

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.data.manifest import Manifest
    from components.settings import Settings
    from components.tracking.recorder import Run
    from components.tracking.runs import RunRecord
    from components.training.search.objective import Objective
    from components.training.search.search import Search, SearchOutcome
    from components.training.search.trials import Trials
    from flows.plan import Plan

METHOD = 2
"""Counted up when the same search on the same data would now find another network."""


@dataclass(frozen=True)
class SearchJob:
    """A search to be done, and the run it becomes.

    Attributes:
        search: what is sought; its name stands for one data version.
        manifest: a split data version with a task.
        experiment: MLflow's, as in "style · best-artworks".
        tags: of the best network's run; the search's own kind is "search".
        parent: id of the run it is shown below; "" for none.
    """

    search: Search
    manifest: Manifest
    experiment: str
    tags: Mapping[str, str] = field(default_factory=dict)
    parent: str = ""


@dataclass(frozen=True)
class SearchResult:
    """A finished search.

    Attributes:
        run: the search's; its trials stand below it.
        best: the best trial's network: an ordinary training run, which can be promoted.
        outcome: every trial.
    """

    run: RunRecord
    best: RunRecord
    outcome: SearchOutcome


@task(name="tune", task_run_name="tune {search.name}", cache_policy=NO_CACHE)
def tune(search: Search, manifest: Manifest, plan: Plan, settings: Settings) -> SearchResult:
    """Go through a search in this process; one that was finished before is found, a broken one goes on."""
    return run_search(search_job(search, manifest, plan), settings)


def search_job(search: Search, manifest: Manifest, plan: Plan) -> SearchJob:
    """A search on a plan's works."""
    return SearchJob(search, manifest, f"{plan.task} · {manifest.source}", plan.tags("training", manifest))


def run_search(job: SearchJob, settings: Settings, *, workers: int = 1) -> SearchResult:
    """The finished search; what of it was done before is not done again.

    Args:
        job: what is sought, on what.
        settings: where trials are kept (`search_storage`).
        workers: how many processes take trials, this one included.

    Raises:
        TrainingError: the name stands for another search or other data, or no trial could be trained.
        SettingsError: a parameter that the family does not have, or a database that cannot be used.
    """
    from components.training.search.loop import outcome

    trials, trainer = _begun(job, settings)
    best: RunRecord | None = None

    def work(run: Run) -> None:
        nonlocal best
        best = _sought(run, job, trials, trainer, settings, workers)

    key = key_of("search", METHOD, job.search.key, job.manifest.fingerprint, trials.id)
    record, cached = find_or_run(
        settings,
        experiment=job.experiment,
        name=job.search.name,
        key=key,
        tags=dict(job.tags) | {run_tag.KIND: "search", run_tag.FAMILY: job.search.recipe.family},
        work=work,
        parent=job.parent,
    )
    found = outcome(trials)
    best = best or _best(job, found, trainer, settings, record.id)
    log_step(
        "tune",
        f"{job.search.name}: best {job.search.metric} {found.best.value:.3f} "
        f"of {sum(one.state == 'finished' for one in found.trials)} trials in {record.seconds:.0f} s",
        cached=cached,
    )
    return SearchResult(record, best, found)


def take_trials(job: SearchJob, settings: Settings) -> int:
    """Take trials of a search that another process leads, until each has been begun; how many it took."""
    from components.training.search.loop import run

    trials, trainer = _begun(job, settings)
    records = TrialRecords(trials, settings)
    return run(trials, trainer, on_trial=records.log, wait=False)


def _begun(job: SearchJob, settings: Settings) -> tuple[Trials, Objective]:
    from components.runtime import prepare

    prepare(settings, job.search.recipe.seed)  # before whatever imports Keras
    from components.tracking.processes import is_gone, this_process
    from components.training.checkpoint.callback import place
    from components.training.search.objective import Objective
    from components.training.search.storage import Database
    from components.training.search.trials import Trials

    search = job.search
    trainer = Objective(
        search,
        lambda recipe: eval_data(recipe, job.manifest, settings).data,
        settings,
        warm_start=warm_start(search.recipe, settings),
        checkpoints=lambda recipe: place(
            key_of("trial", METHOD, recipe.key, job.manifest.fingerprint), settings
        ),
    )
    trainer.check()
    trials = Trials.of(
        search,
        Database.at(settings.search_url),
        data_version=job.manifest.fingerprint,
        worker=this_process(),
        gone=is_gone,
    )
    return trials, trainer


def _sought(  # noqa: PLR0917 (one caller)
    run: Run,
    job: SearchJob,
    trials: Trials,
    trainer: Objective,
    settings: Settings,
    workers: int,
) -> RunRecord:
    from components.training.search import loop

    search = job.search
    run.params(search.model_dump(mode="json", exclude={"recipe"}))
    run.params({"recipe": search.recipe.model_dump(mode="json")})
    run.dataset(job.manifest)
    records = TrialRecords(trials, settings)
    records.begin(run.id)
    with search_workers(search, job.manifest.fingerprint, workers - 1, settings):
        loop.run(trials, trainer, on_trial=records.log)
    records.complete()
    found = loop.outcome(trials)
    log_outcome(run, found)
    best = _best(job, found, trainer, settings, run.id)
    run.tags({run_tag.BEST_RUN: best.id})
    run.metrics({f"best/{name}": best.metrics[name] for name in best.metrics if name.endswith("macro_f1")})
    return best


def _best(
    job: SearchJob, found: SearchOutcome, trainer: Objective, settings: Settings, parent: str
) -> RunRecord:
    """The best trial's network as a training run: its head again on the features, or all by its recipe."""
    name = f"{job.search.name} · best"
    training = TrainingJob(found.recipe, job.manifest, job.experiment, name, job.tags, parent)
    if not trainer.on_features:
        return run_training(training, settings)
    record, _ = find_or_run(
        settings,
        experiment=training.experiment,
        name=training.name,
        key=key_of(
            "head", METHOD, training.manifest.task, training.recipe.key, training.manifest.fingerprint
        ),
        tags=dict(training.tags) | {run_tag.FAMILY: training.recipe.family},
        work=lambda run: _head(training, trainer, settings, run),
        parent=parent,
    )
    return record


def _head(job: TrainingJob, trainer: Objective, settings: Settings, run: Run) -> None:
    from components.runtime import hardware

    run.params(job.recipe.model_dump(mode="json"))
    run.tags({f"hardware.{name}": value for name, value in hardware().items()})
    run.dataset(job.manifest)
    run.files(settings.collections / "validation" / job.manifest.fingerprint, "validation")
    found = eval_data(job.recipe, job.manifest, settings)
    fitted = trainer.network(job.recipe, run.epoch)
    log_curves(run, fitted)
    evaluate(run, fitted.model, job.recipe, found)
