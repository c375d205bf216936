"""A study in miniature from end to end: rows under one run, one that fails, and all found again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from components.data.manifest import Split
from components.data.sources import synthetic
from components.data.versions import Versions
from components.errors import RegistryError
from components.evaluation.answers import logged_rows
from components.settings import Settings
from components.tracking.processes import Process, this_life
from components.tracking.runs import Tracker
from components.tracking.study_document import STUDY_DOCUMENT, StudyDocument
from flows.study.plan import StudyPlan
from tests.tiny_collections import save

pytestmark = [pytest.mark.integration, pytest.mark.slow]

ROWS = ("D1", "D2a", "D2b", "D3", "D4", "D5", "D6", "D7b", "D8")


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Study D's cheap rows, run twice; VGG19's weights are a file that holds none."""
    from flows.study.run import run

    folder = tmp_path_factory.mktemp("study")
    settings = Settings.load(home=folder / "home")
    gallery = synthetic.draw(folder / "gallery", works_per_style=16, size=48)
    junk = folder / "vgg19.h5"
    junk.write_bytes(b"no weights")
    plan = StudyPlan.of(
        study="movement-cnn-nst",
        size="quick",
        source="synthetic",
        root=str(gallery),
        rows=ROWS,
        weights=f"vgg19={junk}",
        workers=2,
    )
    return settings, [run(plan, settings) for _ in range(2)]


def test_rows_are_runs_below_one_run_and_the_table_has_published_beside_ours(ran):
    settings, (first, again) = ran
    lines = {line.row: line for line in again.lines}
    assert list(lines) == list(ROWS)
    assert lines["D3"].published == {"validation/accuracy": 0.48}
    point, low, high = lines["D3"].ours["validation/accuracy"]
    assert low <= point <= high
    assert lines["D3"].ours["validation/macro_f1"][1] is not None
    assert lines["D3"].parameters > 0
    tracker = Tracker(settings)
    below = {one.id for one in tracker.children(first.run) if one.status == "FINISHED"}
    runs = {line.run: tracker.run(line.run) for line in again.lines if line.run}
    # The best network of a search stands below the search.
    assert below == {one.parent if name == lines["D2b"].run else name for name, one in runs.items()}
    for outcome in (first, again):
        failed = [one.name for one in Tracker(settings).children(outcome.run) if one.status == "FAILED"]
        assert failed == ["D6 VGG19 on ImageNet weights · quick"]


def test_balanced_training_works_of_classes_that_are_equal_are_no_other_run(ran):
    lines = {line.row: line for line in ran[1][0].lines}
    assert lines["D4"].run == lines["D3"].run
    assert "the same run as D3" in lines["D4"].note


def test_a_row_that_fails_is_kept_with_its_reason_and_the_study_goes_on(ran):
    settings, (first, _) = ran
    assert [line.row for line in first.failed] == ["D6"]
    kept = Tracker(settings).artifact(first.run, "tracebacks/D6.txt").read_text(encoding="utf-8")
    assert kept.startswith("Traceback")
    assert "WeightsError" in kept
    assert "VGG19" in first.failed[0].reason
    report = next(line for line in first.lines if line.row == "D8")
    assert report.note.startswith("without D6; best macro-F1: D")


def test_a_second_run_finds_the_rows(ran):
    _, (first, again) = ran
    assert [line.run for line in again.lines] == [line.run for line in first.lines]
    assert again.run != first.run


def test_the_study_s_run_keeps_table_and_figure_and_is_found_again(ran):
    from flows.study.run import last

    settings, (_, again) = ran
    tracker = Tracker(settings)
    assert "figures/study.png" in tracker.artifacts(again.run, "figures")
    assert "| D3 | Best CNN | accuracy (validation) | .480 |" in tracker.artifact(
        again.run, "tables/study.md"
    ).read_text(encoding="utf-8")
    outcome = last("movement-cnn-nst", settings)
    assert (outcome.run, outcome.status) == (again.run, "FINISHED")
    assert [line for line in outcome.lines if line.row in ROWS] == list(again.lines)
    (line,) = (line for line in outcome.lines if line.row == "D2c")
    assert line.note == 'not run yet; published: "worst results" than RMSprop'
    assert StudyDocument.load(tracker.artifact(again.run, STUDY_DOCUMENT)).lines == again.lines


def test_a_study_that_was_killed_says_so_and_keeps_the_rows_of_the_runs_before(ran, monkeypatch):
    from flows.study.run import last

    settings, (_, again) = ran
    tracker = Tracker(settings)
    whole = tracker.run(again.run)
    monkeypatch.setattr(
        "components.tracking.runs.this_process", lambda: str(Process(this_life(), 999999, "1"))
    )
    own = {name: text for name, text in whole.tags.items() if name.startswith("atelier.")}
    begun = tracker.start(whole.experiment, "killed", "a key of its own", own)
    killed = begun.__enter__()
    line = again.lines[1].replace(note="newer")
    killed.text("study.json", replace(again, lines=(line,), seconds=0.0).document.model_dump_json())
    outcome = last("movement-cnn-nst", settings)
    assert (outcome.run, outcome.status) == (killed.id, "KILLED")
    lines = {one.row: one for one in outcome.lines}
    assert lines["D2a"].note == "newer"
    assert lines["D3"] == next(one for one in again.lines if one.row == "D3")


def test_reports_hold_the_classes_side_by_side_and_data_rows_their_figures(ran):
    settings, (_, again) = ran
    tracker, runs = Tracker(settings), {line.row: line.run for line in again.lines}
    assert "figures/by_class.png" in tracker.artifacts(runs["D8"], "figures")
    for figure in ("confusion_matrix", "misclassified", "curves"):
        assert f"figures/D3_{figure}.png" in tracker.artifacts(runs["D8"], "figures")
    by_class = logged_rows(tracker.artifact(runs["D8"], "tables/D3_per_class.json"))
    assert {"precision", "recall", "f1"} <= by_class[0].keys()
    answers = logged_rows(tracker.artifact(runs["D3"], "tables/validation_works.json"))
    assert sum(row["works"] for row in by_class) == len(answers)  # not the few test works
    assert len(answers) > len(logged_rows(tracker.artifact(runs["D3"], "tables/test_works.json")))
    paired = logged_rows(tracker.artifact(runs["D8"], "tables/paired.json"))
    assert {row["run"] for row in paired} == {"D2a", "D3"}
    assert paired[0]["macro-F1"] >= paired[1]["macro-F1"]
    assert tracker.artifacts(runs["D1"], "figures") == ["figures/classes.png"]


def test_a_gan_has_the_order_s_seed_and_its_line_says_of_what_and_how_large(ran):
    from flows.study.run import run

    settings, _ = ran
    (line,) = run(StudyPlan.of(study="C", size="quick", rows="C8", seed=3), settings).lines
    assert line.note.startswith("16x16, on ")
    assert " landscapes; published" in line.note
    record = Tracker(settings).run(line.run)
    assert (record.params["seed"], record.params["objective"]) == ("3", "minimax")


def test_cross_validation_stands_below_the_study_its_folds_apart(ran):
    from flows.study.run import run

    settings, _ = ran
    tracker = Tracker(settings)
    outcome = run(StudyPlan.of(study="B", size="quick", rows="B10f", per_class=20), settings)
    (whole,) = tracker.children(outcome.run)
    assert (whole.id, whole.tags["atelier.kind"]) == (outcome.lines[0].run, "cross-validation")
    assert whole.experiment == tracker.run(outcome.run).experiment
    folds = tracker.children(whole.id)
    assert [one.tags["atelier.kind"] for one in folds] == ["fold", "fold"]
    assert {one.experiment for one in folds} == {f"{whole.experiment} · folds"}


def test_another_process_takes_trials_of_a_study_s_search(ran):
    settings, (first, _) = ran
    line = next(line for line in first.lines if line.row == "D2b")
    assert line.note.startswith("4 trials, best: ")
    assert "trials taken" in (settings.home / "logs" / "search" / "worker-2.log").read_text()


def test_a_balanced_row_is_judged_by_the_works_of_the_others(settings, tmp_path):
    from components.studies.catalog import find_study
    from flows.study.context import StudyContext

    for number in range(64):
        save(tmp_path / "works" / ("few" if number < 24 else "many") / f"{number}.png", number)
    plan = StudyPlan.of(study="D", source="folder", root=str(tmp_path / "works"), size="quick")
    context = StudyContext(plan.wanted, plan, settings, "", None)  # type: ignore[arg-type]  # nothing is logged
    whole, balanced = (context.works(context.plan(find_study("D").row(row))) for row in ("D3", "D4"))
    counts = {one.fingerprint: one.part(Split.TRAIN).profile["classes"] for one in (whole, balanced)}
    assert len(set(counts[whole.fingerprint].values())) == 2
    assert set(counts[balanced.fingerprint].values()) == {min(counts[whole.fingerprint].values())}
    for part in (Split.VALIDATION, Split.TEST):
        assert balanced.part(part).fingerprint == whole.part(part).fingerprint
    kept = Versions(settings.collections / "versions")  # trees and promotion ask for it
    assert len(kept.get(balanced.fingerprint)) == len(balanced)


def test_a_study_that_was_never_run_has_no_table(ran):
    from flows.study.run import last

    with pytest.raises(RegistryError, match="atelier study run artist-resnet50 --quick"):
        last("artist-resnet50", ran[0])
