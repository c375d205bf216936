"""The lines that steps leave on the console."""

from __future__ import annotations

import logging

import pytest

from flows.console import talking
from flows.log import LOGGER, log_step


def test_only_what_succeeded_gets_a_check_mark(capfd: pytest.CaptureFixture[str]) -> None:
    with talking():
        log_step("train", "macro-F1 0.9", cached=True)
        log_step("validate", "warning: few works of a class", outcome="warning")
        log_step("study", "B4 could not be done: no weights", outcome="failed")
    assert [line.split(maxsplit=1) for line in capfd.readouterr().err.splitlines()] == [
        ["✓", "train     macro-F1 0.9 (found done)"],
        ["!", "validate  warning: few works of a class"],
        ["✗", "study     B4 could not be done: no weights"],
    ]
    logger = logging.getLogger(LOGGER)
    assert (logger.handlers, logger.propagate) == ([], True)
