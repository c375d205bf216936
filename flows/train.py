"""Train one family on a data version; everything it is judged by goes to MLflow."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from components.data.manifest import Split
from components.inference.release import CARD, ReleaseCard
from components.storage import key_of
from flows.recording import recorded
from flows.telling import tell

if TYPE_CHECKING:
    import numpy as np

    from components.data.manifest import Manifest
    from components.evaluation.calibration import Calibration
    from components.evaluation.metrics import Scores
    from components.settings import Settings
    from components.tracking.recorder import Run
    from components.tracking.runs import RunRecord
    from components.training.fit import Fitted, TrainingData
    from components.training.recipe import Recipe
    from flows.plan import Plan

METHOD = 1
"""Counted up when the same recipe on the same data would now give another model: old runs are not reused."""


@task(name="train", task_run_name="train {family}", cache_policy=NO_CACHE)
def train(family: str, manifest: Manifest, plan: Plan, settings: Settings) -> RunRecord:
    """Fit, score on validation and test works, draw, export; a finished run of the same key is reused.

    Raises:
        WeightsError: the family needs weights that cannot be had.
        TrainingError: the recipe cannot be carried out, or the loss is no number any more.
    """
    from components.training.recipes import recipe_for

    recipe = recipe_for(plan.scale, family, weights=plan.weights, seed=plan.seed)
    recipe = recipe.model_copy(update={"top_up": plan.top_up, "alpha": plan.alpha})
    record, cached = recorded(
        settings,
        experiment=f"{plan.task} · {manifest.source}",
        name=f"{family} · {plan.scale}",
        key=key_of("training", METHOD, plan.task, recipe.key, manifest.fingerprint),
        tags=plan.tags("training", manifest) | {"atelier.family": family},
        work=lambda run: _train(recipe, manifest, plan, settings, run),
    )
    score = record.metrics["validation/macro_f1"]
    tell("train", f"{family}: validation macro-F1 {score:.3f} in {record.seconds:.0f} s", cached=cached)
    return record


def _train(recipe: Recipe, manifest: Manifest, plan: Plan, settings: Settings, run: Run) -> None:
    from components.evaluation import metrics
    from components.evaluation.calibration import fitted as calibrated
    from components.runtime import hardware, prepare

    prepare(settings, recipe.seed)  # before whatever imports Keras
    from components.training.fit import fit

    run.params(recipe.model_dump(mode="json"))
    run.tags({f"hardware.{name}": value for name, value in hardware().items()})
    run.dataset(manifest)
    run.files(settings.collections / "validation" / manifest.fingerprint, "validation")
    data, test_images, test_labels = _arrays(recipe, manifest, settings)
    fitted = fit(
        recipe,
        data,
        settings,
        on_epoch=lambda number, values: run.epoch(
            number, {f"epoch/{name}": value for name, value in values.items()}
        ),
    )
    predict = _predictions(fitted, recipe)
    guesses = predict(data.validation_images)
    validation = metrics.score(data.validation_labels, guesses, data.class_names)
    calibration = calibrated(data.validation_labels, guesses)
    answers = predict(test_images)
    test = metrics.score(test_labels, answers, data.class_names)
    _log_results(run, fitted, validation, test)
    _log_answers(run, manifest, (test_images, test_labels, answers), calibration)
    card = _card(recipe, manifest, plan, run, test)
    _log_release(run, fitted, card, test_images[:4])


def _arrays(
    recipe: Recipe, manifest: Manifest, settings: Settings
) -> tuple[TrainingData, np.ndarray, np.ndarray]:
    import numpy as np

    from components.data import store
    from components.data.cache import decoded
    from components.training.fit import TrainingData

    names = manifest.class_names

    def arrays(part: Manifest) -> tuple[np.ndarray, np.ndarray]:
        images = decoded(part, recipe.image_size, store.of(settings), alpha=recipe.alpha)
        return images, np.asarray(part.class_numbers(names))

    train, validation = arrays(manifest.part(Split.TRAIN)), arrays(manifest.part(Split.VALIDATION))
    return TrainingData(*train, *validation, names), *arrays(manifest.held_out)


def _predictions(fitted: Fitted, recipe: Recipe) -> Any:
    batch_size = recipe.stages[0].batch_size
    return lambda images: fitted.model.predict(images, batch_size=batch_size, verbose=0)


def _log_results(run: Run, fitted: Fitted, validation: Scores, test: Scores) -> None:
    from components.evaluation import figures, tables

    run.metrics(validation.as_metrics("validation") | test.as_metrics("test"))
    run.metrics(
        {
            "training_seconds": fitted.seconds,
            "images_per_second": fitted.images_per_second,
            "parameters": float(fitted.parameters),
            "best_epoch": float(fitted.best_epoch),
        }
    )
    run.figure("figures/curves.png", figures.curves(fitted.history, fitted.rate_cuts, fitted.best_epoch))
    run.figure("figures/confusion_matrix.png", figures.confusion_matrix(test))
    run.figure("figures/per_class.png", figures.per_class(test))
    run.table("tables/per_class.json", tables.per_class(test))


def _log_answers(
    run: Run,
    manifest: Manifest,
    test: tuple[np.ndarray, np.ndarray, np.ndarray],
    calibration: Calibration,
) -> None:
    """What was answered on each test work, how far it may be believed, and the worst mistakes."""
    from components.evaluation import answers, gallery, reliability
    from components.evaluation.calibration import expected_calibration_error, scaled

    images, truth, probable = test
    names, works = manifest.class_names, manifest.held_out.frame
    temperature = calibration.temperature
    run.metrics({"temperature": temperature, "validation/ece_scaled": calibration.ece_after})
    apart = len(manifest.part(Split.TEST)) > 0  # else it would be judged by the works it was fitted on
    if apart:
        run.metrics({"test/ece_scaled": expected_calibration_error(truth, scaled(probable, temperature))})
    run.figure(
        "figures/reliability.png", reliability.diagram(truth, probable, temperature if apart else None)
    )
    run.figure("figures/misclassified.png", gallery.misclassified(images, truth, probable, names))
    groups = works["group"].where(works["group"] != "", works["path"])
    rows = answers.work_rows(list(works["path"]), truth, probable, names, list(groups))
    run.table("tables/test_works.json", rows)


def _card(recipe: Recipe, manifest: Manifest, plan: Plan, run: Run, test: Scores) -> ReleaseCard:

    return ReleaseCard(
        task=plan.task.value,
        family=recipe.family,
        class_names=tuple(manifest.class_names),
        image_size=recipe.image_size,
        alpha=recipe.alpha,
        source=manifest.source,
        synthetic=manifest.synthetic,
        data_version=manifest.fingerprint,
        run_id=run.id,
        macro_f1=test.macro_f1,
        macro_f1_low=test.macro_f1_low,
        macro_f1_high=test.macro_f1_high,
        created=datetime.now(UTC),
    )


def _log_release(run: Run, fitted: Fitted, card: ReleaseCard, samples: np.ndarray) -> None:
    import numpy as np

    from components.inference.export import export

    samples = np.ascontiguousarray(samples)
    with tempfile.TemporaryDirectory() as folder:
        release = Path(folder) / "release"
        difference = export(fitted.model, card, samples, release)
        run.metrics({"export_difference": difference})
        run.log_release(release, card, samples)
        run.text(CARD, card.model_dump_json(indent=1))
