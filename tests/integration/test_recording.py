"""Where a run stands that is found again, and what is read of one that still writes."""

from __future__ import annotations

import pytest

from components.tracking import runs
from components.tracking.connection import connect
from components.tracking.runs import Tracker
from flows.steps.cached_run import find_or_run

pytestmark = pytest.mark.integration


def test_a_run_found_again_keeps_its_first_parent_while_there_is_one(settings):
    tracker = Tracker(settings)
    parents = []
    for number in range(3):
        with tracker.start("x", f"parent {number}", f"p{number}") as parent:
            parents.append(parent.id)

    def again(parent: str) -> tuple[str, bool]:
        record, cached = find_or_run(
            settings,
            experiment="x · folds",
            name="row",
            key="row",
            tags={},
            work=lambda run: None,
            parent=parent,
        )
        return record.id, cached

    made, cached = again(parents[0])
    assert not cached
    assert again(parents[1]) == (made, True)
    assert [one.id for one in tracker.children(parents[0])] == [made]  # though in another experiment
    connect(settings).delete_run(parents[0])
    assert not tracker.there(parents[0])
    again(parents[2])
    assert [one.id for one in tracker.children(parents[2])] == [made]


def test_what_a_run_still_writes_is_fetched_anew_from_a_server(settings, monkeypatch):
    monkeypatch.setattr(runs, "local_folder", lambda uri: None)  # as of a server's
    tracker = Tracker(settings)
    with tracker.start("x", "study", "s") as run:
        for text in ("one row", "two rows"):
            run.text("study.json", text)
            assert tracker.artifact(run.id, "study.json").read_text() == text
    run.text("study.json", "changed behind its back")
    kept = tracker.artifact(run.id, "study.json")
    kept.write_text("kept")
    assert tracker.artifact(run.id, "study.json").read_text() == "kept"
