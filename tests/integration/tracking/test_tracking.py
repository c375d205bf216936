import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from components.data.manifest import COLUMNS, Manifest
from components.errors import DataError, ServiceError
from components.settings import Settings
from components.tracking import tags
from components.tracking.connection import connect
from components.tracking.processes import Process, start_of, this_life
from components.tracking.runs import Tracker
from components.tracking.trials import TrialLog, log_trial

pytestmark = pytest.mark.integration

EXPERIMENT = "style · synthetic-gallery"
TAGS = {tags.KIND: "training", tags.TASK: "style", tags.FAMILY: "simple_cnn", tags.SYNTHETIC: "true"}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def tracker(settings: Settings) -> Tracker:
    return Tracker(settings)


def _manifest(root: Path) -> Manifest:
    rows = [
        dict.fromkeys(COLUMNS, "") | {"label": label, "sha256": label, "split": "train"} for label in "ab"
    ]
    return Manifest(pd.DataFrame(rows), "synthetic-gallery", root, synthetic=True)


def test_a_run_is_found_again_with_all_it_logged(
    tracker: Tracker, settings: Settings, tmp_path: Path
) -> None:
    from matplotlib.figure import Figure

    manifest = _manifest(tmp_path)
    (tmp_path / "more.txt").write_text("more")
    assert tracker.find(EXPERIMENT, "whole") is None
    with tracker.start(EXPERIMENT, "simple_cnn", "whole", TAGS) as run:
        run.params({"family": "simple_cnn", "stages": [{"epochs": 2}], "options": {"width": 8}})
        run.params({f"many.{n}": n for n in range(150)})
        for epoch in (1, 2):
            run.epoch(epoch, {"loss": 1 / epoch, "epoch/val_macro_f1": 0.4 * epoch})
        run.metrics({"test/macro_f1": 0.8})
        run.figure("figures/empty.png", Figure())
        run.image("grids/epoch-001.png", Image.new("RGB", (8, 8)))
        run.text("recipe.json", "{}")
        run.table("tables/per_class.json", [{"class": "Été", "f1": 0.5}, {"class": "b", "f1": 1.0}])
        run.files(tmp_path, "extra")
        run.dataset(manifest)
        run.tags({"hardware": "cpu"})

    found = tracker.find(EXPERIMENT, "whole")
    assert found is not None
    assert (found.id, found.status, found.name) == (run.id, "FINISHED", "simple_cnn")
    assert found.params["options.width"] == "8"
    assert found.params["stages"] == '[{"epochs": 2}]'
    assert found.params["many.149"] == "149"
    assert found.metrics["test/macro_f1"] == 0.8
    assert found.tags["hardware"] == "cpu"
    assert 0 < found.seconds < 120
    history = tracker.history(run.id)
    assert history["epoch/loss"] == [(1, 1.0), (2, 0.5)]
    assert history["epoch/val_macro_f1"] == [(1, 0.4), (2, 0.8)]
    assert tracker.artifact(run.id, "recipe.json").read_text() == "{}"
    assert tracker.artifact(run.id, "extra/more.txt").read_text() == "more"
    assert set(tracker.artifacts(run.id)) == {"extra", "figures", "grids", "recipe.json", "tables"}
    assert tracker.artifacts(run.id, "grids") == ["grids/epoch-001.png"]
    (data,) = connect(settings).get_run(run.id).inputs.dataset_inputs
    assert (data.dataset.name, data.dataset.digest) == ("synthetic-gallery", manifest.fingerprint)
    profile = json.loads(data.dataset.profile)
    assert profile["works"] == len(manifest)
    assert profile["lineage"] == list(manifest.lineage)
    assert profile["parents"] == list(manifest.parents)


def test_artifacts_that_are_not_there_are_named(tracker: Tracker) -> None:
    with tracker.start(EXPERIMENT, "empty", "empty", TAGS) as run:
        pass
    with pytest.raises(DataError, match=r"no artifact nothing\.png"):
        tracker.artifact(run.id, "nothing.png")
    with pytest.raises(ServiceError, match="not found"):
        tracker.history("0" * 32)


def test_a_failed_run_says_why_and_is_not_found(tracker: Tracker) -> None:
    with (
        pytest.raises(RuntimeError),
        tracker.start(EXPERIMENT, "failing", "failing", TAGS) as run,
    ):
        raise RuntimeError("no memory left")
    assert tracker.run(run.id).status == "FAILED"
    assert tracker.run(run.id).tags[tags.ERROR] == "RuntimeError: no memory left"
    assert tracker.find(EXPERIMENT, "failing") is None


def test_an_interrupted_run_is_killed(tracker: Tracker) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        tracker.start(EXPERIMENT, "interrupted", "interrupted", TAGS) as run,
    ):
        raise KeyboardInterrupt
    assert tracker.run(run.id).status == "KILLED"


def test_only_a_dead_process_leaves_a_stale_run(tracker: Tracker, settings: Settings) -> None:
    with tracker.start(EXPERIMENT, "alive", "stale", TAGS) as alive:
        sleeper = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        with tracker.start(EXPERIMENT, "dying", "stale", TAGS) as dying:
            sleeping = Process(this_life(), sleeper.pid, start_of(sleeper.pid) or "")
            dying.tags({tags.PROCESS: str(sleeping)})
            assert tracker.mark_stale(EXPERIMENT, "stale") == []
            sleeper.communicate()
            assert tracker.find(EXPERIMENT, "stale") is None
            assert tracker.run(dying.id).status == "KILLED"
            assert tracker.run(alive.id).status == "RUNNING"


def test_a_process_killed_while_it_logs_a_trial_leaves_no_running_run(
    tracker: Tracker, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = TrialLog(0, "finished", {}, {"val_macro_f1": 0.5}, [], run_tags={tags.TASK: "style"})
    gone = str(Process(this_life(), os.getpid(), "0"))
    monkeypatch.setattr("components.tracking.trials.this_process", lambda: gone)
    with tracker.start("killed · trials", "search", "sought", TAGS) as parent:
        monkeypatch.setattr(connect(settings), "log_batch", _killed, raising=False)
        with pytest.raises(KeyboardInterrupt):
            log_trial(settings, log, experiment_id=tracker.run(parent.id).experiment_id, parent=parent.id)
        (trial,) = tracker.children(parent.id)
        assert (trial.status, trial.tags[tags.TASK]) == ("RUNNING", "style")
        assert trial.id in tracker.mark_stale("killed · trials")
    assert tracker.run(trial.id).status == "KILLED"


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_runs_are_listed_newest_first(tracker: Tracker) -> None:
    for kind, task in (("gan", "genre"), ("training", "genre"), ("gan", "genre")):
        with tracker.start(
            "genre · synthetic-gallery", kind, f"{kind}-{task}", {tags.KIND: kind, tags.TASK: task}
        ):
            time.sleep(0.01)
    runs = tracker.runs(task="genre")
    assert [one.name for one in runs] == ["gan", "training", "gan"]
    assert [one.started for one in runs] == sorted((one.started for one in runs), reverse=True)
    assert [one.name for one in tracker.runs(kind="training", task="genre")] == ["training"]
    assert len(tracker.runs(limit=1)) == 1
    assert tracker.runs(begins=runs[1].id[:9], limit=1) == [runs[1]]
    assert {one.experiment for one in runs} == {"genre · synthetic-gallery"}


def test_a_deleted_experiment_comes_back(tracker: Tracker, settings: Settings) -> None:
    with tracker.start("deleted", "one", "one", TAGS):
        pass
    client = connect(settings)
    client.delete_experiment(client.get_experiment_by_name("deleted").experiment_id)
    with tracker.start("deleted", "two", "two", TAGS) as run:
        pass
    assert tracker.run(run.id).status == "FINISHED"


@pytest.mark.slow
def test_two_processes_make_one_schema_quietly_and_share_the_same_work(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from components.settings import Settings\n"
        "from components.tracking.runs import Tracker\n"
        "from flows.runs.cached_run import find_or_run\n"
        "settings = Settings(home=Path(sys.argv[1]))\n"
        "with Tracker(settings).start('race', 'one', sys.argv[2], {'atelier.kind': 'training'}): pass\n"
        "find_or_run(settings, experiment='race', name='shared', key='shared',\n"
        "    tags={'atelier.kind': 'training'}, work=lambda run: time.sleep(3))\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "home")]
    both = [subprocess.Popen([*command, key], stderr=subprocess.PIPE, text=True) for key in ("a", "b")]
    said = [process.communicate(timeout=240)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert said == ["", ""]
    made = Tracker(Settings(home=tmp_path / "home")).runs()
    assert sorted(run.tags[tags.KEY] for run in made) == ["a", "b", "shared"]


def test_a_schema_that_was_cut_off_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / ".mlflow.db.part").write_bytes(b"half a database")
    assert Tracker(Settings(home=tmp_path)).runs() == []
    assert not (tmp_path / ".mlflow.db.part").exists()


def test_a_server_that_does_not_answer_is_named_at_once(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(ServiceError, match="no MLflow server answers"):
        Tracker(Settings(home=tmp_path, mlflow_tracking_uri="http://127.0.0.1:9")).runs()
    assert time.monotonic() - started < 10


def test_nothing_global_is_set(tracker: Tracker, settings: Settings) -> None:
    import mlflow

    assert settings.tracking_uri != mlflow.get_tracking_uri()
    assert mlflow.active_run() is None
