"""Prefect as Atelier uses it: its database below home, no telemetry, our log lines kept with the run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from components.errors import ServiceError
from components.http_probe import unreachable
from flows.log import LOGGER

if TYPE_CHECKING:
    from components.settings import Settings

START_SECONDS = 300
"""How long Prefect's server may take to answer, on a busy machine."""


def environment(settings: Settings) -> dict[str, str]:
    """Variables that Prefect (and whatever it starts) is to run under."""
    variables = {
        "PREFECT_HOME": str(settings.home / "prefect"),
        "PREFECT_LOGGING_EXTRA_LOGGERS": LOGGER,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        # The second version of its pages starts Amplitude whatever the two above say; the first has none.
        "PREFECT_SERVER_UI_V2_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        # On two cores the temporary server takes half a minute to answer; four at once take minutes.
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": str(START_SECONDS),
        # In memory, the default, a server that is restarted would end the pipelines that are running.
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
        "PREFECT_CLI_PROMPT": "false",
    }
    if settings.prefect_api_url:
        variables["PREFECT_API_URL"] = settings.prefect_api_url
    if settings.prefect_database:
        variables["PREFECT_API_DATABASE_CONNECTION_URL"] = settings.prefect_database
    return variables


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
