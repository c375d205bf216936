"""A real Prefect server and runner: what is due runs, what died ends, plans are reread."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psutil
import pytest

from components.settings import Settings
from flows.plan import Plan
from tests.road import free_port

pytestmark = [pytest.mark.integration, pytest.mark.slow]

RUNNER = """
import sys, anyio
from components.settings import Settings
from flows import prefect_env
settings = Settings.load()
prefect_env.prepare(settings)
from prefect.runner import Runner
from flows.server import deployments, schedules
from tests.tiny_flow import tiny
deployments.UPDATE_SECONDS = 2
runner = Runner(name="tiny", query_seconds=2, limit=1, pause_on_shutdown=False)
anyio.run(deployments.run, runner, schedules.Schedules(runner, settings, tiny))
"""


class Prefect:
    """A server of the test's own, asked over HTTP."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, path: str, body: dict[str, Any]) -> Any:
        request = Request(
            f"{self.url}/api/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        for _ in range(10):
            try:
                with urlopen(request, timeout=20) as response:
                    return json.loads(response.read() or "null")
            except HTTPError as exc:
                if exc.code != 503:  # SQLite is busy: its own client asks again, too
                    raise
                time.sleep(1)
        raise AssertionError("Prefect's server stays busy")

    def runs(self, *states: str) -> list[dict[str, Any]]:
        return self.ask("flow_runs/filter", {"flow_runs": {"state": {"type": {"any_": list(states)}}}})

    def deployments(self) -> dict[str, str]:
        return {deployment["name"]: deployment["id"] for deployment in self.ask("deployments/filter", {})}

    def deployment(self, name: str) -> dict[str, Any]:
        with urlopen(f"{self.url}/api/deployments/{self.deployments()[name]}", timeout=20) as response:
            return dict(json.loads(response.read()))

    def pause(self, name: str) -> None:
        """As runners of earlier versions did when they ended."""
        self.ask(f"deployments/{self.deployments()[name]}/pause_deployment", {})

    def start(self, name: str) -> str:
        """A run of a deployment that is due now, as from Prefect's page."""
        return str(self.ask(f"deployments/{self.deployments()[name]}/create_flow_run", {})["id"])

    def tasks(self, run: str) -> list[str]:
        tasks = self.ask("task_runs/filter", {"flow_runs": {"id": {"any_": [run]}}})
        return [str(task["state_type"]) for task in tasks]

    def state(self, run: str) -> str:
        with urlopen(f"{self.url}/api/flow_runs/{run}", timeout=20) as response:
            return str(json.loads(response.read())["state_type"])


def until(what: Callable[[], Any], seconds: float = 150) -> Any:
    """The first value that holds, asked for again until the time is over."""
    end = time.monotonic() + seconds
    while not (value := what()):
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.5)
    return value


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    from flows import prefect_env

    monkeypatch.setenv("ATELIER_SCHEDULE_CRON", "* * * * *")
    port = free_port()
    monkeypatch.setenv("ATELIER_PREFECT_PORT", str(port))
    monkeypatch.setenv("ATELIER_PREFECT_API_URL", f"http://127.0.0.1:{port}/api")
    monkeypatch.setenv("TINY_FLOW_PID", str(tmp_path / "pid"))
    monkeypatch.setenv("TINY_FLOW_BUSY", str(tmp_path / "busy"))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[3]))
    Settings.load().home.mkdir()
    quick = {
        "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "5",
        "PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS": "2",
        "PREFECT_SERVER_SERVICES_LATE_RUNS_LOOP_SECONDS": "2",
    }
    return os.environ | prefect_env.environment(Settings.load()) | quick


@pytest.fixture
def prefect(environment: dict[str, str], tmp_path: Path) -> Iterator[Prefect]:
    from flows.server.services import answers, services

    service = next(service for service in services(Settings.load()) if service.name == "prefect")
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(service.command, env=environment, stdout=log, stderr=log)
    try:
        until(lambda: answers(f"{service.url}{service.ready_path}"), 240)
        yield Prefect(service.url)
        print((tmp_path / "server.log").read_text())
    finally:
        _end(process)


@pytest.fixture
def start_runner(environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[[], Any]]:
    processes = []

    def start() -> subprocess.Popen[bytes]:
        with (tmp_path / "runner.log").open("ab") as log:
            processes.append(
                subprocess.Popen(
                    [sys.executable, "-c", RUNNER],
                    env=environment,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )
        return processes[-1]

    yield start
    for process in processes:
        _end(process)
    print((tmp_path / "runner.log").read_text())


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all below it that is left."""
    children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for child in children:
        if child.is_running():
            child.kill()


def test_what_is_due_runs_what_died_ends_and_plans_are_reread(
    prefect: Prefect, start_runner: Callable[[], Any], settings: Settings, tmp_path: Path
) -> None:
    good = Plan().save(settings, "good")
    (good.parent / "stale.json").write_text('{"gone": 1}')
    busy, pid = tmp_path / "busy", tmp_path / "pid"
    busy.touch()
    runner = start_runner()
    assert _asks_nobody_else(prefect)

    # A due run of a schedule of every minute really starts ...
    until(pid.exists)
    run = until(lambda: prefect.runs("RUNNING"))[0]
    assert any(tag.startswith("process:") for tag in run["tags"])
    assert "stale.json is not scheduled" in (tmp_path / "runner.log").read_text()

    until(lambda: prefect.tasks(run["id"]) == ["RUNNING"])

    # ... killed with its runner, it ends, its task too, and its plan is not blocked.
    os.killpg(runner.pid, signal.SIGKILL)
    runner.wait()
    pid.unlink()
    Plan(seed=1).save(settings, "second")
    prefect.pause("good")
    runner = start_runner()
    crashed = until(lambda: prefect.runs("CRASHED"))
    assert [one["id"] for one in crashed] == [run["id"]]
    until(lambda: prefect.tasks(run["id"]) == ["CRASHED"])
    again = prefect.start("good")
    until(pid.exists)

    assert not prefect.deployment("good")["paused"]

    # One pipeline at a time, and of a plan that runs already no second one waits.
    second = prefect.start("good")
    until(lambda: prefect.state(second) == "CANCELLED")
    assert len(prefect.runs("RUNNING")) == 1

    # Plans are reread; a run really ends.
    assert prefect.deployments().keys() == {"good", "second"}
    Plan(seed=2).save(settings, "third")
    (good.parent / "second.json").unlink()
    until(lambda: prefect.deployments().keys() == {"good", "third"}, 30)
    busy.unlink()
    until(lambda: prefect.state(again) == "COMPLETED")

    # Ended politely, it leaves no run that seems to go on.
    busy.touch()
    last = prefect.start("good")
    until(lambda: prefect.tasks(last) == ["RUNNING"])
    runner.terminate()
    assert runner.wait(40) == 0
    assert prefect.state(last) in {"CANCELLED", "CRASHED"}
    assert "Traceback" not in (tmp_path / "runner.log").read_text()


def _asks_nobody_else(prefect: Prefect) -> bool:
    """The page that a browser is given is the one without Amplitude's code."""
    import prefect as package

    page = urlopen(Request(f"{prefect.url}/", headers={"Accept": "text/html"}), timeout=20).read().decode()
    chosen = json.loads(urlopen(f"{prefect.url}/ui-settings", timeout=20).read())["default_ui"]
    code = "".join(file.read_text() for file in Path(package.__ui_static_path__).rglob("*.js"))
    return chosen == "v1" and "/v2/" not in page and "amplitude.com" not in code
