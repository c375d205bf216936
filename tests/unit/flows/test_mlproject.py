"""MLproject: each entry's command line is one that the command line takes."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
import typer
from mlflow.projects._project_spec import load_project

from flows.cli import app
from flows.plan import Plan
from flows.study.plan import StudyPlan

ROOT = Path(__file__).parents[3]
PROJECT = load_project(str(ROOT))
NEEDED = {"boost": {"run": "0f1e2d3c"}}
COUNTED = ("pipeline", "validate", "train", "tune", "bag", "cross-validate", "study")


def parsed(line: str) -> dict[str, object]:
    """What the command at the end of `line` is called with."""
    program, *words = shlex.split(line)
    assert program == "atelier"
    command = typer.main.get_command(app)
    context = command.make_context("atelier", words)
    while hasattr(command, "resolve_command"):
        name, command, words = command.resolve_command(context, context._protected_args + context.args)
        context = command.make_context(name, list(words), parent=context)
    return context.params


@pytest.mark.parametrize("name", list(PROJECT._entry_points))
def test_every_entry_is_a_command(name: str) -> None:
    given = parsed(PROJECT.get_entry_point(name).compute_command(NEEDED.get(name, {}), None))
    fields = {field: given[field] for field in Plan.model_fields if field in given and name != "study"}
    Plan.of(**fields)


@pytest.mark.parametrize("name", COUNTED)
def test_an_option_that_an_entry_does_not_list_is_handed_on(name: str) -> None:
    line = PROJECT.get_entry_point(name).compute_command({"per_class": "50"}, None)
    assert "--per_class 50" in line
    assert parsed(line)["per_class"] == 50


def test_a_study_is_asked_for_as_on_the_command_line() -> None:
    asked = {
        "name": "A",
        "size": "cpu",
        "rows": "A3,A10",
        "root": "/some where/else",
        "stand_in": "mobilenet_v2:alpha=1.0",
        "weights": "w.h5",
    }
    given = parsed(PROJECT.get_entry_point("study").compute_command(asked, None))
    known = {name: value for name, value in given.items() if name in StudyPlan.model_fields}
    order = StudyPlan.of(study=given["name"], **known)
    assert (order.size, order.rows, order.root) == ("cpu", ("A3", "A10"), "/some where/else")
    assert (order.stand_in, order.weights) == ("mobilenet_v2:alpha=1.0", "w.h5")


def test_a_search_takes_one_parameter_of_its_own() -> None:
    asked = {"param": "options.neurons=8,16"}
    given = parsed(PROJECT.get_entry_point("tune").compute_command(asked, None))
    assert (given["param"], given["search"]) == (["options.neurons=8,16"], "")
