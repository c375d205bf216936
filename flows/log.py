"""What a step has to say: one line, to the log that the console and Prefect both show."""

from __future__ import annotations

import logging
from typing import Literal

from components.addresses import masked

LOGGER = "atelier"
"""Prefect is told to keep this logger's lines with the flow run (`PREFECT_LOGGING_EXTRA_LOGGERS`)."""

Outcome = Literal["done", "warning", "failed"]
_LEVELS: dict[Outcome, int] = {"done": logging.INFO, "warning": logging.WARNING, "failed": logging.ERROR}


def log_step(step: str, text: str, *, cached: bool = False, outcome: Outcome = "done") -> None:
    """Say what `step` did, and whether its work was found done.

    Args:
        step: the step's name, which starts the line.
        text: what it did, or what a person should know; passwords in it are masked.
        cached: the work was found done, nothing was computed.
        outcome: "done" is what succeeded and alone gets the console's check mark; "warning" goes on and
            wants a look; "failed" could not be done.
    """
    note = " (found done)" if cached else ""
    logging.getLogger(LOGGER).log(_LEVELS[outcome], "%-9s %s%s", step, masked(text), note)
