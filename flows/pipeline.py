"""The whole road: paintings in, a served champion out. Reads as a table of contents."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from prefect import flow
from prefect.artifacts import create_link_artifact, create_table_artifact

from components.addresses import masked
from components.settings import Settings
from flows import flow_runs
from flows.log import LOGGER
from flows.plan import Plan
from flows.run_table import run_rows
from flows.steps.attempts import StepFailure, attempt_each
from flows.steps.explore import explore
from flows.steps.generate import gan, own_network, style_transfer
from flows.steps.ingest import ingest, select, split, validate
from flows.steps.promote import promote
from flows.steps.train import train

if TYPE_CHECKING:
    from components.data.manifest import Manifest
    from components.tracking.journal import Entry
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


@flow(name="pipeline", flow_run_name="{plan.task} · {plan.source} · {plan.scale}", validate_parameters=True)
def pipeline(plan: Plan) -> PipelineResult:
    """Ingest, validate, split, explore, train each family, promote by macro-F1, make pictures.

    A family that cannot be trained leaves the others in the race; the result names it.

    Raises:
        AtelierError: the paintings cannot be learnt from, no family could be trained, or nothing promoted.
    """
    logging.getLogger(LOGGER).setLevel(logging.INFO)
    settings = Settings.load()
    flow_runs.claim()
    flow_runs.tidy(settings)

    works = select(ingest(plan, settings), plan)
    validate(works, plan, settings)
    works = split(works, plan, settings)
    validate(works, plan, settings)
    explore(works, plan, settings)
    runs, failures = attempt_each(
        {f"train {family}": partial(train, family, works, plan, settings) for family in plan.families}
    )
    if not runs:
        raise failures[0].error
    decision = promote(runs, works, plan.task, settings)
    pictures: list[RunRecord] = []
    if plan.pictures:
        pictures, missing = attempt_each(
            {
                "gan": partial(gan, works, plan, settings),
                "style transfer": partial(style_transfer, own_network(runs), works, plan, settings),
            }
        )
        failures += missing

    _leave_artifacts(works, runs, decision, failures, settings)
    return PipelineResult(works, runs, pictures, decision, failures)


def _leave_artifacts(
    works: Manifest,
    runs: list[RunRecord],
    decision: Entry,
    failures: list[StepFailure],
    settings: Settings,
) -> None:
    """What the Prefect UI shows with the flow run: the scores, the runs in MLflow, the report they keep."""
    create_table_artifact(run_rows(runs), key="scores", description=f"{works.source}: {decision.reason}")
    if failures:
        rows = [failure.row for failure in failures]
        create_table_artifact(rows, key="failures", description="Steps that could not be done")
    for run in runs:
        family = run.family.replace("_", "-")
        page = f"{settings.mlflow_ui}/#/experiments/{run.experiment_id}/runs/{run.id}"
        create_link_artifact(
            page, link_text=f"{run.name} in MLflow", key=f"mlflow-{family}", description=run.name
        )
        create_link_artifact(
            f"{page}/artifacts/validation/report.html",
            link_text=f"Validation report kept with {run.name} in MLflow",
            key=f"mlflow-validation-{family}",
            description="The gate's report as it stood when this run was trained",
        )


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
