"""Processes that take trials of a search beside the process that leads it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from flows.log import log_step

if TYPE_CHECKING:
    from components.settings import Settings
    from components.training.search.search import Search

_LAST_SECONDS = 60
"""A worker that has no trial left ends within so long, or is ended."""


@contextmanager
def search_workers(search: Search, data_version: str, count: int, settings: Settings) -> Iterator[None]:
    """Run `count` worker processes within the block; they end with it.

    A worker that fails takes nothing with it: the others run its trial again.

    Args:
        search: what is searched, handed over as JSON.
        data_version: fingerprint of a data version that is kept below home.
        count: how many processes to start; 0 for none.
        settings: names the home and the searches' database, which the workers share.
    """
    command = [
        *(sys.executable, "-m", "flows.cli", "--home", str(settings.home), "take-trials"),
        *(search.model_dump_json(), data_version),
    ]
    # The database's address may hold a password, which a command line would show to every user.
    environment = os.environ | {"ATELIER_SEARCH_STORAGE": settings.search_storage}
    logs = settings.home / "logs" / "search"
    with ExitStack() as stack:
        processes = {
            number: stack.enter_context(_running(command, environment, logs / f"worker-{number}.log"))
            for number in range(2, count + 2)
        }
        yield
        for number, process in processes.items():
            try:
                code = process.wait(_LAST_SECONDS)
            except subprocess.TimeoutExpired:
                continue  # It is ended when the block ends.
            if code:
                log = logs / f"worker-{number}.log"
                log_step("tune", f"worker {number} ended with exit code {code}: see {log}", outcome="failed")


@contextmanager
def _running(
    command: list[str], environment: dict[str, str], log_file: Path
) -> Iterator[subprocess.Popen[bytes]]:
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603
            command, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
