"""How quickly the API starts and answers, and what memory it takes.

    python -m tests.benchmarks.serving_start [IMAGE]

Serves the style champion of ATELIER_HOME; where there is none, a study-B CNN with chance weights in a
home of its own. Prints JSON: seconds from the start of the process to the first good answer, resident
memory then and once the follower has imported MLflow, latency and answers per second with 1 and 8
clients.
"""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import psutil
from PIL import Image

from components.inference import releases
from components.settings import Settings

SECONDS = 5.0
"""How long each number of clients asks."""
FOLLOW_SECONDS = 2.0


def main(arguments: list[str]) -> None:
    """Measure, and print one JSON object."""
    settings = Settings.load()
    with tempfile.TemporaryDirectory() as scratch:
        if releases.current(settings, "style") is None:
            settings = Settings.load(home=Path(scratch) / "home")
            _make_champion(settings, Path(scratch) / "release")
        picture = Path(arguments[0]).read_bytes() if arguments else _picture()
        print(json.dumps(measure(settings, picture), indent=1))


def measure(settings: Settings, picture: bytes) -> dict[str, object]:
    """Start a server on a free port, ask it, and end it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    environment = {"ATELIER_HOME": str(settings.home), "ATELIER_FOLLOW_SECONDS": str(FOLLOW_SECONDS)}
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "serving", "--port", str(port)],
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        answer = _first_answer(url, picture)
        first = time.perf_counter() - started
        about: dict[str, object] = {
            "model": f"{answer['model']['family']} {answer['model']['image_size']}",
            "first_good_answer_s": round(first, 2),
            "cpu_until_then_s": round(sum(psutil.Process(process.pid).cpu_times()[:2]), 2),
            "memory_then_mb": _memory(process.pid),
        }
        _until_followed(url)
        about["memory_following_mb"] = _memory(process.pid)
        about["clients"] = {clients: _load(url, picture, clients) for clients in (1, 8)}
        about["memory_after_mb"] = _memory(process.pid)
        return about
    finally:
        process.terminate()
        process.wait(20)


def _first_answer(url: str, picture: bytes) -> dict[str, dict[str, object]]:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        try:
            response = _ask(httpx.Client(timeout=30), url, picture)
            if response.status_code == 200:
                answer: dict[str, dict[str, object]] = response.json()
                return answer
        except httpx.TransportError:
            pass
        time.sleep(0.02)
    raise SystemExit("no good answer within two minutes")


def _until_followed(url: str) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end and httpx.get(f"{url}/readyz").json().get("registry") != "followed":
        time.sleep(0.2)


def _load(url: str, picture: bytes, clients: int) -> dict[str, float]:
    end = time.monotonic() + SECONDS

    def one_client(_: int) -> list[float]:
        taken = []
        with httpx.Client(timeout=30) as client:
            while time.monotonic() < end:
                started = time.perf_counter()
                _ask(client, url, picture).raise_for_status()
                taken.append(1e3 * (time.perf_counter() - started))
        return taken

    with ThreadPoolExecutor(clients) as pool:
        taken = np.concatenate(list(pool.map(one_client, range(clients))))
    return {
        "p50_ms": round(float(np.percentile(taken, 50)), 1),
        "p95_ms": round(float(np.percentile(taken, 95)), 1),
        "answers_per_second": round(len(taken) / SECONDS, 1),
    }


def _ask(client: httpx.Client, url: str, picture: bytes) -> httpx.Response:
    return client.post(f"{url}/v1/style/predict", files={"image": ("painting.jpg", picture)})


def _memory(pid: int) -> int:
    return round(psutil.Process(pid).memory_info().rss / 2**20)


def _picture() -> bytes:
    smooth = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(smooth).resize((800, 640)).save(file, "JPEG")
    return file.getvalue()


def _make_champion(settings: Settings, folder: Path) -> None:
    # Chance weights: what is measured is time and memory, which do not depend on them.
    from components.inference.export import export
    from components.models import catalog
    from components.tracking.registry import Registry
    from tests.tiny_releases import card

    size, classes = (200, 200), tuple("ABCDEF")
    model = catalog.build("simple_cnn", len(classes), size)
    samples = np.random.default_rng(0).integers(0, 256, (2, *size, 3), dtype=np.uint8)
    export(model, card(family="simple_cnn", class_names=classes, image_size=size), samples, folder)
    releases.install(settings, "style", "1", folder)
    releases.point(settings, "style", "1")
    Registry(settings).versions("style")  # makes the registry, so that the server has one to follow


if __name__ == "__main__":
    main(sys.argv[1:])
