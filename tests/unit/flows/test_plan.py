from __future__ import annotations

import inspect
import json
import os
from pathlib import Path

import pytest

from components.data.borders import Borders
from components.data.sources import SOURCES
from components.errors import SettingsError
from components.settings import Settings
from components.studies.style_cnn_resnet50 import MOVEMENTS
from components.training.presets import recipe_for
from components.training.recipe import Recipe
from flows.commands import options
from flows.plan import Plan, kept_plans


def test_every_source_can_be_planned() -> None:
    assert Plan.model_json_schema()["properties"]["source"]["enum"] == list(SOURCES)
    for source in SOURCES:
        assert Plan.of(source=source, root="s3://bucket/art").root == "s3://bucket/art"
    assert Plan.of(source="folder", root="~/art").root == str(Path.home() / "art")


def test_every_option_is_a_field_of_the_plan() -> None:
    assert options.PIPELINE.keys() == Plan.model_fields.keys()


def test_options_are_read_as_a_command_gives_them() -> None:
    plan = Plan.of(
        classes='Cubism, Pop  Art,"Pop, Op"',
        families="simple_cnn",
        merge=["A+B=C"],
        corrections="mended.csv",
        protocol="5-fold:2",
        top=None,
        root="",
    )
    assert plan.classes == ("Cubism", "Pop Art", "Pop, Op")
    assert plan.merge == {"A+B": "C"}
    assert plan.corrections == str(Path.cwd() / "mended.csv")  # a scheduled run starts elsewhere
    assert plan.selection.classes == plan.classes
    assert Plan.model_validate_json(plan.model_dump_json()) == plan


def test_study_b_chooses_its_movements_unless_something_else_is_chosen() -> None:
    given = {"source": "best_artworks", "root": "/art"}
    assert Plan.of(**given).kept_classes == MOVEMENTS
    assert Plan.of(**given, task="artist").kept_classes is None
    assert Plan.of(**given, top=5).kept_classes is None
    assert Plan.of(**given, merge="A=B").kept_classes is None
    assert Plan.of(**given, multi_label=True).kept_classes is None


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"source": "louvre"}, "expected one of synthetic, folder"),
        ({"refit": "yes"}, "'none', 'validation' or 'all'"),
        ({"refit": "validation", "protocol": "80/20"}, "has no test works to judge a refit"),
        ({"refit_folds": 1}, "refit_folds"),
        ({"families": "simple_cnn", "ensemble": True}, "an ensemble combines two families"),
        ({"source": "folder"}, "needs a root"),
        ({"multi_label": True, "balanced": True}, "received cross-entropy, balanced"),
        ({"multi_label": True, "loss": "class-balanced"}, "no one class to be counted"),
        ({"protocol": "5-fold:6"}, "F from 1 to K"),
        ({"merge": ["A+B"]}, "A\\+B=C"),
        ({"root": os.fsdecode(b"/D\xfcrer")}, r"root: /D\\xfcrer: the path is not UTF-8"),
        ({"classes": os.fsdecode(b"D\xfcrer")}, r"D\\xfcrer: the name is not UTF-8"),
        ({"root": "~nobody-of-that-name/art"}, "root: ~nobody.*Write the folder out"),
        ({"classes": " ,"}, "names nothing"),
        ({"classes": 'Cubism,"Pop, Op'}, "the quotes do not fit"),
        ({"top": 1}, "top: "),
        ({"per_class": 2}, "per_class: "),
        ({"families": "resnet9000"}, "resnet9000"),
    ],
)
def test_what_cannot_be_planned_is_said(given: dict[str, object], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        Plan.of(**given)


def test_a_planned_command_takes_the_options_and_its_own_and_is_handed_the_plan() -> None:
    seen: list[object] = []

    @options.planned(options.COLLECTION)
    def look(plan: Plan, *, as_json: options.JsonOption = False) -> None:
        """Looks."""
        seen.extend((plan, as_json))

    assert list(inspect.signature(look).parameters) == ["source", "root", "task", "multi_label", "as_json"]
    assert (look.__name__, look.__doc__) == ("look", "Looks.")
    look(source=None, root=None, task="genre", multi_label=None, as_json=True)
    assert seen == [Plan.of(task="genre"), True]


def test_a_plan_changes_recipes_into_ones_that_hold() -> None:
    recipe = recipe_for("demo", "simple_cnn").replace(class_weights=True)
    for given in ({"multi_label": True, "loss": "focal"}, {"loss": "class-balanced"}, {"top_up": 40}):
        changed = recipe.replace(**Plan.of(**given).changes)
        assert Recipe.model_validate(changed.model_dump()) == changed
        assert changed.loss == given.get("loss", "cross-entropy")
        assert changed.class_weights is ("top_up" in given)
    assert recipe.replace(**Plan.of(borders="crop").changes) == recipe.replace(borders=Borders.CROP)
    assert recipe.replace(**Plan().changes) == recipe


def test_plans_are_kept_by_name(settings: Settings) -> None:
    assert Plan.kept(settings) == {"demo": Plan()}
    plan = Plan.of(families=("vgg_inception",), task="genre")
    for name in ("nightly", "Große Fahrt 2.1"):
        assert plan.save(settings, name).name == f"{name}.json"
    assert Plan.kept(settings) == {"nightly": plan, "Große Fahrt 2.1": plan}


@pytest.mark.parametrize(
    "name", ["../elsewhere", "team/nightly", "a\\b", "x" * 300, "ü" * 60, "", ".", "-x", "x ", "50%", "a\nb"]
)
def test_a_name_that_is_no_file_name_is_refused_before_anything_is_written(
    settings: Settings, name: str
) -> None:
    with pytest.raises(SettingsError, match="cannot be the name of a plan"):
        Plan().save(settings, name)
    assert not settings.home.exists()


def test_one_plan_that_cannot_be_used_leaves_the_others_scheduled(settings: Settings) -> None:
    good = Plan().save(settings, "good")
    files = {
        "cut.json": good.read_text()[:40],
        "stale.json": json.dumps({"source": "synthetic", "gone": 1}),
        "unknown.json": json.dumps({"families": ["resnet9000"]}),
        "a&b.json": good.read_text(),
    }
    for name, text in files.items():
        (good.parent / name).write_text(text)
    (good.parent / "folder.json").mkdir()
    plans = kept_plans(settings)
    assert plans.usable == {"good": Plan()}
    assert plans.unusable.keys() == {*files, "folder.json"}
    assert "gone: " in plans.unusable["stale.json"]
    assert "resnet9000" in plans.unusable["unknown.json"]
    assert all(f"delete {good.parent / name}" in reason for name, reason in plans.unusable.items())
    good.unlink()
    assert Plan.kept(settings) == {}  # the demo is for a home that never kept a plan


def test_two_collections_never_share_a_default_name() -> None:
    given = {"source": "folder", "task": "style"}
    names = {
        Plan.of(**given, root="/art/one").default_name,
        Plan.of(**given, root="/art/two").default_name,
        Plan.of(**given, root="/art/one", scale="full").default_name,
        Plan.of(source="wikiart", task="style", root="/art/one").default_name,
        Plan().default_name,
    }
    assert len(names) == 5
    assert Plan.of(**given, root="/art/one").default_name in names  # the same on every day
