"""The lines that steps leave on the console."""

from __future__ import annotations

import logging

import pytest

from flows.console import show_table, talking
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


def test_brackets_in_a_table_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    show_table("Works of [red]", [{"test F1": "1.000 [too few works]", "[bold]": "Cubism [sic]"}])
    shown = capsys.readouterr().out
    assert all(text in shown for text in ("Works of [red]", "[too few works]", "Cubism [sic]", "[bold]"))
