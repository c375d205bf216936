"""Where a protocol has no test part, nothing says that test works were asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.data.sources import synthetic
from components.settings import Settings
from components.tracking.registry import Registry
from components.tracking.runs import Tracker
from tests.road import run as atelier
from tests.tiny_training import recipe

pytestmark = pytest.mark.integration


@pytest.mark.slow
def test_a_run_without_test_works_says_so(tmp_path: Path) -> None:
    from components.inference.release import CARD, ReleaseCard
    from flows.plan import Plan
    from flows.steps.ingest import prepared
    from flows.steps.train import TrainingJob, run_training

    root = synthetic.draw(tmp_path / "gallery", works_per_style=16, size=40)
    plan, settings = Plan.of(root=str(root), protocol="80/20"), Settings(home=tmp_path / "home")
    manifest = prepared(plan, settings)
    job = TrainingJob(recipe(epochs=1), manifest, "style · judged", "one", plan.tags("training", manifest))
    run = run_training(job, settings)
    assert run.tags["atelier.judged_on"] == "validation"
    card = ReleaseCard.load(Tracker(settings).artifact(run.id, CARD).parent)
    assert card.judged_on == "validation"
    assert card.temperature is not None  # fitted on the works that judge, so not measured on them
    assert (card.temperature.fitted_on, card.temperature.ece_after) == ("validation", None)
    assert card.novelty is not None
    assert (card.novelty.chosen_on, card.novelty.false_alarms) == ("validation", None)
    assert Registry(settings).register("style", run.id, card) == "1"
    assert "Macro-F1 on the validation works" in Registry(settings).versions("style")[0].description
    assert "no test part" in atelier(settings.home, "runs").stdout
