"""A study's lines, its figure, and the drawing of a network."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from components.errors import DataError
from components.evaluation.answers import work_rows
from components.evaluation.figures.architecture import blocks, drawing
from components.evaluation.intervals import share_interval
from components.evaluation.metrics import evaluate
from components.evaluation.published import scores_of
from components.formatting import duration, share
from components.models import catalog as families
from components.studies.catalog import find_study
from components.tracking.runs import RunRecord
from components.tracking.study_document import StudyLine
from flows.study.results import RowDone, RowFailed
from flows.study.table import drawn, line, never_run, table, title
from tests.tiny_collections import manifest


def test_a_share_s_interval_is_that_of_its_works() -> None:
    found = share_interval(np.arange(100) < 80)
    assert found.point == pytest.approx(0.8)
    assert found.low == pytest.approx(0.72, abs=0.02)
    assert found.high == pytest.approx(0.88, abs=0.02)
    with pytest.raises(DataError):
        share_interval([])


def test_scores_from_a_logged_table_are_those_of_the_answers() -> None:
    random = np.random.default_rng(0)
    names = ["a", "b", "c"]
    truth = random.integers(0, 3, 60)
    probable = random.dirichlet((1, 1, 1), 60)
    rows = work_rows([f"{n}.jpg" for n in range(60)], truth, probable, names)
    told, found = evaluate(truth, probable, names), scores_of(rows, names)
    assert (found.confusion == told.confusion).all()
    assert (found.accuracy, found.macro_f1) == (told.accuracy, told.macro_f1)
    with pytest.raises(DataError, match=r"\['c'\]"):
        scores_of(rows, ["a", "b"])


def test_a_row_that_could_not_be_done_is_a_line_with_its_reason() -> None:
    row = find_study("A").row("A3")
    one = line(RowFailed(row, "no weights"))
    first, *others = table([one])
    assert first["note"] == "not done: no weights"
    assert first["published"] == ".863"
    assert [other["row"] for other in others] == ["", ""]
    assert {other["ours [95 %]"] for other in others} == {""}


def test_a_row_that_no_run_came_to_says_so_and_has_not_failed() -> None:
    one = never_run(find_study("A").row("A3"))
    assert (one.note, one.reason, one.run) == ("not run yet", "", "")
    assert table([one])[0]["time"] == ""


def test_figures_on_another_collection_stand_beside_the_row_s_own() -> None:
    def record(**metrics: float) -> RunRecord:
        named = {name.replace("__", "/"): value for name, value in metrics.items()}
        return RunRecord("1", "", "", "FINISHED", datetime.now(UTC), 1.0, {}, {}, named, artifact_uri="")

    row = find_study("E").row("E1")
    own = record(test__accuracy=0.95, test__accuracy_low=0.9, test__accuracy_high=0.99)
    other = record(
        other__accuracy=0.89,
        other__accuracy_low=0.85,
        other__accuracy_high=0.93,
        other__macro_f1=0.88,
        other__different_works=4,
    )
    one = line(RowDone(row, own, manifest({"Portrait": 4}), other=other))
    assert one.ours["other/accuracy"] == (0.89, 0.85, 0.93)
    shown = {cells["figure"]: cells["ours [95 %]"] for cells in table([one])}
    assert shown["accuracy (another collection)"] == ".890 [.85, .93]"
    assert shown["macro-F1 (another collection)"] == ".880 [too few works]"
    assert drawn([one], "Study E").axes  # of the row's own part


def test_a_row_that_is_another_s_run_says_so() -> None:
    record = RunRecord(
        "1", "", "", "FINISHED", datetime.now(UTC), 1.0, {"atelier.row": "D3"}, {}, {}, artifact_uri=""
    )
    works = manifest({"Cubism": 4})
    told = {name: line(RowDone(find_study("D").row(name), record, works)).note for name in ("D3", "D4")}
    assert "the same run as D3" in told["D4"]
    assert "the same run" not in told["D3"]


def test_the_figure_has_a_panel_a_figure() -> None:
    lines = [
        StudyLine(
            row="A3",
            title="ResNet50 GAP",
            published={"validation/accuracy": 0.86, "validation/macro_f1": 0.85},
            ours={"validation/accuracy": (0.8, 0.7, 0.9), "validation/macro_f1": (0.7, 0.6, 0.8)},
            kind="stand-in",
        ),
        StudyLine(row="A4", title="none", published={"validation/accuracy": 0.8}),
    ]
    figure = drawn(lines, "Study A")
    assert [axes.get_title() for axes in figure.axes] == ["accuracy", "macro-F1"]
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == [
        "A3  ResNet50 GAP (validation)",
        "A4  none (validation)",
    ]
    told = [text.get_text() for text in figure.legends[0].get_texts()]
    assert told == ["published", "ours, another backbone standing in"]
    assert drawn([], "nothing yet").axes


def test_a_network_is_drawn_by_the_size_of_its_maps() -> None:
    model = families.build("resnet50_scratch", 6, (64, 64))
    found = blocks(model)
    assert sum(block.parameters for block in found) == model.count_params()
    assert [block.shape[:2] for block in found if len(block.shape) == 3] == [
        (32, 32),
        (16, 16),
        (8, 8),
        (4, 4),
        (2, 2),
    ]
    figure = drawing(found, "ResNet50 from scratch", model.count_params())
    assert f"{model.count_params():,} weights" in figure.axes[0].get_title(loc="left")


def test_words_for_shares_and_times() -> None:
    assert [share(value) for value in (0.8631, 1.0, None)] == [".863", "1.000", ""]
    assert [duration(value) for value in (41, 200, 7500)] == ["41 s", "3 min 20 s", "2 h 5 min"]
    assert "drawn by code" in title("Study B", "synthetic-gallery", "quick", synthetic=True)
