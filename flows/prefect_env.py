"""Prefect as Atelier uses it: its database below home, no telemetry, our log lines kept with the run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from components.addresses import unreachable
from components.errors import ServiceError
from flows.console import talking
from flows.log import LOGGER

if TYPE_CHECKING:
    from components.settings import Settings

_OWNER = "process:"
_GONE = "Its process was killed; a later run goes on from the stops it had finished."


def environment(settings: Settings) -> dict[str, str]:
    """Variables that Prefect (and whatever it starts) is to run under."""
    variables = {
        "PREFECT_HOME": str(settings.home / "prefect"),
        "PREFECT_LOGGING_EXTRA_LOGGERS": LOGGER,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        # On two cores the temporary server takes up to half a minute to answer.
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
        "PREFECT_CLI_PROMPT": "false",
    }
    if settings.prefect_api_url:
        variables["PREFECT_API_URL"] = settings.prefect_api_url
    if settings.prefect_database:
        variables["PREFECT_API_DATABASE_CONNECTION_URL"] = settings.prefect_database
    return variables


def mark_crashed() -> None:
    """Call flow runs Crashed that a killed process of this machine left Running; within a flow run."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
    from prefect.client.schemas.objects import State, StateType
    from prefect.states import Crashed

    from components.tracking.processes import is_gone

    running = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING])))
    with get_client(sync_client=True) as client:
        for run in client.read_flow_runs(flow_run_filter=running):
            owners = [tag.removeprefix(_OWNER) for tag in run.tags if tag.startswith(_OWNER)]
            if owners and all(is_gone(owner) for owner in owners):
                state: State[object] = Crashed(message=_GONE)
                client.set_flow_run_state(run.id, state, force=True)


@contextmanager
def owned() -> Iterator[None]:
    """Flow runs begun in the block carry this process's name, so that a later one can tell it is gone."""
    from prefect import tags

    from components.tracking.processes import this_process

    with tags(f"{_OWNER}{this_process()}"):
        yield


def prepare(settings: Settings, *, quiet: bool = False) -> None:
    """Set Prefect's variables; call before Prefect is imported."""
    os.environ.update(environment(settings))
    settings.home.mkdir(parents=True, exist_ok=True)  # else Prefect's server makes no folder of its own in it
    if quiet:
        # The console shows our own lines; Prefect's go to its database alone.
        os.environ["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = "CRITICAL"  # by name: a number breaks it
        os.environ["PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW"] = "ignore"


def require_server(settings: Settings) -> None:
    """Check that the Prefect server of ATELIER_PREFECT_API_URL answers, before Prefect tries for a minute.

    Raises:
        ServiceError: it does not.
    """
    url = settings.prefect_api_url
    reason = unreachable(f"{url.rstrip('/')}/health") if url else ""
    if reason:
        raise ServiceError(
            f"{url}: no Prefect server answers there ({reason}). Start it (`atelier up`), or correct or "
            "unset ATELIER_PREFECT_API_URL (or PREFECT_API_URL)."
        )


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Within the block stops run as plain functions, without a Prefect server, and say their lines."""
    prepare(settings, quiet=True)
    with talking():
        yield
