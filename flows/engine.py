"""Prefect as Atelier uses it: its database below home, no telemetry, our log lines kept with the run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from flows.telling import LOGGER

if TYPE_CHECKING:
    from components.settings import Settings


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
    return variables


def prepare(settings: Settings, *, quiet: bool = False) -> None:
    """Set Prefect's variables; call before Prefect is imported."""
    os.environ.update(environment(settings))
    if quiet:
        os.environ["PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW"] = "ignore"
        os.environ["PREFECT_LOGGING_LEVEL"] = "WARNING"
