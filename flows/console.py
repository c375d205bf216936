"""What the command line shows: progress bars, log lines, tables, errors."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from components.progress import Advance, reporting
from flows.log import LOGGER

if TYPE_CHECKING:
    from collections.abc import Sequence

errors = Console(stderr=True, soft_wrap=True)
"""Progress and messages: never in the way of what a program reads from stdout."""

output = Console(soft_wrap=True, width=None if sys.stdout.isatty() else 120)


_CHATTY = ("absl", "tensorflow")
"""Loggers whose advice is for those who develop them."""


def _sign(level: int) -> str:
    """The mark before a line: a check only where something succeeded."""
    if level >= logging.ERROR:
        return "[bold red]✗[/]"
    return "[bold yellow]![/]" if level >= logging.WARNING else "[bold green]✓[/]"


class _Lines(logging.Handler):
    """Each step's line above the running bars."""

    def emit(self, record: logging.LogRecord) -> None:
        step, _, text = record.getMessage().partition(" ")
        errors.print(f"{_sign(record.levelno)} [bold]{step:<9}[/] ", end="")
        errors.print(text.strip(), markup=False, highlight=False)


@contextmanager
def talking() -> Iterator[None]:
    """Within the block, work is drawn as bars (on a terminal) and every step says its line."""
    logger = logging.getLogger(LOGGER)
    lines = _Lines()
    columns = (
        TextColumn("  {task.description}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.ERROR)
    level, propagates = logger.level, logger.propagate
    logger.addHandler(lines)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bars:

            @contextmanager
            def bar(title: str, total: int | None) -> Iterator[Advance]:
                task = bars.add_task(title, total=total, note="")

                def advance(steps: int = 1, /, note: str = "") -> None:
                    bars.advance(task, steps)
                    if note:
                        bars.update(task, note=note)

                try:
                    yield advance
                finally:
                    bars.remove_task(task)

            with reporting(bar):
                yield
    finally:
        logger.removeHandler(lines)
        logger.setLevel(level)
        logger.propagate = propagates


def show_table(title: str, rows: Sequence[dict[str, Any]]) -> None:
    """Rows as a table on stdout; the first row's keys are the columns."""
    # As texts: rich would take "[too few works]" for a style of its own, and show nothing.
    table = Table(title=Text(title), title_justify="left", header_style="bold")
    for name in rows[0] if rows else ():
        table.add_column(
            Text(name), justify="left" if isinstance(rows[0][name], str) else "right", overflow="fold"
        )
    for row in rows:
        table.add_row(*(Text(_shown(value)) for value in row.values()))
    output.print(table)


def show_json(value: Any) -> None:
    """One JSON document on stdout, for a program."""
    sys.stdout.write(json.dumps(value, indent=1, default=str, ensure_ascii=False) + "\n")


def _shown(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
