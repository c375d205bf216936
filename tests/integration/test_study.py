"""A study in miniature from end to end: rows under one run, one that fails, and all found again."""

from __future__ import annotations

import json

import pytest

from components.data.sources import synthetic
from components.errors import RegistryError
from components.settings import Settings
from components.tracking.runs import Tracker
from flows.study_order import Order

pytestmark = [pytest.mark.integration, pytest.mark.slow]

ROWS = ("D1", "D2a", "D3", "D5", "D6", "D7b", "D8")


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Study D's cheap rows, run twice; VGG19's weights are a file that holds none."""
    from flows.study import run

    folder = tmp_path_factory.mktemp("study")
    settings = Settings.load(home=folder / "home")
    gallery = synthetic.draw(folder / "gallery", works_per_style=16, size=48)
    junk = folder / "vgg19.h5"
    junk.write_bytes(b"no weights")
    order = Order.of(
        study="movement-cnn-nst",
        size="quick",
        source="synthetic",
        root=str(gallery),
        rows=ROWS,
        weights=f"vgg19={junk}",
    )
    return settings, [run(order, settings) for _ in range(2)]


def test_rows_are_runs_below_one_run_and_the_table_has_published_beside_ours(ran):
    settings, (_, again) = ran
    lines = {line["row"]: line for line in again.lines}
    assert list(lines) == list(ROWS)
    assert lines["D3"]["published"] == {"validation/accuracy": 0.48}
    point, low, high = lines["D3"]["ours"]["validation/accuracy"]
    assert low <= point <= high
    assert lines["D3"]["ours"]["validation/macro_f1"][1] is not None
    assert lines["D3"]["parameters"] > 0
    below = Tracker(settings).children(again.run)
    assert {one.id for one in below if one.status == "FINISHED"} == {
        line["run"] for line in again.lines if line["run"]
    }
    failed = [one.name for one in below if one.status == "FAILED"]
    assert failed == ["D6 VGG19 on ImageNet weights · quick"]


def test_a_row_that_fails_is_kept_with_its_reason_and_the_study_goes_on(ran):
    _, (first, _) = ran
    assert [line["row"] for line in first.failed] == ["D6"]
    assert "VGG19" in first.failed[0]["reason"]
    report = next(line for line in first.lines if line["row"] == "D8")
    assert report["note"] == "without D6"


def test_a_second_run_finds_the_rows(ran):
    _, (first, again) = ran
    assert [line["run"] for line in again.lines] == [line["run"] for line in first.lines]
    assert again.run != first.run


def test_the_study_s_run_keeps_table_and_figure_and_is_found_again(ran):
    from flows.study import last

    settings, (_, again) = ran
    tracker = Tracker(settings)
    assert "figures/study.png" in tracker.artifacts(again.run, "figures")
    assert "| D3 | Best CNN | accuracy (validation) | .480 |" in tracker.artifact(
        again.run, "tables/study.md"
    ).read_text(encoding="utf-8")
    outcome, record = last("movement-cnn-nst", settings)
    assert outcome == again
    assert record.status == "FINISHED"
    assert json.loads(tracker.artifact(again.run, "study.json").read_text())["run"] == again.run


def test_reports_hold_the_classes_side_by_side_and_data_rows_their_figures(ran):
    settings, (_, again) = ran
    tracker, runs = Tracker(settings), {line["row"]: line["run"] for line in again.lines}
    assert "figures/by_class.png" in tracker.artifacts(runs["D8"], "figures")
    assert "figures/D3_confusion_matrix.png" in tracker.artifacts(runs["D8"], "figures")
    assert tracker.artifacts(runs["D1"], "figures") == ["figures/classes.png"]


def test_a_study_that_was_never_run_has_no_table(ran):
    from flows.study import last

    with pytest.raises(RegistryError, match="atelier study run artist-resnet50 --quick"):
        last("artist-resnet50", ran[0])
