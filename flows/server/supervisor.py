"""Holding the servers of `atelier up`: one supervisor (supervisord) starts, restarts and ends them.

Its configuration, logs and state lie below home: `supervisorctl -c .atelier/run/supervisord.conf status`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from components.addresses import is_http, sqlite_file
from components.errors import ServiceError
from components.progress import Advance, steps
from components.storage import write_atomically
from components.tracking.connection import connect
from flows import prefect_env
from flows.server.bound_process import bound, end_leftovers
from flows.server.services import Service, answers, check_port, services
from flows.server.supervisord_conf import configuration

if TYPE_CHECKING:
    from components.settings import Settings

READY_SECONDS = 300
STOP_SECONDS = 40


@contextmanager
def up(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """Every server runs within the block, and none after it; yields the supervisor once all answer.

    Raises:
        ServiceError: they run already, a port is taken, or one does not answer in time; names its log.
    """
    expected = services(settings)
    with _only_one(settings):
        end_leftovers(str(settings.home))  # of one that was killed together with its supervisor
        for service in expected:
            check_port(service, settings.host)
        _make_schema(settings)
        supervisor = _start_supervisor(settings, expected)
        try:
            with steps("Starting the servers", len(expected)) as advance:
                _wait_until_ready(settings, expected, supervisor, advance)
            addresses = {service.name: service.local_url for service in expected}
            write_atomically(_state_file(settings), json.dumps({"pid": supervisor.pid, **addresses}))
            yield supervisor
        finally:
            _end(settings, supervisor)


@contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    folder = settings.home / "run"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / "up.lock", timeout=0):
            yield
    except Timeout as exc:
        raise ServiceError(
            f"{settings.home}: the servers of this home run already. Their addresses are in "
            f"{_state_file(settings)}; end the other `atelier up` first, or choose another home: ATELIER_HOME"
        ) from exc


def _end(settings: Settings, supervisor: subprocess.Popen[bytes]) -> None:
    """End the supervisor and with it every server and whatever they started, also where it was killed."""
    supervisor.terminate()
    try:
        supervisor.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(supervisor.pid, signal.SIGKILL)
        supervisor.wait()
    end_leftovers(str(settings.home))
    _state_file(settings).unlink(missing_ok=True)


def running(settings: Settings) -> dict[str, str]:
    """Addresses of the servers that `atelier up` holds for this home; empty when none runs."""
    try:
        state = json.loads(_state_file(settings).read_text())
        os.kill(state.pop("pid"), 0)
    except (OSError, ValueError, KeyError):
        return {}
    return {name: url for name, url in state.items() if name != "prefect" or answers(f"{url}/api/health")}


def joined(settings: Settings) -> Settings:
    """The same settings, made to use the servers that already run for this home."""
    addresses = running(settings)
    if "prefect" in addresses and not settings.prefect_api_url:
        settings = settings.replace(prefect_api_url=f"{addresses['prefect']}/api")
    return settings


def _state_file(settings: Settings) -> Path:
    return settings.home / "run" / "up.json"


def _start_supervisor(settings: Settings, expected: list[Service]) -> subprocess.Popen[bytes]:
    folder = settings.home / "run"
    _state_file(settings).unlink(missing_ok=True)
    runner = [sys.executable, "-m", "flows.server.deployments"]
    commands = {service.name: service.command for service in expected} | {"runner": runner}
    commands = {name: bound(f"{settings.home}:{name}", command) for name, command in commands.items()}
    conf = write_atomically(folder / "supervisord.conf", configuration(settings.home, commands), mode=0o600)
    (settings.home / "logs").mkdir(parents=True, exist_ok=True)
    environment = os.environ | prefect_env.environment(settings)
    for service in expected:
        environment.update(service.environment)
    environment["ATELIER_HOME"] = str(settings.home)
    environment["PREFECT_API_URL"] = f"{settings.prefect_url}/api"
    # The pages ask the API from the browser, which may run on another machine.
    environment.setdefault("PREFECT_UI_API_URL", "/api")
    # MLflow's job workers (evaluation of language models) are seven processes of 250 MB each.
    environment.setdefault("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false")
    return subprocess.Popen(  # noqa: S603 (our own command)
        bound(
            f"{settings.home}:supervisor",
            [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(conf)],
        ),
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C reaches us alone; we end the supervisor, it ends the servers
    )


def _make_schema(settings: Settings) -> None:
    """One process makes MLflow's tables where there are none, before its server and the API do it at once."""
    file = sqlite_file(settings.tracking_uri)
    if not is_http(settings.tracking_uri) and not (file and file.exists()):
        connect(settings)


def _wait_until_ready(
    settings: Settings, expected: list[Service], supervisor: subprocess.Popen[bytes], advance: Advance
) -> None:
    missing = list(expected)
    started = time.monotonic()
    while missing:
        for service in [service for service in missing if service.ready]:
            missing.remove(service)
            advance(1, note=f"{service.title} is ready")
        seconds = time.monotonic() - started
        if supervisor.poll() is not None or seconds > READY_SECONDS:
            names = ", ".join(service.title for service in missing)
            logs = " ".join(str(settings.home / "logs" / f"{service.name}.log") for service in missing)
            raise ServiceError(f"{names}: not ready after {seconds:.0f} s. Their logs say why: {logs}")
        time.sleep(0.3)
