"""`atelier up` on free ports: what is killed with -9 leaves nothing behind and is started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from flows.server.bound_process import MARK, bound, end_leftovers
from tests.road import atelier, free_port

pytestmark = [pytest.mark.integration, pytest.mark.slow]

START_SECONDS = 240


@pytest.fixture
def up(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    home = tmp_path / "home"
    ports = {f"ATELIER_{name}_PORT": str(free_port()) for name in ("API", "MLFLOW", "PREFECT", "DASHBOARD")}
    with (tmp_path / "up.log").open("wb") as log:
        process = subprocess.Popen(
            atelier(home, "up"), env=os.environ | ports, stdout=log, stderr=log, text=True
        )
    try:
        end = time.monotonic() + START_SECONDS
        while "Ctrl-C ends them" not in (tmp_path / "up.log").read_text():
            assert process.poll() is None, (tmp_path / "up.log").read_text()
            assert time.monotonic() < end, (tmp_path / "up.log").read_text()
            time.sleep(0.5)
        yield process
    finally:
        process.kill()
        process.wait()
        end_leftovers(str(home))


def test_what_is_killed_leaves_nothing_behind(up: subprocess.Popen[str], tmp_path: Path) -> None:
    home = tmp_path / "home"
    second = subprocess.run(atelier(home, "up"), capture_output=True, text=True, timeout=60, check=False)
    assert (second.returncode, "run already" in second.stderr) == (2, True), second.stderr

    # MLflow's parent killed: its child, which holds the port, is ended, and a new pair answers there.
    parent, child = _marked(f"{home}:mlflow")[:2]
    parent.kill()
    _until(lambda: not child.is_running() and len(_marked(f"{home}:mlflow")) >= 2)

    # The supervisor killed: every server ends, and `atelier up` says so rightly.
    assert (home / "run" / "supervisord.conf").stat().st_mode & 0o777 == 0o600
    [supervisor] = [p for p in _marked(f"{home}:supervisor") if "supervisord" in " ".join(p.cmdline())]
    supervisor.kill()
    assert up.wait(60) == 0
    assert _marked(str(home)) == []
    assert "All servers ended" in (tmp_path / "up.log").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's signal at a parent's death")
def test_a_bound_process_ends_with_whoever_started_it(tmp_path: Path) -> None:
    mark = f"test:{tmp_path}"
    command = bound(mark, [sys.executable, "-c", "import time; time.sleep(60)"])
    code = f"import subprocess, time; subprocess.Popen({command!r}); time.sleep(60)"
    # `bound` names the process that calls it as the starter: here the test's own.
    starter = subprocess.Popen([sys.executable, "-c", code])
    _until(lambda: _marked(mark))
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    _until(lambda: not _marked(mark))


def test_a_start_ends_what_an_earlier_one_left(tmp_path: Path) -> None:
    mark = f"test:{tmp_path}"
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    left = subprocess.Popen(sleep, env=os.environ | {MARK: mark})
    other = subprocess.Popen(sleep, env=os.environ | {MARK: f"{mark}2"})
    _until(lambda: _marked(mark) and _marked(f"{mark}2"))
    new = subprocess.Popen(bound(mark, sleep))
    assert left.wait(30) != 0
    _until(lambda: [process.pid for process in _marked(mark)] == [new.pid])
    assert other.poll() is None
    for process in (new, other):
        process.kill()
        process.wait()


COMMAND = """
import time
from components.settings import Settings
from flows.server.temporary import prefect_server
with prefect_server(Settings.load()) as wait_until_ready:
    wait_until_ready()
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's signal at a parent's death")
def test_a_command_that_is_killed_leaves_no_prefect_server(tmp_path: Path) -> None:
    command = subprocess.Popen([sys.executable, "-c", COMMAND], stdout=subprocess.PIPE, text=True)
    assert command.stdout is not None
    assert command.stdout.readline() == "ready\n"
    mark = f"temporary:{command.pid}"
    assert _marked(mark)
    command.kill()
    command.wait()
    command.stdout.close()
    _until(lambda: not _marked(mark))
    assert (tmp_path / "home" / "prefect" / "prefect.db").exists()


def _marked(mark: str) -> list[psutil.Process]:
    """Processes that carry the mark or one below it, the oldest first."""
    marked = []
    for process in psutil.process_iter():
        try:
            carried = process.environ().get(MARK, "")
        except psutil.Error:
            continue
        if process.status() != psutil.STATUS_ZOMBIE and (carried == mark or carried.startswith(f"{mark}:")):
            marked.append(process)
    return sorted(marked, key=psutil.Process.create_time)


def _until(holds: object, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.3)
