"""The whole road in miniature, as its users walk it: commands in processes of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from components.data.sources import synthetic
from components.settings import Settings
from tests.tiny_collections import picture

pytestmark = [pytest.mark.integration, pytest.mark.slow]

ROAD = ["pipeline", "--scale", "smoke", "--families", "simple_cnn,vgg_inception"]


def atelier(home: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "flows.cli", "--home", str(home), *arguments]


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(atelier(home, *arguments), capture_output=True, text=True, timeout=280, check=False)


@pytest.fixture(scope="module")
def gallery(tmp_path_factory) -> Path:
    return synthetic.draw(tmp_path_factory.mktemp("gallery"), works_per_style=20, size=48)


@pytest.fixture(scope="module")
def walked(tmp_path_factory, gallery):
    """A home in which the pipeline ran twice; what each run printed as JSON and said."""
    home = tmp_path_factory.mktemp("road") / "home"
    runs = [run(home, *ROAD, "--root", str(gallery), "--json") for _ in range(2)]
    for done in runs:
        assert done.returncode == 0, done.stderr
    return home, [json.loads(done.stdout) for done in runs], [done.stderr for done in runs]


def test_it_ends_with_a_champion_and_says_where_everything_lies(walked):
    _, (first, _), _ = walked
    assert first["synthetic"] is True
    assert first["decision"]["action"] == "promote"
    assert [one["tags"]["atelier.family"] for one in first["runs"]] == ["simple_cnn", "vgg_inception"]
    for one in first["runs"]:
        assert one["tags"]["atelier.data_version"] == first["data_version"]
        assert one["metrics"]["test/macro_f1_low"] <= one["metrics"]["test/macro_f1"]
    assert [one["tags"]["atelier.kind"] for one in first["pictures"]] == ["gan", "style-transfer"]
    for what, where in first["where"].items():
        assert Path(where.removeprefix("sqlite:///")).exists(), what


def test_a_second_run_finds_every_stop_done(walked):
    _, (first, second), (_, said) = walked
    assert [one["id"] for one in second["runs"]] == [one["id"] for one in first["runs"]]
    assert [one["id"] for one in second["pictures"]] == [one["id"] for one in first["pictures"]]
    for stop in ("ingest", "validate", "train", "promote", "gan", "style"):
        lines = [line for line in said.splitlines() if line.startswith(f"✓ {stop}")]
        assert lines, said
        assert all("(found done)" in line for line in lines), said


def test_every_run_logged_its_figures_and_its_model(walked):
    from components.tracking.runs import Tracker

    home, (first, _), _ = walked
    tracker = Tracker(Settings.load(home=home))
    for one in first["runs"]:
        figures = tracker.artifacts(one["id"], "figures")
        assert sorted(figures) == [
            f"figures/{name}.png" for name in ("confusion_matrix", "curves", "per_class")
        ]
        assert "validation/report.html" in tracker.artifacts(one["id"], "validation")
        assert tracker.history(one["id"])["epoch/val_macro_f1"]
    gan, style = (one["id"] for one in first["pictures"])
    assert any(path.startswith("grids/epoch_") for path in tracker.artifacts(gan, "grids"))
    assert {"before_after.png", "content.png", "result.png", "style.png"} <= set(tracker.artifacts(style))


def test_the_champion_is_served_and_named_synthetic(walked, gallery):
    from fastapi.testclient import TestClient

    from serving.app import create_app

    home, (first, _), _ = walked
    picture = sorted(gallery.rglob("*.jpg"))[0]
    with TestClient(create_app(Settings.load(home=home))) as client:
        answer = client.post("/v1/style/predict", files={"image": picture.read_bytes()})
    assert answer.status_code == 200, answer.text
    assert answer.json()["model"]["version"] == first["decision"]["version"]
    assert answer.json()["model"]["synthetic"] is True
    assert len(answer.json()["predictions"]) == 6


def test_predict_runs_and_rollback_answer_without_a_server(walked, gallery):
    home, (first, _), _ = walked
    picture = sorted(gallery.rglob("*.jpg"))[0]
    told = json.loads(run(home, "predict", str(picture), "--json").stdout)
    assert told["model"]["run_id"] == first["decision"]["run_id"]
    listed = json.loads(run(home, "runs", "--json").stdout)
    assert {one["id"] for one in listed} == {one["id"] for one in first["runs"]}
    back = run(home, "rollback")
    assert back.returncode == 2
    assert "no previous champion" in " ".join(back.stderr.split())


def test_killed_at_any_stop_it_goes_on_from_the_last_finished_one(tmp_path, gallery):
    home = tmp_path / "home"
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
