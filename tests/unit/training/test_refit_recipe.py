"""What of a judged run's training a refit repeats."""

from __future__ import annotations

import pytest

from components.errors import SettingsError, TrainingError
from components.training.recipe import Recipe, Stage
from components.training.refit_recipe import refit_recipe
from components.training.result import Epoch


def _rows(stage: int, scores: list[float], rates: list[float] | None = None) -> list[Epoch]:
    rates = rates or [1e-3] * len(scores)
    return [
        {"val_macro_f1": score, "learning_rate": rate, "stage": float(stage)}
        for score, rate in zip(scores, rates, strict=True)
    ]


def _recipe(*stages: Stage) -> Recipe:
    return Recipe(family="simple_cnn", image_size=(32, 32), stages=stages)


def test_it_runs_for_the_epochs_that_were_kept_with_their_rate_cuts() -> None:
    judged = _recipe(Stage(epochs=20, learning_rate=1e-3))
    history = _rows(1, [0.1, 0.4, 0.3, 0.5, 0.5, 0.2], [1e-3, 1e-3, 1e-3, 1e-4, 1e-4, 1e-5])
    again = refit_recipe(judged, history)
    assert again.monitor == "none"
    (stage,) = again.stages
    assert (stage.epochs, stage.cut_after) == (4, (3,))
    assert (stage.stop_patience, stage.reduce_patience) == (None, None)
    assert again.key != judged.key


def test_a_stage_that_left_nothing_is_left_out_and_another_starts_from_the_best() -> None:
    stages = Stage(epochs=3, train="head"), Stage(epochs=3), Stage(epochs=2)
    history = _rows(1, [0.3, 0.6, 0.5]) + _rows(2, [0.1, 0.2, 0.3]) + _rows(3, [0.7, 0.2])
    assert [stage.epochs for stage in refit_recipe(_recipe(*stages), history).stages] == [2, 1]


@pytest.mark.parametrize(("best", "epochs"), [(2, 2), (7, 7), (8, 10), (10, 10)])
def test_a_cosine_schedule_keeps_its_length_where_late_epochs_were_kept(best: int, epochs: int) -> None:
    stage = Stage(epochs=10, schedule="cosine", warmup_epochs=2, reduce_patience=None)
    scores = [0.9 if number == best else 0.1 for number in range(1, 11)]
    (again,) = refit_recipe(_recipe(stage), _rows(1, scores, [1 / n for n in range(1, 11)])).stages
    assert (again.epochs, again.schedule, again.warmup_epochs) == (epochs, "cosine", min(2, epochs - 1))
    assert again.cut_after == ()


def test_a_run_of_several_stages_must_say_which_is_which() -> None:
    history: list[Epoch] = [{"val_macro_f1": 0.5, "learning_rate": 1e-3}] * 3
    assert refit_recipe(_recipe(Stage(epochs=3)), history).stages[0].epochs == 1
    with pytest.raises(TrainingError, match="older version"):
        refit_recipe(_recipe(Stage(epochs=2), Stage(epochs=1)), history)


def test_nothing_can_wait_for_what_is_not_monitored() -> None:
    with pytest.raises(SettingsError, match="stop_patience 10"):
        _recipe(Stage(epochs=2)).replace(monitor="none")
    with pytest.raises(SettingsError, match="rate is cut after the epochs"):
        Stage(epochs=4).replace(cut_after=(2,))


def test_recipes_without_such_cuts_keep_the_key_they_had() -> None:
    assert "cut_after" not in _recipe(Stage(epochs=2)).content["stages"][0]
    loaded = Recipe.model_validate_json(_recipe(Stage(epochs=2)).model_dump_json())
    assert loaded == _recipe(Stage(epochs=2))
