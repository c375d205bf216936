"""Search over a recipe: trials below one MLflow run; the best network becomes a training run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from components.runtime import prepare
from components.storage import key_of
from components.tracking import tags as run_tag
from components.tracking.processes import is_gone, this_process
from flows.log import log_step
from flows.runs.cached_run import find_or_run
from flows.search.logging import TrialRecords, log_outcome
from flows.search.workers import search_workers
from flows.steps.evaluation.eval_data import eval_data
from flows.steps.evaluation.evaluate import evaluate
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
"""Counted up when the same search on the same data would now give another network."""


@dataclass(frozen=True)
class SearchJob:
    """A search to be done, and the run it becomes.

    Attributes:
        search: space, sampler and recipe; its name belongs to one data version.
        manifest: a split data version with a task.
        experiment: name of MLflow's experiment, as in "style · best-artworks".
        tags: of the best network's run; the search's own run is of the kind "search".
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
        run: MLflow run of the search; the runs of its trials stand below it.
        best: training run of the best trial's network, which can be promoted.
        outcome: every trial.
    """

    run: RunRecord
    best: RunRecord
    outcome: SearchOutcome


def search_job(search: Search, manifest: Manifest, plan: Plan) -> SearchJob:
    """A search on a plan's works."""
    return SearchJob(search, manifest, f"{plan.task} · {manifest.source}", plan.tags("training", manifest))


def run_search(job: SearchJob, settings: Settings, *, workers: int = 1) -> SearchResult:
    """Run the search to its end; trials that ended before are not run again.

    Args:
        job: which search, on which works.
        settings: where trials are kept (`search_storage`).
        workers: how many processes take trials, this one included.

    Raises:
        TrainingError: the name belongs to another search or other data, or no trial could be trained.
        SettingsError: a parameter that the family does not have, or a database that cannot be used.
    """
    from components.training.search import loop

    trials, objective = _open(job, settings)
    best: RunRecord | None = None

    def work(run: Run) -> None:
        nonlocal best
        best = _run_trials(run, job, trials, objective, settings, workers)

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
    outcome = loop.outcome(trials)
    best = best or _train_best(job, outcome, objective, settings, record.id)
    log_step(
        "tune",
        f"{job.search.name}: best {job.search.metric} {outcome.best.value:.3f} "
        f"of {sum(trial.state == 'finished' for trial in outcome.trials)} trials in {record.seconds:.0f} s",
        cached=cached,
    )
    return SearchResult(record, best, outcome)


def take_trials(job: SearchJob, settings: Settings) -> int:
    """Run trials of a search that another process leads, until none is left; returns how many it ran."""
    from components.training.search.loop import run

    trials, objective = _open(job, settings)
    records = TrialRecords(trials, settings)
    return run(trials, objective, on_trial=records.log, wait=False)


def _open(job: SearchJob, settings: Settings) -> tuple[Trials, Objective]:
    prepare(settings, job.search.recipe.seed)  # before whatever imports Keras
    from components.training.checkpoint.callback import place
    from components.training.search.objective import Objective
    from components.training.search.storage import Database
    from components.training.search.trials import Trials

    search = job.search
    objective = Objective(
        search,
        lambda recipe: eval_data(recipe, job.manifest, settings).data,
        settings,
        warm_start=warm_start(search.recipe, settings),
        checkpoints=lambda recipe: place(
            key_of("trial", METHOD, recipe.key, job.manifest.fingerprint), settings
        ),
    )
    objective.check()
    trials = Trials.of(
        search,
        Database.at(settings.search_url),
        data_version=job.manifest.fingerprint,
        worker=this_process(),
        gone=is_gone,
    )
    return trials, objective


def _run_trials(  # noqa: PLR0917 (one caller)
    run: Run,
    job: SearchJob,
    trials: Trials,
    objective: Objective,
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
        loop.run(trials, objective, on_trial=records.log)
    records.complete()
    outcome = loop.outcome(trials)
    log_outcome(run, outcome)
    best = _train_best(job, outcome, objective, settings, run.id)
    run.tags({run_tag.BEST_RUN: best.id})
    run.metrics({f"best/{name}": best.metrics[name] for name in best.metrics if name.endswith("macro_f1")})
    return best


def _train_best(
    job: SearchJob, outcome: SearchOutcome, objective: Objective, settings: Settings, parent: str
) -> RunRecord:
    """The best trial's network as a training run: its head again on the features, or all by its recipe."""
    name = f"{job.search.name} · best"
    training = TrainingJob(outcome.recipe, job.manifest, job.experiment, name, job.tags, parent)
    if not objective.on_features:
        return run_training(training, settings)
    record, _ = find_or_run(
        settings,
        experiment=training.experiment,
        name=training.name,
        key=key_of(
            "head", METHOD, training.manifest.task, training.recipe.key, training.manifest.fingerprint
        ),
        tags=dict(training.tags) | {run_tag.FAMILY: training.recipe.family},
        work=lambda run: _log_head(training, objective, settings, run),
        parent=parent,
    )
    return record


def _log_head(job: TrainingJob, objective: Objective, settings: Settings, run: Run) -> None:
    from components.devices import hardware

    run.params(job.recipe.model_dump(mode="json"))
    run.tags({f"hardware.{name}": value for name, value in hardware().items()})
    run.dataset(job.manifest)
    run.files(settings.collections / "validation" / job.manifest.fingerprint, "validation")
    works = eval_data(job.recipe, job.manifest, settings)
    fitted = objective.network(job.recipe, run.epoch)
    log_curves(run, fitted)
    evaluate(run, fitted.model, job.recipe, works)
