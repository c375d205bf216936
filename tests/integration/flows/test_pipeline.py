"""The whole road in miniature, as its users walk it: commands in processes of their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from components.data.sources import synthetic
from components.settings import Settings
from tests.road import ROAD, run

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def gallery(tmp_path_factory) -> Path:
    return synthetic.draw(tmp_path_factory.mktemp("gallery"), works_per_style=20, size=48)


@pytest.fixture(scope="module")
def walked(tmp_path_factory, gallery):
    """A home in which the pipeline ran twice; what each run printed as JSON and said.

    The second has a family more, whose weights are a file that holds none.
    """
    home = tmp_path_factory.mktemp("road") / "home"
    junk = home.with_name("mobilenet.h5")
    junk.write_bytes(b"no weights")
    more = ("--families", "mobilenet_v2,simple_cnn,vgg_inception", "--weights", str(junk))
    runs = [run(home, *ROAD, "--root", str(gallery), "--json", *given) for given in ((), more)]
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
        assert one["metrics"].get("test/macro_f1_low", 0) <= one["metrics"]["test/macro_f1"]
    assert [one["tags"]["atelier.kind"] for one in first["pictures"]] == ["gan", "style-transfer"]
    for what, where in first["where"].items():
        assert Path(where.removeprefix("sqlite:///")).exists(), what


def test_a_second_run_finds_every_stop_done(walked):
    _, (first, second), (_, said) = walked
    assert [one["id"] for one in second["runs"]] == [one["id"] for one in first["runs"]]
    assert [one["id"] for one in second["pictures"]] == [one["id"] for one in first["pictures"]]
    for stop in ("ingest", "validate", "explore", "train", "promote", "gan", "style"):
        told = [line for line in said.splitlines() if line.startswith((f"✓ {stop}", f"! {stop}"))]
        lines = [line for line in told if "warning:" not in line]
        assert lines, said
        assert all("(found done)" in line for line in lines), said


def test_a_family_that_fails_leaves_the_others_in_the_race_and_is_named(walked):
    from components.tracking.runs import Tracker

    home, (first, second), (_, said) = walked
    assert first["failures"] == []
    (failure,) = second["failures"]
    assert failure["step"] == "train mobilenet_v2"
    assert "mobilenet.h5" in failure["reason"]
    assert "✗ train" in said
    assert second["decision"]["version"] == first["decision"]["version"]
    tracker = Tracker(Settings.load(home=home))
    (failed,) = (one for one in tracker.runs(kind="training") if one.status == "FAILED")
    kept = tracker.artifact(failed.id, "traceback.txt").read_text(encoding="utf-8")
    assert kept.startswith("Traceback")
    assert "WeightsError" in kept


def test_every_run_logged_its_figures_and_its_model(walked):
    from components.tracking.runs import Tracker

    home, (first, _), _ = walked
    tracker = Tracker(Settings.load(home=home))
    for one in first["runs"]:
        figures = tracker.artifacts(one["id"], "figures")
        drawn = ("confusion_matrix", "curves", "misclassified", "per_class", "reliability")
        assert sorted(figures) == [f"figures/{name}.png" for name in (*drawn, "validation_misclassified")]
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
    assert answer.json()["model"]["calibrated"] is True
    assert answer.json()["novelty"]["threshold"] > 0


def test_predict_runs_and_rollback_answer_without_a_server(walked, gallery):
    home, (first, _), _ = walked
    picture = sorted(gallery.rglob("*.jpg"))[0]
    told = json.loads(run(home, "predict", str(picture), "--json").stdout)
    assert told["model"]["run_id"] == first["decision"]["run_id"]
    assert told["model"]["temperature"]["value"] > 0
    assert 0 <= told["model"]["novelty"]["false_alarms"] <= 1
    assert isinstance(told["novelty"]["unlike_training"], bool)
    listed = json.loads(run(home, "runs", "--json").stdout)
    finished = {one["id"] for one in listed if one["status"] == "FINISHED"}
    assert finished == {one["id"] for one in first["runs"]}
    back = run(home, "rollback")
    assert back.returncode == 2
    assert "no previous champion" in " ".join(back.stderr.split())
