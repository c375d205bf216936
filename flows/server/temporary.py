"""A Prefect server for one command where `atelier up` runs none; ends with it, however the command ends."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from components.errors import ServiceError
from flows import prefect_env
from flows.server.bound_process import bound
from flows.server.services import answers

if TYPE_CHECKING:
    from components.settings import Settings

SEND_SECONDS = 10


@contextmanager
def prefect_server(settings: Settings) -> Iterator[Callable[[], None]]:
    """Prepare Prefect and see to a server: the one the settings name, or one of our own for the block.

    Yields a function that returns once the server answers: what takes long to import can be imported while
    the server starts. Call it before Prefect is asked for anything.

    Raises:
        ServiceError: the server that the settings name does not answer, or ours does not start.
    """
    if settings.prefect_api_url:
        prefect_env.prepare(settings, quiet=True)
        prefect_env.require_server(settings)
        yield lambda: None
        return
    port = _free_port()
    url = f"http://127.0.0.1:{port}/api"
    prefect_env.prepare(settings, quiet=True)
    log = settings.home / "logs" / "prefect-temporary.log"
    with FileLock(settings.home / "prefect-first-start.lock") as first:
        new = not settings.prefect_database and not (settings.home / "prefect" / "prefect.db").exists()
        process = _start(port, log)
        try:
            if not new:
                first.release()  # two that make one database at once spoil it for each other
            os.environ["PREFECT_API_URL"] = url

            def wait_until_ready() -> None:
                _wait(process, url, log)
                first.release()

            yield wait_until_ready
        finally:
            os.environ.pop("PREFECT_API_URL", None)
            if process.poll() is None:
                _send_what_waits()
            _end(process)


def _start(port: int, log: Path) -> subprocess.Popen[bytes]:
    log.parent.mkdir(parents=True, exist_ok=True)
    app = ["--factory", "prefect.server.api.server:create_app"]
    command = [sys.executable, "-m", "uvicorn", *app, "--host", "127.0.0.1", "--port", str(port)]
    environment = os.environ | {
        # As Prefect's own temporary server: no pages, no schedules.
        "PREFECT_SERVER_UI_ENABLED": "false",
        "PREFECT__SERVER_EPHEMERAL": "1",
        "PREFECT__SERVER_FINAL": "1",
    }
    with log.open("ab") as file:
        return subprocess.Popen(  # noqa: S603 (our own command)
            bound(f"temporary:{os.getpid()}", [*command, "--log-level", "error"]),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,  # Ctrl-C reaches us alone; we end it when the flow run has its last state
        )


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + prefect_env.START_SECONDS
    while not answers(f"{url}/health"):
        if process.poll() is not None:
            raise ServiceError(f"Prefect's temporary server ended at its start. Its log says why: {log}")
        if time.monotonic() > end:
            raise ServiceError(
                f"Prefect's temporary server did not answer within {prefect_env.START_SECONDS} s. The "
                f"machine is very busy, or its log says why: {log}. Try again, or start one first: atelier up"
            )
        time.sleep(0.2)


def _send_what_waits() -> None:
    """Prefect sends log lines and the states of task runs a little later; without a server it could not."""
    if "prefect" in sys.modules:
        from prefect.events.worker import EventsWorker
        from prefect.logging.handlers import APILogHandler

        APILogHandler().flush()
        EventsWorker.drain_all(timeout=SEND_SECONDS)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
