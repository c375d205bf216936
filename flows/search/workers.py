"""Processes that work on a search beside the one that leads it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from flows.log import log_step

_LAST_SECONDS = 60
"""A worker that has no trial left ends within so long, or is ended."""


@contextmanager
def at_work(commands: Sequence[Sequence[str]], logs: Path) -> Iterator[None]:
    """Within the block the commands run, each with a log of its own; they end with it.

    A worker that fails takes nothing with it: its trial is run again by the others.
    """
    with ExitStack() as stack:
        begun = [stack.enter_context(_running(command, logs, at)) for at, command in enumerate(commands, 2)]
        yield
        for at, process in enumerate(begun, start=2):
            try:
                code = process.wait(_LAST_SECONDS)
            except subprocess.TimeoutExpired:
                continue  # ended with the block
            if code:
                log_step("tune", f"worker {at} ended with {code}: {logs / f'worker-{at}.log'}")


@contextmanager
def _running(command: Sequence[str], logs: Path, number: int) -> Iterator[subprocess.Popen[bytes]]:
    logs.mkdir(parents=True, exist_ok=True)
    with (logs / f"worker-{number}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)  # noqa: S603
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
