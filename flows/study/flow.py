"""A study as a Prefect flow: each row a task that Prefect shows."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.states import Failed

from components.settings import Settings
from flows import flow_runs
from flows.artifacts import leave_verdict
from flows.log import LOGGER
from flows.study.plan import StudyPlan
from flows.study.results import RowFailed, RowResult
from flows.study.rows import run_row
from flows.study.run import StudyResult, as_markdown, run

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

    from components.studies.study import Row
    from flows.study.context import StudyContext


@task(name="study row", task_run_name="row {row.id}", cache_policy=NO_CACHE)
def study_row(row: Row, context: StudyContext) -> RowResult | State[object]:
    """One row, as a task that Prefect shows; Failed where the row could not be done."""
    result = run_row(row, context)
    return Failed(message=result.reason) if isinstance(result, RowFailed) else result


@flow(name="study", flow_run_name="{plan.study} · {plan.size}", validate_parameters=True)
def study(plan: StudyPlan) -> StudyResult:
    """The study's rows under one run, each found again when it was done before; ends with the table."""
    logging.getLogger(LOGGER).setLevel(logging.INFO)
    settings = Settings.load()
    flow_runs.claim()
    flow_runs.tidy(settings)
    outcome = run(plan, settings, _row_as_task, partial(leave_verdict, settings=settings))
    create_markdown_artifact(
        as_markdown(outcome), key=f"study-{plan.wanted.name}", description=f"MLflow run {outcome.run}"
    )
    return outcome


def _row_as_task(row: Row, context: StudyContext) -> RowResult:
    """A row as a task whose failure does not end the flow."""
    study_row(row, context, return_state=True)
    return context.results[row.id]
