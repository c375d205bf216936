from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from components.data.sources import SOURCES
from components.errors import SettingsError
from components.studies.style_cnn_resnet50 import MOVEMENTS
from components.training.presets import recipe_for
from components.training.recipe import Recipe
from flows.commands import options
from flows.plan import Plan


def test_every_source_can_be_planned() -> None:
    assert Plan.model_json_schema()["properties"]["source"]["enum"] == list(SOURCES)
    for source in SOURCES:
        assert Plan.of(source=source, root="s3://bucket/art").root == "s3://bucket/art"
    assert Plan.of(source="folder", root="~/art").root == str(Path.home() / "art")


def test_every_option_is_a_field_of_the_plan() -> None:
    assert options.PIPELINE.keys() == Plan.model_fields.keys()


def test_options_are_read_as_a_command_gives_them() -> None:
    plan = Plan.of(
        classes="Cubism, Pop Art",
        families="simple_cnn",
        merge=["A+B=C"],
        corrections="mended.csv",
        protocol="5-fold:2",
        top=None,
        root="",
    )
    assert plan.classes == ("Cubism", "Pop Art")
    assert plan.merge == {"A": "C", "B": "C"}
    assert plan.corrections == str(Path.cwd() / "mended.csv")  # a scheduled run starts elsewhere
    assert plan.selection.classes == ("Cubism", "Pop Art")
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
        ({"source": "folder"}, "needs a root"),
        ({"multi_label": True, "balanced": True}, "received cross-entropy, balanced"),
        ({"multi_label": True, "loss": "class-balanced"}, "no one class to be counted"),
        ({"protocol": "5-fold:6"}, "F from 1 to K"),
        ({"merge": ["A+B"]}, "A\\+B=C"),
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
    recipe = recipe_for("demo", "simple_cnn").model_copy(update={"class_weights": True})
    for given in ({"multi_label": True, "loss": "focal"}, {"loss": "class-balanced"}, {"top_up": 40}):
        changed = recipe.model_copy(update=Plan.of(**given).changes)
        assert Recipe.model_validate(changed.model_dump()) == changed
        assert changed.loss == given.get("loss", "cross-entropy")
        assert changed.class_weights is ("top_up" in given)
    assert recipe.model_copy(update=Plan().changes) == recipe
