"""What a study reads and how it is parted, on its own collection and on others; the commands that name it."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from components.errors import SettingsError
from components.studies.catalog import STUDIES, find_study
from components.studies.style_cnn_resnet50 import MOVEMENTS
from flows.cli import app
from flows.study.describe import description
from flows.study.plan import StudyPlan


def test_a_study_s_own_collection_is_read_as_documented(settings, tmp_path):
    plan = StudyPlan.of(study="B", root=str(tmp_path)).plan(settings)
    assert (plan.source, plan.task, plan.protocol, plan.kept_classes) == (
        "best_artworks",
        "style",
        "81/9/10",
        MOVEMENTS,
    )
    plan = StudyPlan.of(study="artist-resnet50", root=str(tmp_path)).plan(settings)
    assert (plan.top, plan.protocol, plan.kept_classes) == (10, "80/20", None)


def test_a_row_may_ask_for_other_classes(settings, tmp_path):
    order = StudyPlan.of(study="A", root=str(tmp_path))
    assert order.plan(settings, find_study("A").row("A7a")).top is None
    order = StudyPlan.of(study="B", root=str(tmp_path))
    assert order.plan(settings, find_study("B").row("B10d")).merge == {
        "Abstract Expressionism": "Expressionism"
    }


def test_another_collection_gives_all_its_classes_or_those_named(settings, tmp_path):
    order = StudyPlan.of(study="B", source="folder", root=str(tmp_path))
    assert order.plan(settings).kept_classes is None
    order = StudyPlan.of(
        study="B", source="folder", root=str(tmp_path), classes="Cubism,Fauvism", per_class=9
    )
    plan = order.plan(settings)
    assert (plan.kept_classes, plan.per_class) == (("Cubism", "Fauvism"), 9)


def test_without_a_root_the_synthetic_gallery_is_taken(settings):
    plan = StudyPlan.of(study="C").plan(settings)
    assert (plan.source, plan.root) == ("synthetic", None)


def test_weights_that_no_row_asks_for_are_refused(tmp_path):
    file = tmp_path / "w.h5"
    file.write_bytes(b"")
    with pytest.raises(SettingsError, match="vgg19: no row of the study starts from such weights"):
        _ = StudyPlan.of(study="A", weights=f"vgg19={file}").given
    assert StudyPlan.of(study="C", weights=f"vgg19={file}").given.files == {"vgg19": str(file)}
    given = StudyPlan.of(study="D", weights=f"mobilenet_v2={file}", stand_in="mobilenet_v2").given
    assert given.file_of("mobilenet_v2") == str(file)


@pytest.mark.parametrize(
    ("given", "expected"),
    [({"study": "A", "size": "huge"}, "full"), ({"study": "A", "per_class": 1}, "per_class")],
)
def test_orders_that_cannot_be(given, expected):
    with pytest.raises(SettingsError, match=expected):
        StudyPlan.of(**given)


def test_studies_are_listed_and_shown():
    listed = CliRunner().invoke(app, ["study", "list", "--json"])
    assert [one["study"] for one in json.loads(listed.stdout)] == list(STUDIES)
    shown = CliRunner().invoke(app, ["study", "show", "E", "--size", "cpu", "--json"])
    rows = {one["row"]: one for one in json.loads(shown.stdout)["rows"]}
    assert max(rows["E2"]["recipe"]["image_size"]) == 96
    assert rows["E4b"]["published"]["test/accuracy"] == 0.566
    assert rows["E4a"]["search"]["trials"] == 12
    assert rows["E4a"]["search"]["space"]["parameters"][0]["name"] == "options.nodes"
    assert CliRunner().invoke(app, ["study", "show", "A"]).exit_code == 0


@pytest.mark.parametrize(
    ("row", "size", "told"),
    [
        ("A5a", "full", "grid, 56 trials over dense_1 128:64:512, dense_2 32:32:256; "),
        ("A10a", "full", "flips in 4 views, cosine, decay 0.001, smoothing 0.1"),
        ("B10e", "full", "5 networks; "),
        ("B10f", "cpu", "3 folds; "),
        ("D5", "quick", "at most 20 rounds"),
        ("E4a", "full", "random, 30 trials over nodes 50:50:1000, "),
    ],
)
def test_a_row_is_told_in_words(row, size, told):
    assert told in description(find_study(row[0]).row(row), find_study(row[0]), size)


def test_quick_and_another_size_are_not_both_taken():
    ran = CliRunner().invoke(app, ["study", "run", "A", "--quick", "--size", "full"])
    assert ran.exit_code
    assert "--quick is --size quick" in str(ran.exception)
