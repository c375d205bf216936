"""A study as a Prefect flow: on a fresh home, a failed row a failed task, the table an artifact."""

from __future__ import annotations

import json
import sqlite3

import pytest

from components.data.sources import synthetic
from tests.road import run

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def test_a_failed_row_is_a_failed_task_of_a_study_that_goes_on(tmp_path):
    home, folders = tmp_path / "a fresh" / "home", tmp_path / "folders"
    gallery = synthetic.draw(tmp_path / "gallery", works_per_style=16, size=48)
    for number, picture in enumerate(sorted((gallery / "resized").glob("*.jpg"))):
        (folders / f"class {number % 2}").mkdir(parents=True, exist_ok=True)
        picture.rename(folders / f"class {number % 2}" / picture.name)
    # A collection of folders knows no artists, so that none can be held out.
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
