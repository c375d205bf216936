"""What a stop has to say: one line, to the log that the console and Prefect both show."""

from __future__ import annotations

import logging

LOGGER = "atelier"
"""Prefect is told to keep this logger's lines with the flow run (`PREFECT_LOGGING_EXTRA_LOGGERS`)."""


def log_step(stop: str, text: str, *, cached: bool = False) -> None:
    """Say what `stop` did, and whether its work was found done."""
    note = " (found done)" if cached else ""
    logging.getLogger(LOGGER).info("%-9s %s%s", stop, text, note)
