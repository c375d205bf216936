"""Killed with -9 and run again, and stopped by what cannot be trained on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time

import pytest

from components.data.sources import synthetic
from tests.road import ROAD, atelier, run
from tests.tiny_collections import picture

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def test_killed_at_any_stop_it_goes_on_from_the_last_finished_one(tmp_path):
    home, gallery = tmp_path / "home", synthetic.draw(tmp_path / "gallery", works_per_style=20, size=48)
    road = [*ROAD[1:], "--root", str(gallery)]
    before: list[str] = []
    # `train` walks the first stops without Prefect's server, and the two commands share their work.
    for command, stop in (("train", "✓ train"), ("pipeline", "✓ promote")):
        said = _killed_after(stop, atelier(home, command, *road))
        assert all(_found_done(line, said) for line in before), (stop, before, said)
        before = [line for line in said if line.startswith(("✓ ingest", "✓ train", "✓ promote"))]
    done = run(home, "pipeline", *road, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["decision"]["action"] == "promote"
    left = [path for path in home.rglob("*.part") if "prefect" not in path.parts]
    assert left == [] or all(path.name.startswith(".") for path in left)


def test_a_class_with_one_picture_stops_before_training_and_says_why(tmp_path):
    art = tmp_path / "art"
    for name, count in {"landscape": 20, "portrait": 20, "still life": 1}.items():
        (art / name).mkdir(parents=True)
        for number in range(count):
            picture(1000 * len(name) + number, (64, 64 + number)).save(art / name / f"{number}.png")
    given = ["--source", "folder", "--root", str(art), "--task", "genre"]
    done = run(tmp_path / "home", "train", *given, "--scale", "smoke")
    assert done.returncode == 2
    assert "still life" in done.stderr
    assert "Traceback" not in done.stderr


def _killed_after(start: str, command: list[str]) -> list[str]:
    """The command's lines until one begins with `start`; then it and all it started is killed with -9."""
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=environment,
    )
    said: list[str] = []
    end = time.monotonic() + 280
    assert process.stderr is not None
    for line in process.stderr:
        said.append(line.rstrip())
        if line.startswith(start) or time.monotonic() > end:
            break
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stderr.close()
    assert said, "it said nothing"
    assert said[-1].startswith(start), said
    return said


def _found_done(line: str, said: list[str]) -> bool:
    """Whether what `line` told as done was found done by the run that said `said`."""
    text = line.removesuffix(" (found done)")
    return any(one.startswith(text) and one.endswith("(found done)") for one in said)
