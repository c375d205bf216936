"""A search from trials to a network that can be promoted: in one process, in two, from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from typer.testing import CliRunner

from components.data.sources import synthetic
from components.errors import SettingsError
from components.settings import Settings
from components.tracking.runs import Tracker
from components.training.recipe import Recipe
from components.training.search.search import Search
from components.training.search.space import Choice, Space
from flows.cli import app
from tests.road import run as atelier
from tests.tiny_training import recipe, weights_file

if TYPE_CHECKING:
    from components.data.manifest import Manifest
    from flows.plan import Plan
    from flows.search.run import SearchJob, SearchResult

pytestmark = pytest.mark.integration


class Ground(NamedTuple):
    """A validated, split data version."""

    plan: Plan
    settings: Settings
    manifest: Manifest


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    from flows.plan import Plan
    from flows.steps.ingest import prepared

    root = synthetic.draw(tmp_path_factory.mktemp("gallery"), works_per_style=16, size=40)
    settings = Settings(home=tmp_path_factory.mktemp("tune") / "home")
    plan = Plan.of(root=str(root), scale="smoke")
    return Ground(plan, settings, prepared(plan, settings))


def _quest(ground: Ground, name: str, chosen: Recipe, *parameters: Choice) -> SearchJob:
    from flows.search.run import search_job

    search = Search(name=name, recipe=chosen, space=Space.of(*parameters), sampler="grid")
    return search_job(search, ground.manifest, ground.plan)


@pytest.fixture(scope="module")
def heads(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> tuple[SearchJob, SearchResult]:
    from flows.search.run import run_search

    weights = weights_file(tmp_path_factory.mktemp("weights"))
    chosen = recipe(32, "mobilenet_v2", train="head", epochs=2).replace(weights=str(weights))
    first = Choice(name="options.dense_1", values=(4, 8))
    job = _quest(ground, "heads", chosen, first, Choice(name="options.dense_2", values=(0, 4)))
    return job, run_search(job, ground.settings)


@pytest.mark.slow
def test_every_trial_stands_below_the_search(ground: Ground, heads: tuple[SearchJob, SearchResult]) -> None:
    tracker, found = Tracker(ground.settings), heads[1]
    assert found.run.tags["atelier.kind"] == "search"
    trials = [one for one in tracker.children(found.run.id) if "atelier.trial" in one.tags]
    assert {(one.params["options.dense_1"], one.params["options.dense_2"]) for one in trials} == {
        (first, second) for first in ("4", "8") for second in ("0", "4")
    }
    assert all(one.status == "FINISHED" for one in trials)
    assert {one.tags["atelier.task"] for one in trials} == {found.run.tags["atelier.task"]}
    assert {one.tags["atelier.data_version"] for one in trials} == {heads[0].manifest.fingerprint}
    history = tracker.history(trials[0].id)
    assert [step for step, _ in history["epoch/val_macro_f1"]] == [1, 2]
    figures = tracker.artifacts(found.run.id, "figures")
    assert {Path(one).stem for one in figures} == {"curves", "heat_map", "history", "parallel_coordinates"}
    table = json.loads(tracker.artifact(found.run.id, "tables/trials.json").read_text())
    assert len(table["data"]) == 4
    assert not any("atelier.trial" in one.tags for one in tracker.runs())  # none can be promoted


@pytest.mark.slow
def test_the_best_head_is_a_training_run_like_any_other(
    ground: Ground, heads: tuple[SearchJob, SearchResult]
) -> None:
    found = heads[1]
    best = found.best
    assert best.tags["atelier.kind"] == "training"
    assert best.parent == found.run.id
    assert found.run.tags["atelier.best_run"] == best.id
    assert best.metrics["validation/macro_f1"] == pytest.approx(found.outcome.best.value, abs=1e-6)
    assert (Tracker(ground.settings).release(best.id) / "model.keras").exists()


@pytest.mark.slow
def test_a_finished_search_is_found(ground: Ground, heads: tuple[SearchJob, SearchResult]) -> None:
    from flows.search.run import run_search

    job, found = heads
    again = run_search(job, ground.settings)
    assert (again.run.id, again.best.id) == (found.run.id, found.best.id)
    assert len(again.outcome.trials) == 4


@pytest.mark.slow
def test_a_loss_that_is_no_number_is_kept_and_a_wider_search_goes_on(ground: Ground) -> None:
    from flows.search.run import run_search

    rates = Choice(name="stages.0.learning_rate", values=(1e-3, 1e30, 3e-3))
    job = _quest(ground, "rates", recipe(18, "grid_cnn", epochs=1, optimizer="sgd"), rates)
    found = run_search(job, ground.settings)
    tracker = Tracker(ground.settings)
    trials = {
        one.tags["atelier.trial"]: one
        for one in tracker.children(found.run.id)
        if "atelier.trial" in one.tags
    }
    assert [trials[number].status for number in "012"] == ["FINISHED", "FAILED", "FINISHED"]
    assert "Try a learning rate ten times lower" in trials["1"].tags["atelier.error"]
    assert found.outcome.best.values["stages.0.learning_rate"] != 1e30
    assert found.best.metrics["test/macro_f1"] >= 0


@pytest.mark.slow
def test_two_processes_from_the_command_line(ground: Ground) -> None:
    home, root = ground.settings.home, str(ground.plan.root)
    ask = ["tune", "--root", root, "--scale", "smoke", "--family", "grid_cnn", "--search", "grid-cnn"]
    done = atelier(home, *ask, "--workers", "2", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert len(told["trials"]) == 4
    assert {one["state"] for one in told["trials"]} == {"finished"}
    assert "trials taken" in (home / "logs" / "search" / "worker-2.log").read_text()
    changed = atelier(home, *ask, "--metric", "val_loss")
    assert changed.returncode == 2
    assert "metric was 'val_macro_f1' and is 'val_loss'. Its 4 trials are kept." in changed.stderr


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--search", "head"], "'head' is no search; expected one of heads"),
        ([], "needs --search NAME"),
        (["--search", "heads", "--param", "a=1,2"], "received both"),
        (["--param", "stages.0.rate=1,2"], "stages.0 has batch_size"),
        (["--param", "stages.0.learning_rate=log:1..0"], "is no parameter"),
        (["--param", "stages.0.learning_rate=log:1e-5..1e-2", "--sampler", "grid"], "no end of them"),
        (["--param", "options.dropout=0,0.5", "--pruner", "shears"], "'none', 'asha' or 'hyperband'"),
    ],
)
def test_what_cannot_be_searched_is_said_at_once(options: list[str], told: str) -> None:
    done = CliRunner().invoke(app, ["tune", "--family", "simple_cnn", "--scale", "smoke", *options])
    assert isinstance(done.exception, SettingsError)
    assert told in str(done.exception)
