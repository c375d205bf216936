"""The dashboard's words, rows and charts: plain functions, no Streamlit."""

from __future__ import annotations

import math
import sys
from datetime import UTC, datetime, timedelta
from importlib.metadata import packages_distributions
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import dashboard
from components.data.versions import Version
from components.settings import Settings
from components.tracking.processes import Process, this_life
from components.tracking.registry import VersionRecord
from components.tracking.runs import RunRecord
from components.tracking.study_document import StudyLine
from dashboard import champions, charts, dataset_names, formatting, study_tables, tables, validation_reports

START = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)


def run(number: int, **changes: object) -> RunRecord:
    values: dict[str, object] = {
        "id": f"run-{number}",
        "experiment": "style",
        "name": "simple_cnn",
        "status": "FINISHED",
        "started": START + timedelta(minutes=number),
        "seconds": 61.0,
        "tags": {"atelier.family": "simple_cnn", "atelier.source": "best-artworks"},
        "params": {},
        "metrics": {"validation/macro_f1": number / 10, "test/macro_f1": 0.8},
        "artifact_uri": "",
    }
    return RunRecord(**values | changes)  # type: ignore[arg-type]


def version(number: int, run_id: str, *aliases: str, **tags: str) -> VersionRecord:
    return VersionRecord("style", str(number), run_id, aliases, tags, START, "")


def test_what_validation_works_judged_is_not_called_a_test() -> None:
    settings = Settings()
    judged = run(8, tags={"atelier.judged_on": "validation"})
    (row,) = tables.comparison([judged], [], {judged.id: "one"}, settings)
    assert row["Test F1"] == "no test works"
    assert [one["part"] for one in tables.intervals([judged], [], {judged.id: "one"})] == ["Validation"]
    (row,) = tables.latest([judged], settings, None, limit=1)
    assert row["Macro-F1"] == ".800, validation works"


def test_a_refit_that_nothing_judges_shows_whose_figure_it_has() -> None:
    figures = {"validation/macro_f1": 0.7, "test/macro_f1": 0.8}
    folds = {"folds/count": 5.0, "folds/macro_f1_mean": 0.84, "folds/macro_f1_sd": 0.01}
    refit = run(
        9,
        tags={"atelier.family": "simple_cnn", "atelier.refit": "all", "atelier.refit_of": "0123456789"},
        metrics={f"judged_run/{name}": value for name, value in figures.items()} | folds,
    )
    named = tables.labels([refit], [])
    assert named[refit.id] == "Simple CNN, refit on all works, run 1"
    (row,) = tables.comparison([refit], [], named, Settings())
    assert row["Test F1"] == "not judged; run 01234567: .800; 5-fold .840 ± .010"
    assert tables.intervals([refit], [], named) == []
    assert tables.best_first([run(6), refit]) == [refit, run(6)]
    tags = {"refit": "all", "judged_on": "test", "judgement": "Not judged: ..."}
    champion = champions.from_registry([version(1, refit.id, "champion", **tags)])
    assert champion is not None
    assert champions.figure_title(champion) == "Not judged; of its recipe on the test works"
    assert champion.judgement == "Not judged: ..."


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.8734, ".873"),
        (0.9999, "1.000"),
        (1.0, "1.000"),
        (0.0, ".000"),
        (None, formatting.NONE),
        (math.nan, formatting.NONE),
    ],
)
def test_figures_between_0_and_1(value: float | None, shown: str) -> None:
    assert formatting.figure(value) == shown


def test_a_figure_with_its_interval() -> None:
    assert formatting.measured(0.873, 0.841, 0.902) == ".873 (.841 to .902)"
    assert formatting.measured(0.873, None, None) == ".873"
    assert formatting.measured(0.018, 0.018, 0.018) == ".018 (too few works)"
    assert formatting.interval(None, None) == "too few works"


def test_a_run_whose_interval_cannot_vary_says_so() -> None:
    old = run(1, metrics={"test/macro_f1": 0.018, "test/macro_f1_low": 0.018, "test/macro_f1_high": 0.018})
    new = run(1, metrics={"test/macro_f1": 0.018, "test/different_works": 1.0})
    for one in (old, new):
        assert tables.measured(one, "test") == ".018 (too few works)"


@pytest.mark.parametrize(
    ("value", "shown"), [(0.0, "0 %"), (0.004, "< 1 %"), (0.872, "87 %"), (0.999, "> 99 %"), (1.0, "100 %")]
)
def test_probabilities_never_claim_certainty(value: float, shown: str) -> None:
    assert formatting.percent(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(1.26, "1.3 s"), (59.7, "1 min"), (200, "3 min 20 s"), (7500, "2 h 5 min"), (None, formatting.NONE)],
)
def test_durations(seconds: float | None, shown: str) -> None:
    assert formatting.duration(seconds) == shown


def test_times_are_shown_where_the_viewer_is() -> None:
    berlin = formatting.zone("Europe/Berlin")
    assert berlin == ZoneInfo("Europe/Berlin")
    assert formatting.moment(START, berlin).split() == ["31", "Jan", "2026,", "10:30"]
    assert formatting.moment("2026-01-31T09:30:00+00:00", berlin) == formatting.moment(START, berlin)
    assert formatting.zone("Middle-earth/Shire") is None


def test_text_from_data_is_not_markdown() -> None:
    assert formatting.plain("a_b*c <x> [y](z)") == r"a\_b\*c \<x\> \[y\](z)"
    assert formatting.plain("Run `a_b`, not a_b.") == r"Run `a_b`, not a\_b."
    assert formatting.plain("5`_") == r"5\`\_"


def test_names_without_a_title_are_still_readable() -> None:
    assert formatting.family_title("my_network") == "My network"
    assert formatting.source_title("my-museum") == "My museum"
    assert formatting.source_title("") == formatting.NONE


def test_every_family_has_its_catalogue_title() -> None:
    from components.models.catalog import FAMILIES

    for family in FAMILIES.values():
        assert formatting.family_title(family.name) == family.title


def test_labels_are_unique_and_never_hide_what_is_synthetic() -> None:
    drawn = run(3, tags={"atelier.family": "simple_cnn", "atelier.synthetic": "true"})
    named = tables.labels([drawn, run(2), run(1)], [version(7, "run-2")])
    assert named == {
        "run-1": "Simple CNN, run 1",
        "run-2": "Simple CNN, version 7",
        "run-3": "Simple CNN, run 2 (synthetic)",
    }


def test_standing() -> None:
    versions = [version(3, "a", "champion"), version(2, "b", "previous"), version(1, "c")]
    assert [tables.standing(one, versions) for one in "abcd"] == ["★ Champion", "Previous", "Version 1", ""]


def test_the_registry_speaks_for_a_service_that_is_away() -> None:
    tags = {"family": "simple_cnn", "synthetic": "true", "macro_f1": "0.9", "macro_f1_low": "0.8"}
    champion = champions.from_registry([version(2, "b"), version(1, "a", "champion", **tags)])
    assert champion is not None
    assert (champion.version, champion.synthetic, champion.macro_f1, champion.low) == ("1", True, 0.9, 0.8)
    assert champion.high is None
    assert champions.from_registry([version(2, "b")]) is None


def test_a_run_in_the_comparison() -> None:
    (row,) = tables.comparison([run(1)], [], tables.labels([run(1)], []), Settings())
    assert row["Validation F1"] == ".100"
    assert row["Details"].endswith("/#/runs/run-1")


def test_links_lead_to_the_mlflow_that_the_runs_came_from() -> None:
    elsewhere = Settings(mlflow_tracking_uri="https://user:secret@runs.example")
    assert tables.run_url(elsewhere, "run-1") == "https://runs.example/#/runs/run-1"
    learnt = run(1, tags={"atelier.data_version": "f" * 16}, experiment_id="7")
    page = validation_reports.in_mlflow(elsewhere, [learnt], "f" * 16)
    assert str(page).startswith("https://runs.example/#/experiments/7/runs/run-1/artifacts/")


def test_a_row_of_a_study_is_called_by_it() -> None:
    tags = {"atelier.family": "resnet50_gap", "atelier.row": "A3"}
    named = tables.labels([run(1, tags=tags), run(2, tags=tags | {"atelier.row": "A7a"}), run(3)], [])
    assert list(named.values()) == ["A3 ResNet50 GAP, run 1", "A7a ResNet50 GAP, run 1", "Simple CNN, run 1"]


def _learnt_from(number: int, version: str) -> RunRecord:
    return run(number, tags={"atelier.source": "best-artworks", "atelier.data_version": version})


def _version(fingerprint: str, classes: int, protocol: str = "80/20") -> Version:
    names = {str(number): 30 for number in range(classes)}
    values = {"source": "best-artworks", "task": "artist", "works": 30 * classes, "classes": names}
    rest = dict.fromkeys(
        ("parts", "created", "lineage", "parents", "synthetic", "root", "rejected", "multi_label")
    )
    return Version(fingerprint, protocol=protocol, **values, **rest)  # type: ignore[arg-type]


def test_data_versions_are_named_for_people() -> None:
    known = {one: _version(one, classes) for one, classes in (("a" * 16, 10), ("b" * 16, 50))}
    runs = [_learnt_from(1, "b" * 16), _learnt_from(2, "a" * 16), _learnt_from(3, "b" * 16), run(4)]
    assert dataset_names.titles_of(runs, known) == {
        "b" * 16: "Best Artworks: 50 artists, 1\u202f500 works",
        "a" * 16: "Best Artworks: 10 artists, 300 works",
        "": "Best Artworks",
    }
    known["b" * 16] = _version("b" * 16, 10, "81/9/10")
    assert list(dataset_names.titles_of(runs[:2], known).values()) == [
        "Best Artworks: 10 artists, 300 works (split 81/9/10, version bbbbbbb)",
        "Best Artworks: 10 artists, 300 works (split 80/20, version aaaaaaa)",
    ]


def _line(row: str, **changes: object) -> StudyLine:
    about = {"row": row, "title": f"What {row} is", "run": f"run-{row}", "seconds": 3.0}
    return StudyLine.model_validate(about | changes)


def test_a_study_s_table_holds_the_newest_line_of_each_row() -> None:
    newer = [_line("B10", note="again")]
    older = [_line("B2"), _line("B10"), _line("B1", run="", reason="no_such file")]
    lines = study_tables.newest_lines([newer, older])
    assert [line.row for line in lines] == ["B1", "B2", "B10"]
    shown = study_tables.table(lines, Settings())
    assert [row["Note"] for row in shown] == [r"Not done: no\_such file", "", "Again"]
    assert shown[0]["Row"] == "B1"
    assert shown[1]["Row"].startswith("[B2](http")


def test_a_study_s_row_has_a_line_a_figure() -> None:
    line = _line(
        "A3",
        published={"validation/accuracy": 0.8},
        ours={"validation/accuracy": [0.7, None, None], "validation/macro_f1": [0.6, 0.5, 0.7]},
    )
    first, second = study_tables.table([line], Settings())
    assert (first["Figure"], first["Published"]) == ("Accuracy\u00a0(validation)", ".800")
    assert first["Ours (95 % range)"] == ".700"
    assert (second["What"], second["Published"]) == ("", "")
    assert second["Ours (95 % range)"].replace("\u00a0", " ") == ".600 (.500 to .700)"


def test_every_study_has_its_catalogue_letter_and_title() -> None:
    from components.studies.catalog import STUDIES

    assert {one.name: (one.letter, one.title) for one in STUDIES.values()} == formatting.STUDIES


def test_a_run_whose_process_died_is_not_shown_as_running() -> None:
    dead = run(1, status="RUNNING", tags={"atelier.process": str(Process(this_life(), 999999999, "1"))})
    assert tables.state(dead) == "Stopped"
    assert tables.state(run(2, status="RUNNING")) == "Running"


def test_failures_say_what_went_wrong() -> None:
    failed = run(1, tags={"atelier.family": "mobilenet_v2", "atelier.error": "WeightsError: none"})
    assert tables.failures([run(2), failed], limit=5) == ["MobileNetV2: WeightsError: none"]
    assert tables.failures([run(2), failed], limit=1) == []


def test_charts_hold_every_row() -> None:
    runs = tables.best_first([run(1), run(2)])
    points = tables.intervals(runs, [version(1, "run-2", "champion")], tables.labels(runs, []))
    assert [row["model"] for row in points] == ["★ Simple CNN, run 2"] * 2 + ["Simple CNN, run 1"] * 2
    (data,) = charts.interval_chart(points).to_dict()["datasets"].values()
    assert len(data) == 4
    lines = tables.curves({"a": {"epoch/loss": [(1, 2.0), (2, 1.0)]}}, {"epoch/loss": "L", "epoch/none": "N"})
    (data,) = charts.curve_chart(lines).to_dict()["datasets"].values()
    assert [row["value"] for row in data] == [2.0, 1.0]


def test_no_file_hides_a_package() -> None:
    # Streamlit puts the dashboard's folder first on sys.path.
    folder = Path(str(dashboard.__file__)).parent
    ours = {path.stem for path in folder.iterdir() if path.suffix == ".py" or path.is_dir()}
    taken = (set(packages_distributions()) - {"dashboard"}) | set(sys.stdlib_module_names)
    assert not ours & taken
