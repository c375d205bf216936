"""Holding the servers of `atelier up`: one supervisor (supervisord) starts, restarts and ends them.

Its configuration, logs and state lie below home: `supervisorctl -c .atelier/run/supervisord.conf status`.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from components.errors import ServiceError
from components.progress import Advance, steps
from components.storage import write_atomically
from flows import prefect_env
from flows.server.services import Service, answers, check_port, services

if TYPE_CHECKING:
    from components.settings import Settings

READY_SECONDS = 180
STOP_SECONDS = 40


def up(settings: Settings) -> subprocess.Popen[bytes]:
    """Start every server and return the supervisor once all answer.

    Raises:
        ServiceError: a port is taken, or a server does not answer in time; says where its log lies.
    """
    wanted = services(settings)
    for service in wanted:
        check_port(service, settings.host)
    supervisor = _start_supervisor(settings, wanted)
    try:
        with steps("Starting the servers", len(wanted)) as advance:
            _wait_until_ready(settings, wanted, supervisor, advance)
    except BaseException:
        down(supervisor)
        raise
    addresses = {service.name: service.local_url for service in wanted}
    write_atomically(_state_file(settings), json.dumps({"pid": supervisor.pid, **addresses}))
    return supervisor


def down(supervisor: subprocess.Popen[bytes]) -> None:
    """End the supervisor and with it every server and whatever they started."""
    supervisor.terminate()
    try:
        supervisor.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(supervisor.pid, signal.SIGKILL)
        supervisor.wait()


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
    found = running(settings)
    if "prefect" in found and not settings.prefect_api_url:
        settings = settings.replace(prefect_api_url=f"{found['prefect']}/api")
    return settings


def _state_file(settings: Settings) -> Path:
    return settings.home / "run" / "up.json"


def _start_supervisor(settings: Settings, wanted: list[Service]) -> subprocess.Popen[bytes]:
    folder = settings.home / "run"
    _state_file(settings).unlink(missing_ok=True)
    runner = [sys.executable, "-m", "flows.server.deployments"]
    commands = {service.name: service.command for service in wanted} | {"runner": runner}
    conf = write_atomically(folder / "supervisord.conf", _configuration(commands), mode=0o600)
    (settings.home / "logs").mkdir(parents=True, exist_ok=True)
    environment = os.environ | prefect_env.environment(settings)
    for service in wanted:
        environment.update(service.environment)
    environment["ATELIER_HOME"] = str(settings.home)
    environment["PREFECT_API_URL"] = f"{settings.prefect_url}/api"
    # The pages ask the API from the browser, which may run on another machine.
    environment.setdefault("PREFECT_UI_API_URL", f"{settings.public_address(settings.prefect_port)}/api")
    # MLflow's job workers (evaluation of language models) are seven processes of 250 MB each.
    environment.setdefault("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false")
    return subprocess.Popen(  # noqa: S603 (our own command)
        [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(conf)],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C reaches us alone; we end the supervisor, it ends the servers
        preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 (no threads yet)
    )


def _end_with_parent() -> None:
    """Ask Linux to end the supervisor (SIGTERM) when we are killed without a chance to do it."""
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _configuration(commands: dict[str, list[str]]) -> str:
    # Paths are told from the file's own folder, %(here)s: home may hold signs that mean something here.
    import getpass

    user = f"user={getpass.getuser()}\n" if os.getuid() == 0 else ""  # said outright, or it warns
    text = f"""[supervisord]
nodaemon=true
silent=true
{user}logfile=%(here)s/../logs/supervisord.log
pidfile=%(here)s/supervisord.pid

[unix_http_server]
file=%(here)s/supervisor.sock

[supervisorctl]
serverurl=unix://%(here)s/supervisor.sock

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""
    for name, command in commands.items():
        text += f"""
[program:{name}]
command={shlex.join(command).replace("%", "%%")}
autorestart=true
startsecs=3
startretries=5
stopsignal=TERM
stopwaitsecs=15
stopasgroup=true
killasgroup=true
redirect_stderr=true
stdout_logfile=%(here)s/../logs/{name}.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
"""
    return text


def _wait_until_ready(
    settings: Settings, wanted: list[Service], supervisor: subprocess.Popen[bytes], advance: Advance
) -> None:
    missing = list(wanted)
    end = time.monotonic() + READY_SECONDS
    while missing:
        for service in [service for service in missing if service.ready]:
            missing.remove(service)
            advance(1, note=f"{service.title} is ready")
        if supervisor.poll() is not None or time.monotonic() > end:
            names = ", ".join(service.title for service in missing)
            logs = " ".join(str(settings.home / "logs" / f"{service.name}.log") for service in missing)
            raise ServiceError(f"{names}: not ready after {READY_SECONDS} s. Their logs say why: {logs}")
        time.sleep(0.3)
