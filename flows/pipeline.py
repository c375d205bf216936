"""The whole road: paintings in, a served champion out. Reads as a table of contents."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from prefect import Task, flow, task
from prefect.cache_policies import NO_CACHE

from components.addresses import masked
from components.data.splits.refit import Refit
from components.settings import Settings
from flows import flow_runs
from flows.artifacts import leave_results, leave_verdict
from flows.log import LOGGER
from flows.plan import Plan
from flows.runs.attempts import StepFailure, attempt_each
from flows.steps import ensemble as ensemble_step
from flows.steps import explore as explore_step
from flows.steps import generate as generate_step
from flows.steps import ingest as ingest_step
from flows.steps import promote as promote_step
from flows.steps import refit_best as refit_step
from flows.steps import train as train_step

if TYPE_CHECKING:
    from collections.abc import Callable

    from components.data.manifest import Manifest
    from components.tracking.promotion.journal import Entry
    from components.tracking.runs import RunRecord


@dataclass(frozen=True)
class PipelineResult:
    """What a run of the pipeline leaves behind."""

    manifest: Manifest
    runs: list[RunRecord]
    pictures: list[RunRecord]
    decision: Entry
    failures: list[StepFailure] = field(default_factory=list)
    """Families that could not be trained, and pictures that could not be made, while others could."""


P = ParamSpec("P")
R = TypeVar("R")


def _as_task(step: Callable[P, R], name: str, task_run_name: str | None = None) -> Task[P, R]:
    """A step, which is a plain function, as a task: Prefect shows it, and our own keys find what is done."""
    return task(name=name, task_run_name=task_run_name, cache_policy=NO_CACHE)(step)


ingest = _as_task(ingest_step.ingest, "ingest")
select = _as_task(ingest_step.select, "select")
validate = _as_task(ingest_step.validate, "validate")
split = _as_task(ingest_step.split, "split")
explore = _as_task(explore_step.explore, "explore")
train = _as_task(train_step.train, "train", "train {family}")
ensemble = _as_task(ensemble_step.run_ensembling, "ensemble")
refit_best = _as_task(refit_step.refit_best, "refit")
promote = _as_task(promote_step.promote, "promote")
gan = _as_task(generate_step.gan, "gan")
style_transfer = _as_task(generate_step.style_transfer, "style transfer")


@flow(name="pipeline", flow_run_name="{plan.task} · {plan.source} · {plan.scale}", validate_parameters=True)
def pipeline(plan: Plan) -> PipelineResult:
    """Ingest, validate, split, explore, train each family, combine them, refit the best, promote, draw.

    A family that cannot be trained leaves the others in the race; the result names it.

    Raises:
        AtelierError: the paintings cannot be learnt from, no family could be trained, or nothing promoted.
    """
    logging.getLogger(LOGGER).setLevel(logging.INFO)
    settings = Settings.load()
    flow_runs.claim()
    flow_runs.tidy(settings)
    show = partial(leave_verdict, settings=settings)

    works = select(ingest(plan, settings), plan)
    validate(works, plan, settings, show)
    works = split(works, plan, settings)
    validate(works, plan, settings, show)
    explore(works, plan, settings)
    runs, failures = attempt_each(
        {f"train {family}": partial(train, family, works, plan, settings) for family in plan.families}
    )
    if not runs:
        raise failures[0].error
    if plan.ensemble and len(runs) > 1:
        runs = [*runs, ensemble(runs, settings)]
    if plan.refit is not Refit.NONE:
        runs = [*runs, refit_best(runs, works, plan, settings)]
    decision = promote(runs, works, plan.task, settings)
    pictures: list[RunRecord] = []
    if plan.pictures:
        pictures, missing = attempt_each(
            {
                "gan": partial(gan, works, plan, settings),
                "style transfer": partial(
                    style_transfer, generate_step.own_network(runs), works, plan, settings
                ),
            }
        )
        failures += missing

    leave_results(works, runs, decision, failures, settings)
    return PipelineResult(works, runs, pictures, decision, failures)


def where(outcome: PipelineResult, settings: Settings) -> list[dict[str, Any]]:
    """What lies where, for the end of a run."""
    folder = settings.collections / "validation" / outcome.manifest.fingerprint
    explored = settings.collections / "explore" / outcome.manifest.fingerprint
    return [
        {"what": "paintings", "where": str(outcome.manifest.root)},
        {"what": "validation report", "where": str(folder / "report.html")},
        {"what": "Data Docs", "where": str(folder / "data_docs" / "index.html")},
        {"what": "figures of the paintings", "where": str(explored / "index.html")},
        {"what": "runs and registry", "where": masked(settings.tracking_uri)},
        {"what": "figures and models", "where": settings.artifact_place},
        {"what": "served releases", "where": str(settings.releases)},
        {"what": "journal", "where": str(settings.journal)},
    ]


def as_dict(outcome: PipelineResult, settings: Settings, seconds: float) -> dict[str, Any]:
    """The outcome as one JSON document."""
    return {
        "data_version": outcome.manifest.fingerprint,
        "source": outcome.manifest.source,
        "synthetic": outcome.manifest.synthetic,
        "seconds": round(seconds, 1),
        "runs": [asdict(record) for record in outcome.runs],
        "pictures": [asdict(record) for record in outcome.pictures],
        "failures": [failure.row for failure in outcome.failures],
        "decision": outcome.decision.model_dump(mode="json"),
        "where": {row["what"]: row["where"] for row in where(outcome, settings)},
    }
