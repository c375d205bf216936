"""Parameters, spaces, searches as values."""

from __future__ import annotations

import pytest

from components.errors import SettingsError
from components.training.search import samplers
from components.training.search.parameter_text import parameter
from components.training.search.presets import SEARCHES, find_search
from components.training.search.search import Search
from components.training.search.space import Choice, LogUniform, Space, Steps, Uniform, Whole, applied
from tests.tiny_search import GRID, RECIPE, rates


def test_the_ranges_of_the_studies() -> None:
    assert Steps(name="a", low=128, high=512, step=64).grid == (128, 192, 256, 320, 384, 448, 512)
    assert Steps(name="a", low=0.1, high=0.5, step=0.1).grid == (0.1, 0.2, 0.3, 0.4, 0.5)
    assert Steps(name="a", low=0, high=5, step=2).grid == (0, 2, 4)
    assert len(GRID.space.cells or ()) == 56
    assert GRID.space.cells[0] == {"options.dense_1": 128, "options.dense_2": 32}
    assert find_search("grid-cnn")(RECIPE, "x", 0).space.cells == [
        {"options.neurons": neurons, "options.dropout": dropout}
        for neurons in (8, 16)
        for dropout in (0, 0.5)
    ]
    best = {"options.nodes": 650, "options.dropout": 0.7, "stages.0.learning_rate": 1.95e-5}
    space = {one.name: one for one in find_search("inception")(RECIPE, "x", 0).space.parameters}
    assert all(value in (space[name].grid or [value]) for name, value in best.items())


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_is_the_same_after_json(name: str) -> None:
    search = find_search(name)(RECIPE, "kept", 3)
    again = Search.model_validate_json(search.model_dump_json())
    assert again == search
    assert again.key == search.key != search.replace(seed=4).key
    assert search.key == search.replace(name="another").key


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("options.a=128:64:512", Steps(name="options.a", low=128, high=512, step=64)),
        ("options.a=128:512:64", Steps(name="options.a", low=128, high=512, step=64)),
        ("options.a=0,0.5", Choice(name="options.a", values=(0, 0.5))),
        ("stages.0.optimizer=adam, sgd", Choice(name="stages.0.optimizer", values=("adam", "sgd"))),
        ("a=true,false", Choice(name="a", values=(True, False))),
        ("a=log:1e-5..1e-2", LogUniform(name="a", low=1e-5, high=1e-2)),
        ("a=0..1", Uniform(name="a", low=0, high=1)),
        ("a=whole:1..8", Whole(name="a", low=1, high=8)),
        ("a=whole-log:8..1024", Whole(name="a", low=8, high=1024, log=True)),
    ],
)
def test_parameters_as_written(text: str, expected: object) -> None:
    assert parameter(text) == expected


@pytest.mark.parametrize(
    "text", ["a", "=1", "a=5..1", "a=log:0..1", "a=ln:1..2", "a=1:2:x", "a=1,1", "a=9:2:1", "a=whole:.5..2"]
)
def test_what_is_no_parameter_says_what_is(text: str) -> None:
    with pytest.raises(SettingsError, match=r"is no parameter .*Expected one of name=128:64:512"):
        parameter(text)


def test_values_reach_their_places() -> None:
    values = {"image_size": 48, "stages.0.learning_rate": 0.5, "options.dense_1": 64, "class_weights": True}
    changed = applied(RECIPE, values)
    assert changed.image_size == (48, 48)
    assert changed.stages[0].learning_rate == 0.5
    assert changed.options == {"dense_1": 64}
    assert changed.class_weights
    assert RECIPE.options == {}
    assert applied(RECIPE, {"image_size.1": 40}).image_size == (32, 40)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("optoins.a", "a recipe has alpha, borders, class_weights, .*; received 'optoins'"),
        ("stages.1.learning_rate", "stages has 0; received '1'"),
        ("stages.0.rate", "stages.0 has batch_size, .*learning_rate"),
        ("family.name", "family is 'mobilenet_v2', which has no parts"),
    ],
)
def test_a_name_that_leads_nowhere(name: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        applied(RECIPE, {name: 1})
    with pytest.raises(SettingsError, match=told):
        Search.of(name="x", recipe=RECIPE, space=Space.of(Whole(name=name, low=1, high=2)), sampler="grid")


def test_a_value_that_the_recipe_does_not_take() -> None:
    with pytest.raises(SettingsError, match=r"stages.0.learning_rate=-1 cannot be: .*greater than 0"):
        applied(RECIPE, {"stages.0.learning_rate": -1})


def test_searches_that_cannot_be() -> None:
    with pytest.raises(SettingsError, match=r"\['stages.0.learning_rate'\] have no end of them"):
        rates(sampler="grid")
    with pytest.raises(SettingsError, match="say how many trials"):
        rates(trials=None)
    with pytest.raises(SettingsError, match="each parameter stands once"):
        Search.of(name="x", recipe=RECIPE, space={"parameters": [*rates().space.parameters] * 2}, trials=2)
    with pytest.raises(SettingsError, match="'head' is no search; expected one of heads, grid-cnn"):
        find_search("head")


def test_a_draw_is_a_value_of_its_grid() -> None:
    import optuna

    steps = Steps(name="options.dropout", low=0.1, high=0.9, step=0.1)
    study = optuna.create_study()
    for value in steps.grid:
        study.enqueue_trial({"options.dropout": value})
        drawn = study.ask({"options.dropout": samplers.distribution(steps)}).params
        assert samplers.exact(drawn) == {"options.dropout": value}
