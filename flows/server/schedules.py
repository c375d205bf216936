"""Schedules kept true while the runner runs: plans are reread, dead and outdated runs are ended.

The rule for runs that overlap: one run of a plan at a time (a run that falls due meanwhile is cancelled,
Prefect's CANCEL_NEW), `PIPELINES_AT_ONCE` scheduled pipelines in all (a plan waits for its turn), and of
several waiting runs of one plan only the newest is run. What fell due while no runner ran is not made up for.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterTags,
    FlowRunFilter,
    FlowRunFilterNextScheduledStartTime,
)
from prefect.client.schemas.objects import (
    ConcurrencyLimitConfig,
    ConcurrencyLimitStrategy,
    FlowRun,
    State,
    StateType,
)
from prefect.deployments.runner import DeploymentApplyError
from prefect.exceptions import ObjectNotFound
from prefect.logging import get_logger
from prefect.states import Cancelled
from prefect.types.entrypoint import EntrypointType

from flows import flow_runs
from flows.pipeline import pipeline
from flows.plan import Plan, kept_plans

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.deployments.runner import RunnerDeployment
    from prefect.runner import Runner

    from components.settings import Settings

PIPELINES_AT_ONCE = 1
"""A pipeline uses the whole machine: two at once take longer than one after the other."""
_MISSED = "It fell due while no runner ran."
_OVERTAKEN = "A later run of the same plan is due as well."


class Schedules:
    """A deployment for every plan kept below home, as long as the plan is there."""

    def __init__(self, runner: Runner, settings: Settings, flow: Flow[[Plan], Any] = pipeline) -> None:
        self._runner = runner
        self._settings = settings
        self._flow = flow
        self._started = datetime.now(UTC)
        self._served: dict[str, Plan] | None = None
        self._reported: dict[str, str] = {}
        self._log = get_logger("runner")

    def update(self) -> None:
        """Bring Prefect's deployments and runs in line with the plans and processes of now."""
        plans = kept_plans(self._settings)
        for file, reason in plans.unusable.items():
            if self._reported.get(file) != reason:
                self._log.error("Plan %s is not scheduled: %s", file, reason)
        self._reported = plans.unusable
        with get_client(sync_client=True) as client:
            if self._served is None:
                self._end_orphans(client)
            if self._served != plans.usable:
                self._serve(client, plans.usable)
            flow_runs.end_dead()
            self._cancel_outdated(client)

    def _serve(self, client: SyncPrefectClient, plans: dict[str, Plan]) -> None:
        served = self._served or {}
        for name, plan in plans.items():
            if served.get(name) == plan:
                continue
            try:
                self._runner.add_deployment(self._deployment(name, plan))
            except DeploymentApplyError as exc:
                self._log.error("Plan %s is not scheduled, Prefect refuses it: %s", name, exc)
            else:
                self._log.info("Plan %s is scheduled: %s", name, self._settings.schedule_cron)
        for deployment in client.read_deployments(deployment_filter=self._ours):
            if deployment.name not in plans:
                client.delete_deployment(deployment.id)
                self._log.info("Plan %s is gone, and its schedule with it", deployment.name)
        self._served = plans

    def _deployment(self, name: str, plan: Plan) -> RunnerDeployment:
        deployment = self._flow.to_deployment(
            name=name,
            cron=self._settings.schedule_cron,
            paused=False,  # runners of earlier versions paused their schedules when they ended
            parameters={"plan": plan.model_dump(mode="json")},
            description=f"{plan.task} of {plan.source}: {', '.join(plan.families)}",
            tags=["atelier", plan.task.value, self._home],
            entrypoint_type=EntrypointType.MODULE_PATH,
            concurrency_limit=ConcurrencyLimitConfig(
                limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW
            ),
        )
        return cast("RunnerDeployment", deployment)  # typed for callers in an event loop, too

    def _end_orphans(self, client: SyncPrefectClient) -> None:
        """Runs that an earlier runner had begun and that died before they could write whose they are."""
        active = FlowRunFilter(state=flow_runs.in_state(*flow_runs.ACTIVE))
        for run in client.read_flow_runs(flow_run_filter=active, deployment_filter=self._ours):
            begun = run.state.timestamp if run.state else self._started
            if begun < self._started and not flow_runs.owners(run):
                flow_runs.end_run(client, run)

    def _cancel_outdated(self, client: SyncPrefectClient) -> None:
        """Of the runs of a plan that are due, leave the newest that this runner was there for."""
        due = FlowRunFilter(
            state=flow_runs.in_state(StateType.SCHEDULED),
            next_scheduled_start_time=FlowRunFilterNextScheduledStartTime(before_=datetime.now(UTC)),
        )
        waiting: dict[object, list[FlowRun]] = defaultdict(list)
        for run in client.read_flow_runs(flow_run_filter=due, deployment_filter=self._ours):
            if run.auto_scheduled:
                waiting[run.deployment_id].append(run)
        for runs in waiting.values():
            *overtaken, newest = sorted(runs, key=_due)
            for run in overtaken:
                _cancel(client, run, _OVERTAKEN)
            if _due(newest) < self._started:
                _cancel(client, newest, _MISSED)

    @property
    def _home(self) -> str:
        return f"home:{self._settings.home}"

    @property
    def _ours(self) -> DeploymentFilter:
        return DeploymentFilter(tags=DeploymentFilterTags(all_=["atelier", self._home]))


def _due(run: FlowRun) -> datetime:
    return run.next_scheduled_start_time or run.expected_start_time or datetime.now(UTC)


def _cancel(client: SyncPrefectClient, run: FlowRun, reason: str) -> None:
    state: State[object] = Cancelled(message=reason)
    try:
        client.set_flow_run_state(run.id, state)  # not forced: a run that has just begun goes on
    except ObjectNotFound:
        return  # its deployment was deleted meanwhile
