"""Which process a flow run belongs to; flow runs of dead processes, and their task runs, are ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from prefect import tags
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterEndTime,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
    TaskRunFilter,
    TaskRunFilterState,
    TaskRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.context import FlowRunContext
from prefect.states import Crashed

from components.storage import sweep
from components.tracking.processes import is_gone, this_process

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

    from components.settings import Settings

ACTIVE = (StateType.PENDING, StateType.RUNNING, StateType.CANCELLING)
_OWNER = "process:"
_DIED = "Its process was killed; a later run goes on from the steps it had finished."
_SETTLED = timedelta(seconds=30)
"""Prefect writes the states of task runs a little after those of their flow run."""


@contextmanager
def owned() -> Iterator[None]:
    """Flow runs begun in the block carry this process's name, so that a later one can tell it is gone."""
    with tags(f"{_OWNER}{this_process()}"):
        yield


def claim() -> None:
    """Write this process's name on the flow run it runs; the scheduler, which made the run, could not."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        return
    run, ours = context.flow_run, f"{_OWNER}{this_process()}"
    if ours not in run.tags:
        others = [tag for tag in run.tags if not tag.startswith(_OWNER)]
        with get_client(sync_client=True) as client:
            client.update_flow_run(run.id, tags=[*others, ours])


def owners(run: FlowRun) -> list[str]:
    """The processes that a flow run belongs to; none before it claimed itself."""
    return [tag.removeprefix(_OWNER) for tag in run.tags if tag.startswith(_OWNER)]


def tidy(settings: Settings) -> None:
    """Remove what killed processes left: runs that seem to go on, and half-written files below home."""
    end_dead()
    # The cache sweeps its own; of the others Atelier writes none.
    sweep(settings.home, passing_over=frozenset({"cache", "mlartifacts", "prefect"}))


def end_dead() -> None:
    """Call flow runs Crashed whose process on this machine is gone, and the task runs they left open."""
    with get_client(sync_client=True) as client:
        for run in client.read_flow_runs(flow_run_filter=FlowRunFilter(state=in_state(*ACTIVE))):
            processes = owners(run)
            if processes and all(is_gone(process) for process in processes):
                end_run(client, run)
        # A runner that sees its child die ends the flow run alone.
        ended = FlowRunFilter(
            state=in_state(StateType.CRASHED, StateType.CANCELLED),
            end_time=FlowRunFilterEndTime(before_=datetime.now(UTC) - _SETTLED),
        )
        _end_tasks(client, ended)


def end_run(client: SyncPrefectClient, run: FlowRun) -> None:
    """Call a flow run and its unfinished task runs Crashed; its deployment's slot is free again."""
    client.set_flow_run_state(run.id, _died(), force=True)
    _end_tasks(client, FlowRunFilter(id=FlowRunFilterId(any_=[run.id])))


def in_state(*states: StateType) -> FlowRunFilterState:
    """A filter of flow runs in one of the states."""
    return FlowRunFilterState(type=FlowRunFilterStateType(any_=list(states)))


def _end_tasks(client: SyncPrefectClient, flow_runs: FlowRunFilter) -> None:
    unfinished = TaskRunFilter(state=TaskRunFilterState(type=TaskRunFilterStateType(any_=list(ACTIVE))))
    for task in client.read_task_runs(flow_run_filter=flow_runs, task_run_filter=unfinished):
        client.set_task_run_state(task.id, _died(), force=True)


def _died() -> State[object]:
    return Crashed(message=_DIED)
