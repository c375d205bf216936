"""Where a run stands that is found again, and what is read of one that still writes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from components.errors import TrainingError
from components.tracking import runs
from components.tracking.connection import connect
from components.tracking.runs import Run, Tracker
from flows.runs.cached_run import find_or_run

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
    assert not tracker.exists(parents[0])
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


def test_what_two_want_at_once_is_done_once(settings, caplog):
    caplog.set_level("INFO", "atelier")
    begun, waited = [], Event()

    class Waits(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            waited.set()

    def work(run):
        begun.append(run.id)
        assert waited.wait(60)  # until the other one has found the work taken

    def want(number: int) -> tuple[str, bool]:
        record, cached = find_or_run(settings, experiment="x", name="same", key="k", tags={}, work=work)
        return record.id, cached

    Tracker(settings).runs()
    handler = Waits()
    logging.getLogger("atelier").addHandler(handler)
    try:
        with ThreadPoolExecutor(2) as pool:
            results = sorted(pool.map(want, range(2)), key=lambda result: result[1])
    finally:
        logging.getLogger("atelier").removeHandler(handler)
    assert results == [(begun[0], False), (begun[0], True)]
    assert len(begun) == 1
    assert "same: another process is at work on it" in caplog.text


def test_work_that_failed_is_free_for_the_next(settings):
    def want(work: Callable[[Run], None]) -> bool:
        return find_or_run(settings, experiment="x", name="same", key="k", tags={}, work=work)[1]

    def fail(run):
        raise TrainingError("no number any more")

    with pytest.raises(TrainingError):
        want(fail)
    assert not want(lambda run: None)
    assert want(fail)
