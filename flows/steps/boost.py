"""Boosted trees on a finished run's network (study D5): one more run, judged and promoted as any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.runtime import prepare
from components.storage import key_of
from components.tracking import tags as run_tag
from flows.log import log_step
from flows.runs.cached_run import find_or_run
from flows.runs.finished_run import finished_run
from flows.steps.evaluation.eval_data import eval_data
from flows.steps.evaluation.evaluate import evaluate
from flows.steps.promote import version_data
from flows.steps.train import refuse_refit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.settings import Settings
    from components.tracking.recorder import Run
    from components.tracking.runs import RunRecord
    from components.training.ensembles.boost_recipe import BoostRecipe
    from flows.runs.finished_run import FinishedRun

METHOD = 1
"""Counted up when the same recipe on the same network would now give other trees."""

FAMILY = "boosted"


def run_boosting(
    record: RunRecord,
    recipe: BoostRecipe,
    settings: Settings,
    *,
    name: str = "",
    tags: Mapping[str, str] | None = None,
    parent: str = "",
) -> RunRecord:
    """Grow trees on the network of a finished run; the same trees are found, not grown again.

    Args:
        record: the network's; the new run stands in its experiment.
        recipe: how trees are grown.
        settings: where runs and features lie.
        name: the new run's; "": made of the network's.
        tags: on top of the network's kind, task, source and data version.
        parent: id of the run it is shown below; "" for none.

    Raises:
        RegistryError: the run left no network.
        SettingsError: the network has no such layer.
        TrainingError: the run is not finished or is a refit, or trees cannot be grown on its works.
    """
    refuse_refit(record, "grow trees on")
    source = finished_run(record, settings)
    boosted, cached = find_or_run(
        settings,
        experiment=record.experiment,
        name=name or f"{FAMILY} on {record.name}",
        key=key_of(FAMILY, METHOD, source.key, recipe.key),
        tags=source.tags | dict(tags or {}) | {run_tag.FAMILY: FAMILY, run_tag.NETWORK: record.id},
        work=lambda run: _boost(source, recipe, settings, run),
        parent=parent,
    )
    score = boosted.metrics["validation/macro_f1"]
    log_step(
        "boost", f"{boosted.name}: validation macro-F1 {score:.3f} in {boosted.seconds:.0f} s", cached=cached
    )
    return boosted


def _boost(source: FinishedRun, recipe: BoostRecipe, settings: Settings, run: Run) -> None:
    prepare(settings, recipe.seed)  # before whatever imports Keras
    from components.devices import hardware
    from components.training.ensembles.boosting import boost as grow

    manifest = version_data(source.record, settings)
    run.params(recipe.model_dump(mode="json") | {"network": source.record.id, "cnn": source.card.family})
    run.tags({f"hardware.{name}": value for name, value in hardware().items()})
    run.dataset(manifest)
    judged = source.judged_as(FAMILY)
    works = eval_data(judged, manifest, settings)
    grown = grow(source.network(), works.data, settings, recipe, on_round=run.epoch)
    run.metrics(
        {
            "training_seconds": source.record.metrics.get("training_seconds", 0.0) + grown.seconds,
            "boosting_seconds": grown.seconds,
            "rounds": float(grown.rounds),
            "best_epoch": float(grown.best_round),
        }
    )
    run.tags({run_tag.LAYER: grown.layer})
    evaluate(run, grown.model, judged, works)
