"""Several answers as one run: finished runs, bags, folds, trees; promoted and served as any other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import keras
import numpy as np
import pytest

from components.data.sources import synthetic
from components.errors import DataError, RegistryError, TrainingError
from components.inference import releases
from components.inference.predictor import Predictor
from components.models import catalog, voting
from components.settings import Settings
from components.tracking.runs import RunRecord, Tracker
from components.training.ensembles.boost_recipe import BoostRecipe
from components.training.ensembles.boosting import boost
from components.training.recipe import Recipe
from tests.tiny_training import pictures, recipe, tinted

if TYPE_CHECKING:
    from components.data.manifest import Manifest
    from flows.plan import Plan
    from flows.steps.train import TrainingJob

pytestmark = [pytest.mark.integration, pytest.mark.slow]


class Ground(NamedTuple):
    """A validated, split data version, and two runs on it: of two families and sizes."""

    plan: Plan
    settings: Settings
    manifest: Manifest
    runs: list[RunRecord]


def _job(plan: Plan, manifest: Manifest, chosen: Recipe, name: str) -> TrainingJob:
    from flows.steps.train import TrainingJob

    return TrainingJob(chosen, manifest, f"{plan.task} · tiny", name, plan.tags("training", manifest))


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    from flows.plan import Plan
    from flows.steps.ingest import prepared
    from flows.steps.train import run_training

    root = synthetic.draw(tmp_path_factory.mktemp("gallery"), works_per_style=16, size=40)
    settings = Settings(home=tmp_path_factory.mktemp("several") / "home")
    plan = Plan.of(root=str(root), scale="smoke")
    manifest = prepared(plan, settings)
    chosen = [recipe(24, "simple_cnn", epochs=3), recipe(18, "grid_cnn", epochs=2)]
    runs = [run_training(_job(plan, manifest, one, one.family), settings) for one in chosen]
    return Ground(plan, settings, manifest, runs)


@pytest.fixture(scope="module")
def combined(ground: Ground) -> RunRecord:
    from flows.steps.ensemble import run_ensembling

    return run_ensembling(ground.runs, ground.settings)


def test_finished_runs_become_one(ground: Ground, combined: RunRecord) -> None:
    from flows.steps.ensemble import run_ensembling

    tracker = Tracker(ground.settings)
    assert combined.tags["atelier.family"] == "ensemble"
    assert combined.tags["atelier.kind"] == "training"
    assert {one.id for one in tracker.children(combined.id)} == {one.id for one in ground.runs}
    parameters = sum(one.metrics["parameters"] for one in ground.runs)
    assert combined.metrics["parameters"] == parameters
    assert combined.metrics.get("test/macro_f1_low", 0) <= combined.metrics["test/macro_f1"]
    assert combined.metrics["export_difference"] < 1e-5
    assert "tables/members.json" in tracker.artifacts(combined.id, "tables")
    assert run_ensembling(ground.runs[::-1], ground.settings).id == combined.id


def test_two_runs_are_compared_on_their_test_works(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from flows.commands.models import compare

    monkeypatch.setenv("ATELIER_HOME", str(ground.settings.home))
    first, second = ground.runs
    compare(first.id, second.id[:12], as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert found["works"] == len(ground.manifest.held_out)
    assert found["first macro-F1"] == pytest.approx(first.metrics["test/macro_f1"], abs=1e-4)
    assert 0 < found["p"] <= 1


def test_it_is_promoted_and_answers(ground: Ground, combined: RunRecord) -> None:
    from flows.steps.promote import promote

    entry = promote([combined], ground.manifest, ground.plan.task, ground.settings)
    assert (entry.action, entry.family) == ("promote", "ensemble")
    champion = releases.current(ground.settings, ground.plan.task)
    assert champion is not None
    predictor = Predictor.load(champion)
    assert predictor.card.image_size == (24, 24)
    ranked = predictor.predict(ground.manifest.root / str(ground.manifest.held_out.frame["path"].iloc[0]))
    assert sum(one.probability for one in ranked) == pytest.approx(1, abs=1e-4)


def test_what_does_not_go_together_is_refused(ground: Ground) -> None:
    from flows.runs.finished_run import finished_runs
    from flows.steps.ensemble import run_bagging, run_ensembling

    first, second = ground.runs
    with pytest.raises(TrainingError, match="at least 2 different runs"):
        run_ensembling([first, first], ground.settings)
    with pytest.raises(TrainingError, match="at least 2 members"):
        run_bagging(_job(ground.plan, ground.manifest, recipe(), "bag"), 1, ground.settings)
    with pytest.raises(RegistryError, match="0 match"):
        finished_runs(["none such"], ground.settings)
    (found,) = finished_runs([second.id[:9]], ground.settings)
    assert found.id == second.id


def test_other_data_versions_are_refused(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    from components.inference.release import ReleaseCard
    from flows.steps.ensemble import run_ensembling

    load = ReleaseCard.load

    def other(folder: Path) -> ReleaseCard:
        card = load(folder)
        return card.replace(data_version=card.run_id[:8])

    monkeypatch.setattr(ReleaseCard, "load", other)
    with pytest.raises(TrainingError, match="different data versions"):
        run_ensembling(ground.runs, ground.settings)


def test_trees_on_a_run(ground: Ground) -> None:
    from flows.steps.boost import run_boosting

    grown = run_boosting(ground.runs[0], BoostRecipe(rounds=10, depth=3), ground.settings)
    assert grown.tags["atelier.family"] == "boosted"
    assert grown.tags["atelier.network"] == ground.runs[0].id
    assert grown.metrics["test/macro_f1"] > 0
    curve = Tracker(ground.settings).history(grown.id)["epoch/val_loss"]
    assert len(curve) == grown.metrics["rounds"] == 10
    assert run_boosting(ground.runs[0], BoostRecipe(rounds=10, depth=3), ground.settings).id == grown.id


def test_a_bag_and_a_larger_one(ground: Ground) -> None:
    from flows.steps.ensemble import run_bagging

    job = _job(ground.plan, ground.manifest, recipe(18, "grid_cnn", epochs=1), "bag")
    bag = run_bagging(job, 2, ground.settings)
    tracker = Tracker(ground.settings)
    members = tracker.children(bag.id)
    assert [one.tags["atelier.member"] for one in members] == ["1", "2"]
    assert len({one.metrics["validation/log_loss"] for one in members}) == 2
    assert 0 <= bag.metrics["out_of_bag/macro_f1"] <= 1
    train = int((ground.manifest.frame["split"] == "train").sum())
    assert 0.3 * train < bag.metrics["out_of_bag/works"] < train
    assert run_bagging(job, 2, ground.settings).id == bag.id


def test_folds_test_every_work_once(ground: Ground) -> None:
    from components.evaluation.answers import logged_rows
    from flows.steps import ingest as stops
    from flows.steps.cross_validate import TABLE, folds_of, run_cross_validation

    plan, settings = ground.plan, ground.settings
    works = stops.select(stops.ingest(plan, settings), plan)
    folds = folds_of(works, plan, 2, settings)
    job = _job(plan, works, recipe(18, "grid_cnn", epochs=1), "2 folds")
    found = run_cross_validation(job, folds, settings)
    tracker = Tracker(settings)
    tested = [row["work"] for row in logged_rows(tracker.artifact(found.id, "tables/test_works.json"))]
    assert sorted(tested) == sorted(works.frame["path"])
    below = tracker.children(found.id)
    figures = [one.metrics["test/macro_f1"] for one in below]
    assert found.metrics["folds/macro_f1_mean"] == pytest.approx(np.mean(figures))
    assert found.metrics.get("test/macro_f1_low", 0) <= found.metrics["test/macro_f1"]
    table = logged_rows(tracker.artifact(found.id, TABLE))
    assert [row["fold"] for row in table] == ["1", "2", "mean ± sd", "all works"]
    to_promote = {one.id for one in tracker.runs(kind="training")}
    assert not to_promote & {found.id, *(one.id for one in below)}
    with pytest.raises(DataError, match="at least 2 folds"):
        run_cross_validation(job, folds[:1], settings)


def test_a_recipe_can_be_chosen_without_its_test_works(ground: Ground) -> None:
    from flows.steps import ingest as steps
    from flows.steps.cross_validate import folds_of, without_test_works

    plan, settings = ground.plan, ground.settings
    works = steps.select(steps.ingest(plan, settings), plan)
    chosen_by = without_test_works(works, plan, settings)
    test = set(ground.manifest.held_out.frame["sha256"])
    assert set(chosen_by.frame["sha256"]) == set(works.frame["sha256"]) - test
    assert not chosen_by.protocol
    folds_of(works, plan, 2, settings)  # the folds of all works must not decide where these stand
    folds = folds_of(chosen_by, plan, 2, settings, of="training works")
    tested = [content for fold in folds for content in fold.held_out.frame["sha256"]]
    assert sorted(tested) == sorted(chosen_by.frame["sha256"])
    with pytest.raises(TrainingError, match="has no test works to keep out"):
        without_test_works(works, plan.replace(protocol="80/20"), settings)


def test_in_a_fresh_process_they_answer_the_same(tmp_path: Path) -> None:
    """One process for all of them, which knows no layer but those of components.models.layers."""
    keras.utils.set_random_seed(6)
    network = catalog.build("simple_cnn", 3, (24, 24))
    other = catalog.build("grid_cnn", 3, (30, 20))
    trees = BoostRecipe(rounds=8, depth=3, early_stop=None)
    grown = boost(network, tinted(), Settings(home=tmp_path / "home"), trees).model
    image = keras.Input((None, None, 3), name="image")
    maps = keras.layers.GlobalMaxPooling2D()(keras.layers.Conv2D(4, 3)(image))
    any_size = keras.Model(image, keras.layers.Dense(3, activation="softmax")(maps), name="any_size")
    made = [
        voting.over_sizes(any_size, (24, 24), (12, 24, 30)),
        voting.with_mirror(network),
        voting.mean_of([network, other, grown]),
        grown,
    ]
    expected = {}
    for whole in made:
        height, width = whole.input_shape[1:3]
        images = pictures(6, 30)[0][:, :height, :width]
        expected[whole.name] = np.array(whole(images, training=False))
        whole.save(tmp_path / f"{whole.name}.keras")
        np.save(tmp_path / f"{whole.name}.images.npy", images)
    code = "import sys; from pathlib import Path; from tests.tiny_fresh import main; main(Path(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=Path(__file__).parents[3],
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for name, answers in expected.items():
        np.testing.assert_allclose(
            np.load(tmp_path / f"{name}.answers.npy"), answers, atol=1e-5, err_msg=name
        )
