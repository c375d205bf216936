"""`python -m serving` as a process: what it imports, how it starts and ends, what floods it survives."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import psutil
import pytest

from components.inference import releases
from components.settings import Settings
from tests.tiny_releases import SIZE, card, picture, write_release

pytestmark = pytest.mark.integration

FLOOD_BYTES = 200 * 2**20
CHUNK = b"\xff" * 2**16


@dataclass(frozen=True)
class Server:
    process: subprocess.Popen[str]
    url: str
    scratch: Path
    """Where the process puts its temporary files."""

    def ask(self, data: bytes) -> httpx.Response:
        return httpx.post(f"{self.url}/v1/style/predict", files={"image": ("a.png", data)}, timeout=30)

    def megabytes(self) -> float:
        return psutil.Process(self.process.pid).memory_info().rss / 2**20


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def start(home: Path, port: int, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "serving", "--port", str(port)],
        env=os.environ | {"ATELIER_HOME": str(home)} | environment,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = Settings(home=tmp_path_factory.mktemp("served"))
    releases.install(settings, "style", "1", write_release(settings.home / "made", card()))
    releases.point(settings, "style", "1")
    return settings.home


@pytest.fixture
def server(home: Path, tmp_path: Path) -> Iterator[Server]:
    port = free_port()
    process = start(home, port, TMPDIR=str(tmp_path))
    url = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + 60
        while True:
            assert process.poll() is None, process.stderr and process.stderr.read()
            assert time.monotonic() < end, "the server did not become ready"
            try:
                if httpx.get(f"{url}/readyz").status_code == 200:
                    break
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        yield Server(process, url, tmp_path)
    finally:
        process.kill()
        process.wait()


def flood(server: Server, *, declared: bool) -> httpx.Response:
    """Send 200 MB, made as they are sent, with or without saying so before."""
    head = b'--b\r\nContent-Disposition: form-data; name="image"; filename="big.png"\r\n\r\n'

    def body() -> Iterator[bytes]:
        yield head
        for _ in range(FLOOD_BYTES // len(CHUNK)):
            yield CHUNK

    headers = {"content-type": "multipart/form-data; boundary=b"}
    if declared:
        headers["content-length"] = str(len(head) + FLOOD_BYTES)
    return httpx.post(f"{server.url}/v1/style/predict", content=body(), headers=headers, timeout=60)


@pytest.mark.parametrize("declared", [True, False])
def test_200_megabytes_are_refused_in_bounded_memory_and_disk(server: Server, declared: bool) -> None:
    assert server.ask(picture()).status_code == 200
    before = server.megabytes()
    most_memory, most_disk, done = 0.0, 0, threading.Event()

    def watch() -> None:
        nonlocal most_memory, most_disk
        while not done.wait(0.02):
            most_memory = max(most_memory, server.megabytes())
            most_disk = max(most_disk, psutil.Process(server.process.pid).io_counters().write_bytes)

    watcher = threading.Thread(target=watch)
    watcher.start()
    response = flood(server, declared=declared)
    done.set()
    watcher.join()
    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"
    assert most_memory - before < 60
    assert most_disk < 64 * 2**20  # the bound of 20 MiB may be spooled, no more
    assert server.ask(picture()).status_code == 200


def test_it_ends_in_good_order(server: Server) -> None:
    assert server.ask(picture()).json()["predictions"][0]["label"] == "Red"
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(15) in {0, -signal.SIGTERM}
    assert server.process.stderr
    assert "Traceback" not in server.process.stderr.read()


def test_a_port_in_use_is_one_clear_line(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = start(home, port)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert said.count("\n") == 1
    assert f"Port {port} on 127.0.0.1 is in use" in said
    assert "ATELIER_API_PORT or --port" in said


def test_a_setting_that_cannot_be_used_is_one_clear_line(home: Path) -> None:
    process = start(home, 70_000)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert said.startswith("ATELIER_API_PORT: ")
    assert "Traceback" not in said


FOLLOWED = """
import sys
from serving.__main__ import stay_slim
stay_slim()
from fastapi.testclient import TestClient
from components.settings import Settings
from serving.app import create_app
from tests.tiny_releases import picture
app = create_app(Settings.load(follow_seconds=600))
with TestClient(app) as client:
    app.state.champions.look()
    answer = client.post("/v1/style/predict", files={"image": ("a.png", picture())}).json()
print(answer["model"]["version"], answer["predictions"][0]["label"], app.state.champions.registry())
heavy = {"tensorflow", "keras", "sklearn", "matplotlib", "pandas", "great_expectations", "prefect"}
print(sorted(name for name in heavy if sys.modules.get(name)))
"""


@pytest.mark.slow
def test_following_the_registry_takes_no_training_package(tmp_path: Path) -> None:
    from components.tracking.registry import Registry
    from components.tracking.runs import Tracker

    settings = Settings(home=tmp_path / "home")
    with Tracker(settings).start("style", "a run", "key") as run:
        about = card(run_id=run.id)
        folder = write_release(tmp_path / "release", about)
        run.log_release(folder, about, np.zeros((1, SIZE, SIZE, 3), np.uint8))
    registry = Registry(settings)
    registry.alias("style", "champion", registry.register("style", run.id, about))
    done = subprocess.run(
        [sys.executable, "-c", FOLLOWED],
        env=os.environ | {"ATELIER_HOME": str(settings.home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == ["1 Red followed", "[]"], done.stderr
