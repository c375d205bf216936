"""A loss that is no number ends the run, and what there was before is kept with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.data.sources import synthetic
from components.errors import TrainingError
from components.settings import Settings
from components.tracking import tags
from components.tracking.runs import Tracker
from components.training.recipe import Stage
from tests.tiny_training import recipe

pytestmark = pytest.mark.integration


@pytest.mark.slow
def test_curves_and_the_best_network_stay_with_the_failed_run(tmp_path: Path) -> None:
    from flows.plan import Plan
    from flows.steps.ingest import prepared
    from flows.steps.train import TrainingJob, run_training

    root = synthetic.draw(tmp_path / "gallery", works_per_style=16, size=40)
    plan, settings = Plan.of(root=str(root)), Settings(home=tmp_path / "home")
    manifest = prepared(plan, settings)
    good = recipe(epochs=2)
    wild = Stage(epochs=2, optimizer="sgd", learning_rate=1e30)
    chosen = good.replace(stages=(*good.stages, wild))
    job = TrainingJob(chosen, manifest, "style · diverged", "wild", plan.tags("training", manifest))
    with pytest.raises(TrainingError, match=r"ten times lower.*curves\.png.*best before \(diverged/best"):
        run_training(job, settings)

    tracker = Tracker(settings)
    (run,) = tracker.runs(kind="training")
    assert run.status == "FAILED"
    assert f"the run {run.id[:8]} in MLflow" in run.tags[tags.ERROR]
    assert run.metrics["best_epoch"] in (1, 2)
    assert len(tracker.history(run.id)["epoch/loss"]) == 3
    assert "Diverged: The loss became" in tracker.artifact(run.id, "traceback.txt").read_text()
    assert tracker.artifact(run.id, "figures/curves.png").stat().st_size > 0
    kept = str(tracker.artifact(run.id, "diverged/best.keras"))
    again = TrainingJob(good.replace(warm_start=kept), manifest, job.experiment, "tamer", dict(job.tags))
    assert run_training(again, settings).status == "FINISHED"
