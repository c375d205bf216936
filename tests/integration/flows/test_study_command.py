"""A study through the command line, in processes of their own: under Prefect, and on another backend."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.road import run
from tests.tiny_collections import save

pytestmark = [pytest.mark.integration, pytest.mark.slow]


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> Path:
    """A collection of two folders; such a one knows no artists."""
    root = tmp_path_factory.mktemp("collection") / "folders"
    for number in range(40):
        save(root / f"class {number % 2}" / f"{number}.png", number)
    return root


def test_a_failed_row_is_a_failed_task_of_a_study_that_goes_on(tmp_path, folders):
    home = tmp_path / "a fresh" / "home"
    order = [
        "study",
        "run",
        "B",
        "--quick",
        "--source",
        "folder",
        "--root",
        str(folders),
        "--rows",
        "B1,B10h",
    ]
    done = run(home, *order, "--prefect", "--strict", "--json")
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert told["status"] == "FINISHED"
    assert "Whole artists" in {line["row"]: line["reason"] for line in told["lines"]}["B10h"]
    with sqlite3.connect(home / "prefect" / "prefect.db") as database:
        rows = dict(database.execute("select name, state_type from task_run"))
        assert rows == {"row B1": "COMPLETED", "row B10h": "FAILED"}
        assert list(database.execute("select state_type from flow_run")) == [("COMPLETED",)]
        (table,) = database.execute("select data from artifact where key = 'study-style-cnn-resnet50'")
    assert "not done: Whole artists" in table[0]


def test_a_stand_in_leaves_the_choice_of_the_backend(tmp_path, folders, monkeypatch):
    monkeypatch.setenv("ATELIER_BACKEND", "jax")
    junk = tmp_path / "junk.h5"
    junk.write_bytes(b"no weights")
    order = ["study", "run", "B", "--quick", "--source", "folder", "--root", str(folders), "--rows", "B6"]
    stand_in = ["--stand-in", "mobilenet_v2:alpha=1.0", "--weights", str(junk)]
    done = run(tmp_path / "home", *order, *stand_in, "--json")
    assert done.returncode == 0, done.stderr
    (line,) = json.loads(done.stdout)["lines"]
    assert "junk.h5" in line["reason"]  # and not that Keras runs on TensorFlow
