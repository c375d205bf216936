"""Several labels a work, from a collection to an answer: the stops of the road, in one process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest

from components.inference import releases
from components.inference.predictor import Predictor
from components.settings import Settings
from components.tracking.runs import RunRecord
from tests.tiny_collections import ARTISTS, best_artworks

if TYPE_CHECKING:
    from components.data.manifest import Manifest
    from components.tracking.promotion.journal import Entry
    from flows.plan import Plan

pytestmark = pytest.mark.integration

MOVEMENTS = {movement for artist in ARTISTS.values() for movement in artist.split(",")}


class Walked(NamedTuple):
    """What the stops made."""

    plan: Plan
    settings: Settings
    manifest: Manifest
    run: RunRecord
    decision: Entry


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    from flows.plan import Plan
    from flows.steps import ingest, promote, train

    root = best_artworks(tmp_path_factory.mktemp("tiny"), nested=False, works=14)
    settings = Settings(home=tmp_path_factory.mktemp("several") / "home")
    plan = Plan.of(
        source="best_artworks",
        root=str(root),
        multi_label=True,
        loss="focal",
        scale="smoke",
        families="simple_cnn",
    )
    works = ingest.select(ingest.ingest(plan, settings), plan)
    ingest.validate(works, plan, settings)
    works = ingest.split(works, plan, settings)
    ingest.validate(works, plan, settings)
    run = train.train("simple_cnn", works, plan, settings)
    return Walked(plan, settings, works, run, promote.promote([run], works, plan.task, settings))


def test_a_work_keeps_all_of_its_labels(walked: Walked) -> None:
    assert walked.manifest.multi_label
    assert set(walked.manifest.class_names) == MOVEMENTS
    assert "Impressionism + Post-Impressionism" in set(walked.manifest.frame["label"])


def test_its_run_has_the_figures_of_each_label(walked: Walked) -> None:
    from components.tracking.runs import Tracker

    metrics = walked.run.metrics
    assert (
        metrics.get("test/macro_f1_low", 0)
        <= metrics["test/macro_f1"]
        <= metrics.get("test/macro_f1_high", 1)
    )
    for figure in ("micro_f1", "hamming_loss", "subset_accuracy", "mean_average_precision"):
        assert 0 <= metrics[f"validation/{figure}"] <= 1
    tracker = Tracker(walked.settings)
    assert tracker.artifact(walked.run.id, "figures/per_class.png").stat().st_size > 5_000
    assert tracker.artifact(walked.run.id, "tables/test_works.json").is_file()


def test_its_release_is_champion_and_says_what_applies(walked: Walked) -> None:
    assert walked.decision.action == "promote"
    assert walked.decision.macro_f1 == pytest.approx(walked.run.metrics["test/macro_f1"], abs=0.02)
    folder = releases.current(walked.settings, "style")
    assert folder is not None
    predictor = Predictor.load(folder)
    assert predictor.card.multi_label
    assert set(predictor.card.class_names) == MOVEMENTS
    picture = next(Path(walked.manifest.root).rglob("*.jpg"))
    for one in predictor.predict(picture):
        assert one.threshold is not None
        assert one.applies is (one.probability >= one.threshold)


def test_each_stop_is_found_done(walked: Walked) -> None:
    from flows.steps import promote, train

    again = train.train("simple_cnn", walked.manifest, walked.plan, walked.settings)
    assert again.id == walked.run.id
    entry = promote.promote([again], walked.manifest, "style", walked.settings)
    assert entry.champion == walked.decision.champion


def test_a_model_of_one_label_can_be_judged_beside_it(walked: Walked) -> None:
    """It gives each work its most probable label; the other one's labels it misses."""
    from flows.steps.contender import scores_of_several

    works = walked.manifest.held_out
    names = works.class_names
    truth = works.targets(names)
    folder = releases.current(walked.settings, "style")
    assert folder is not None
    card = Predictor.load(folder).card
    single = card.replace(multi_label=False, thresholds=())
    right = truth * np.linspace(0.9, 0.8, len(names))
    assert scores_of_several(card, works, names, truth).macro_f1 == pytest.approx(1)
    assert 0.5 < scores_of_several(single, works, names, right).macro_f1 < 1
