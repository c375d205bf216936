"""A judged run trained again on more works: what judges it, what its card says, how it is promoted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import pytest

from components.data.sources import synthetic
from components.data.splits.refit import Refit
from components.errors import DataError, TrainingError
from components.inference.release import CARD, ReleaseCard
from components.settings import Settings
from components.tracking.registry import Registry
from components.tracking.runs import RunRecord, Tracker
from components.training.ensembles.boost_recipe import BoostRecipe
from tests.tiny_training import recipe

if TYPE_CHECKING:
    from components.data.manifest import Manifest
    from flows.plan import Plan
    from flows.steps.train import TrainingJob

pytestmark = [pytest.mark.integration, pytest.mark.slow]


class Ground(NamedTuple):
    """A split data version; two judged runs on it, and each of them refit on all works."""

    plan: Plan
    settings: Settings
    manifest: Manifest
    judged: list[RunRecord]
    refits: list[RunRecord]


def _job(plan: Plan, manifest: Manifest, seed: int) -> TrainingJob:
    from flows.steps.train import TrainingJob

    chosen = recipe(18, "grid_cnn", epochs=2).replace(seed=seed, crop_at_test=0.8 if seed == 1 else None)
    tags = plan.tags("training", manifest)
    return TrainingJob(chosen, manifest, "style · refit", f"seed {seed}", tags)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    from flows.plan import Plan
    from flows.runs.finished_run import finished_run
    from flows.runs.refit_of import RefitOf
    from flows.steps.ingest import prepared
    from flows.steps.refit import refit_job, run_refit
    from flows.steps.train import run_training

    root = synthetic.draw(tmp_path_factory.mktemp("gallery"), works_per_style=16, size=40)
    settings = Settings(home=tmp_path_factory.mktemp("refit") / "home")
    plan = Plan.of(root=str(root), scale="smoke", refit="all", refit_folds=2)
    manifest = prepared(plan, settings)
    jobs = [_job(plan, manifest, seed) for seed in (0, 1)]
    judged = [run_training(job, settings) for job in jobs]
    without_folds = RefitOf(finished_run(judged[1], settings), Refit.ALL)
    refits = [
        run_refit(judged[0], jobs[0], plan, settings),
        run_training(refit_job(jobs[1], without_folds, settings), settings),
    ]
    return Ground(plan, settings, manifest, judged, refits)


def _carries_over(card: ReleaseCard, judged: ReleaseCard) -> None:
    """What validation works chose for the judged run holds for its refit."""
    assert card.temperature is not None
    assert judged.temperature is not None
    assert card.temperature.value == pytest.approx(judged.temperature.value)
    assert card.novelty is not None
    assert judged.novelty is not None
    assert card.novelty.threshold == pytest.approx(judged.novelty.threshold)
    assert card.novelty.sha256 != judged.novelty.sha256  # its own works


def _card(run: RunRecord, settings: Settings) -> ReleaseCard:
    return ReleaseCard.load(Tracker(settings).artifact(run.id, CARD).parent)


def test_on_training_and_validation_works_it_is_judged_by_the_test_works(ground: Ground) -> None:
    from flows.steps.refit import run_refit

    plan, settings = ground.plan.replace(refit=Refit.VALIDATION), ground.settings
    job, judged = _job(plan, ground.manifest, 0), ground.judged[0]
    run = run_refit(judged, job, plan, settings)
    assert run.id != judged.id
    assert (run.refit, run.refit_of) == (Refit.VALIDATION, judged.id)
    assert not any(name.startswith("validation/") for name in run.metrics)
    assert run.validation_macro_f1 == judged.metrics["validation/macro_f1"]
    assert run.metrics["temperature"] == judged.metrics["temperature"]
    card, own = _card(run, settings), _card(judged, settings)
    assert card.macro_f1 == pytest.approx(run.metrics["test/macro_f1"])
    _carries_over(card, own)
    assert card.novelty is not None
    assert card.novelty.false_alarms is not None
    assert card.judgement.startswith("Refit on the training and validation works")
    assert len(Tracker(settings).history(run.id)["epoch/loss"]) == judged.metrics["best_epoch"]
    assert run_refit(judged, job, plan, settings).id == run.id


def test_on_all_works_it_is_not_judged_and_carries_two_figures_of_others(ground: Ground) -> None:
    judged, run, settings = ground.judged[0], ground.refits[0], ground.settings
    assert (run.refit, run.refit_of, run.kind) == (Refit.ALL, judged.id, "training")
    assert not any(name.startswith(("validation/", "test/")) for name in run.metrics)
    tracker = Tracker(settings)
    with pytest.raises(DataError, match="no artifact"):
        tracker.artifact(run.id, "tables/test_works.json")
    card = _card(run, settings)
    assert card.macro_f1 == pytest.approx(judged.metrics["test/macro_f1"])
    _carries_over(card, _card(judged, settings))
    assert card.novelty is not None
    assert card.novelty.false_alarms is None  # it has learnt the works that could tell
    assert card.cross_validated is not None
    folds = tracker.run(card.cross_validated.run_id)
    assert folds.kind == "cross-validation"
    assert card.cross_validated.macro_f1_mean == folds.metrics["folds/macro_f1_mean"]
    assert card.judgement.startswith(
        f"Not judged: refit on all works, so that none is left to judge it. Run {judged.id[:8]}"
    )
    assert "2-fold cross-validation: macro-F1" in card.judgement


def test_runs_and_comparisons_say_so(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from flows.commands.models import compare
    from flows.run_table import run_rows

    (row,) = run_rows([ground.refits[0]])
    assert row["test F1"].startswith(f"not judged; run {ground.judged[0].id[:8]}: .")
    assert row["learnt from"].startswith("all works; 2-fold .")
    monkeypatch.setenv("ATELIER_HOME", str(ground.settings.home))
    compare(ground.refits[0].id, ground.judged[1].id, as_json=True)
    compared = json.loads(capsys.readouterr().out)
    assert compared["first"] == ground.judged[0].id
    assert compared["first macro-F1"] == pytest.approx(ground.judged[0].metrics["test/macro_f1"], abs=1e-4)


def test_promotion_goes_by_the_judged_run_for_champion_and_challenger_alike(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.steps import contender
    from flows.steps.promote import promote

    manifest, settings = ground.manifest, ground.settings
    measured: list[str] = []
    load = contender.Predictor.load

    def watched(folder: object) -> contender.Predictor:
        predictor = load(folder)  # type: ignore[arg-type]
        measured.append(predictor.card.run_id)
        return predictor

    monkeypatch.setattr(contender.Predictor, "load", watched)
    (first, second), (refit, other) = ground.judged, ground.refits
    entry = promote([first], manifest, "style", settings)
    assert entry.champion == "1"
    entry = promote([first, refit], manifest, "style", settings)
    assert (entry.action, entry.run_id) == ("promote", refit.id)
    assert "a refit on all works of the champion's own run" in entry.reason
    entry = promote([other], manifest, "style", settings)
    assert f"of run {first.id[:8]}, which it refits" in entry.reason
    better = second.metrics["test/macro_f1"] > first.metrics["test/macro_f1"]
    assert entry.action == ("promote" if better else "keep")
    assert not {refit.id, other.id} & set(measured)
    assert {first.id, second.id} <= set(measured)
    registered = Registry(settings).versions("style")
    assert all("Not judged" in one.description for one in registered if one.run_id != first.id)


def test_an_ensemble_of_refits_stands_for_the_ensemble_of_the_judged_runs(ground: Ground) -> None:
    from flows.steps.ensemble import run_ensembling

    settings = ground.settings
    whole = run_ensembling(ground.refits, settings)
    assert whole.refit is Refit.ALL
    judged = run_ensembling(ground.judged, settings)
    assert whole.refit_of == judged.id
    assert _card(whole, settings).macro_f1 == pytest.approx(judged.metrics["test/macro_f1"])
    assert "test/macro_f1" not in whole.metrics
    with pytest.raises(TrainingError, match="different works that were learnt from"):
        run_ensembling([ground.refits[0], ground.judged[1]], settings)


def test_a_bag_is_refit_member_by_member(ground: Ground) -> None:
    from flows.steps.ensemble import refit_bag, run_bagging

    settings, job = ground.settings, _job(ground.plan, ground.manifest, 3)
    judged = run_bagging(job, 2, settings)
    bag = refit_bag(judged, job, 2, Refit.ALL, settings)
    assert bag.refit_of == judged.id
    members = [one for one in Tracker(settings).children(bag.id) if one.refit is Refit.ALL]
    assert [one.tags["atelier.member"] for one in members] == ["1", "2"]
    assert judged.metrics["out_of_bag/works"] < bag.metrics["out_of_bag/works"] < len(ground.manifest)


def test_nothing_that_would_be_judged_by_learnt_works_is_made_of_a_refit(ground: Ground) -> None:
    from flows.steps.boost import run_boosting
    from flows.steps.refit import run_refit
    from flows.steps.train import warm_start

    refit, settings = ground.refits[0], ground.settings
    with pytest.raises(TrainingError, match="To grow trees on its network"):
        run_boosting(refit, BoostRecipe(rounds=2), settings)
    with pytest.raises(TrainingError, match="To start from its network"):
        warm_start(recipe().replace(warm_start=refit.id), settings)
    unjudged = ground.manifest.with_frame(ground.manifest.frame.replace({"split": {"test": "validation"}}))
    job = _job(ground.plan, unjudged, 0)
    with pytest.raises(TrainingError, match="has no test works"):
        run_refit(ground.judged[0], job, ground.plan.replace(refit=Refit.VALIDATION), settings)


def test_of_an_ensemble_each_member_is_refit(ground: Ground) -> None:
    from dataclasses import replace

    from flows.steps.ensemble import FAMILY, run_ensembling
    from flows.steps.refit_best import refit_best
    from flows.steps.train import train

    families = ("grid_cnn", "simple_cnn")
    plan = ground.plan.replace(families=families, ensemble=True, refit=Refit.VALIDATION)
    runs = [train(family, ground.manifest, plan, ground.settings) for family in families]
    together = run_ensembling(runs, ground.settings)
    best = replace(together, metrics=together.metrics | {"validation/macro_f1": 1.0})
    refit = refit_best([*runs, best], ground.manifest, plan, ground.settings)
    assert (refit.family, refit.refit, refit.refit_of) == (FAMILY, Refit.VALIDATION, together.id)
    first = replace(runs[0], metrics=runs[0].metrics | {"validation/macro_f1": 1.0})
    worse = replace(together, metrics=together.metrics | {"validation/macro_f1": 0.0})
    alone = refit_best([first, worse], ground.manifest, plan, ground.settings)
    assert (alone.family, alone.refit_of) == ("grid_cnn", runs[0].id)
