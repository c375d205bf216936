"""Score a network on validation and test works, draw, export: what every training run leaves in MLflow."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from components.data.manifest import Manifest, Split
from components.inference.release import CARD, ReleaseCard

if TYPE_CHECKING:
    import keras
    import numpy as np

    from components.evaluation.calibration import Calibration
    from components.evaluation.metrics import Scores
    from components.evaluation.multilabel import LabelledScores
    from components.settings import Settings
    from components.tracking.recorder import Run
    from components.training.recipe import Recipe
    from components.training.result import TrainingData


@dataclass(frozen=True)
class EvalData:
    """A split data version as arrays of a recipe's size.

    Attributes:
        manifest: the data version.
        data: its training and validation works.
        test_images: (N, H, W, 3) uint8, the held-out works.
        test_labels: (N,) class numbers; (N, C) of 0 and 1 for a multi-label recipe, as are the others.
    """

    manifest: Manifest
    data: TrainingData
    test_images: np.ndarray
    test_labels: np.ndarray

    @property
    def training_groups(self) -> list[str]:
        """The near-duplicates' group of each training work; a work in none is its own."""
        frame = self.manifest.part(Split.TRAIN).frame
        return list(frame["group"].where(frame["group"] != "", frame["sha256"]))


def eval_data(recipe: Recipe, manifest: Manifest, settings: Settings) -> EvalData:
    """The manifest's pictures, decoded once and kept."""
    import numpy as np

    from components.data import labels
    from components.data.cache import store
    from components.data.cache.decoded import decoded
    from components.training.result import TrainingData

    names = labels.names_of(manifest) if recipe.multi_label else manifest.class_names

    def arrays(part: Manifest) -> tuple[np.ndarray, np.ndarray]:
        images = decoded(part, recipe.image_size, store.of(settings), alpha=recipe.alpha)
        if recipe.multi_label:
            return images, labels.multi_hot(part, names)
        return images, np.asarray(part.class_numbers(names))

    train, validation = arrays(manifest.part(Split.TRAIN)), arrays(manifest.part(Split.VALIDATION))
    return EvalData(manifest, TrainingData(*train, *validation, names), *arrays(manifest.held_out))


def probabilities(model: keras.Model, images: np.ndarray, recipe: Recipe) -> np.ndarray:
    """What a network answers to images (N, H, W, 3): (N, C), in batches of the recipe's."""
    from components.runtime import undivided

    with undivided():
        found: np.ndarray = model.predict(images, batch_size=recipe.stages[0].batch_size, verbose=0)
    return found


def evaluate(run: Run, model: keras.Model, recipe: Recipe, found: EvalData) -> None:
    """Log a network's figures, answers and drawings on validation and test works, and its release.

    Args:
        run: in progress.
        model: raw images (B, H, W, 3) in 0..255 -> probabilities (B, C).
        recipe: says family, size and transparency, for the release's card.
        found: the works it was trained on and is judged by.

    Raises:
        RegistryError: the network cannot be exported, or answers otherwise once it is.
    """
    run.tags({"atelier.judged_on": found.manifest.judged_on.value})
    if recipe.multi_label:
        from flows.steps.evaluate_multilabel import evaluate_multilabel

        evaluate_multilabel(run, model, recipe, found)
        return
    from components.evaluation import figures, metrics, tables
    from components.evaluation.calibration import fitted as calibrated

    data, names = found.data, found.data.class_names
    guesses = probabilities(model, data.validation_images, recipe)
    validation = metrics.evaluate(data.validation_labels, guesses, names)
    calibration = calibrated(data.validation_labels, guesses)
    answers = probabilities(model, found.test_images, recipe)
    test = metrics.evaluate(found.test_labels, answers, names)
    run.metrics(validation.as_metrics("validation") | test.as_metrics("test"))
    run.metrics({"parameters": float(model.count_params())})
    run.figure("figures/confusion_matrix.png", figures.confusion_matrix(test))
    run.figure("figures/per_class.png", figures.per_class(test))
    run.table("tables/per_class.json", tables.per_class(test))
    _log_reliability(run, found, answers, calibration)
    if found.manifest.judged_on is Split.TEST:  # else the works held out are those of validation
        _log_answers(run, found, guesses, Split.VALIDATION)
    _log_answers(run, found, answers, Split.TEST)
    release(run, model, recipe, found, test)


def release(  # noqa: PLR0917 (what a release is made of)
    run: Run,
    model: keras.Model,
    recipe: Recipe,
    found: EvalData,
    test: Scores | LabelledScores,
    thresholds: tuple[float, ...] = (),
) -> None:
    """Export the network and log it with its card: what `promote` registers.

    Args:
        run: in progress.
        model: raw images -> probabilities.
        recipe: says family, size and transparency.
        found: the works it was trained on and is judged by.
        test: its scores on the held-out works.
        thresholds: of a multi-label network's classes.

    Raises:
        RegistryError: the network cannot be exported, or answers otherwise once it is.
    """
    manifest = found.manifest
    card = ReleaseCard(
        task=manifest.task,
        family=recipe.family,
        class_names=tuple(found.data.class_names),
        image_size=recipe.image_size,
        alpha=recipe.alpha,
        multi_label=recipe.multi_label,
        thresholds=thresholds,
        source=manifest.source,
        synthetic=manifest.synthetic,
        data_version=manifest.fingerprint,
        run_id=run.id,
        judged_on=manifest.judged_on,
        macro_f1=test.macro_f1,
        macro_f1_low=test.macro_f1_low,
        macro_f1_high=test.macro_f1_high,
        created=datetime.now(UTC),
    )
    _log_release(run, model, card, found.test_images[:4])


def _log_reliability(run: Run, found: EvalData, probable: np.ndarray, calibration: Calibration) -> None:
    """How far the answers on test works may be believed."""
    from components.evaluation import reliability
    from components.evaluation.calibration import expected_calibration_error, scaled

    truth, temperature = found.test_labels, calibration.temperature
    run.metrics({"temperature": temperature, "validation/ece_scaled": calibration.ece_after})
    apart = found.manifest.judged_on is Split.TEST  # else it would be judged by the works it was fitted on
    if apart:
        run.metrics({"test/ece_scaled": expected_calibration_error(truth, scaled(probable, temperature))})
    run.figure(
        "figures/reliability.png", reliability.diagram(truth, probable, temperature if apart else None)
    )


def _log_answers(run: Run, found: EvalData, probable: np.ndarray, part: Split) -> None:
    """What was answered on each work of validation or test, and the worst mistakes."""
    from components.evaluation import answers, gallery

    names, tested = found.data.class_names, part is Split.TEST
    images = found.test_images if tested else found.data.validation_images
    truth = found.test_labels if tested else found.data.validation_labels
    rows = (found.manifest.held_out if tested else found.manifest.part(part)).frame
    name = "misclassified" if tested else f"{part}_misclassified"
    run.figure(f"figures/{name}.png", gallery.misclassified(images, truth, probable, names))
    groups = rows["group"].where(rows["group"] != "", rows["path"])
    table = answers.work_rows(list(rows["path"]), truth, probable, names, list(groups))
    run.table(f"tables/{part}_works.json", table)


def _log_release(run: Run, model: keras.Model, card: ReleaseCard, samples: np.ndarray) -> None:
    import numpy as np

    from components.inference.export import export

    samples = np.ascontiguousarray(samples)
    with tempfile.TemporaryDirectory() as folder:
        release = Path(folder) / "release"
        difference = export(model, card, samples, release)
        run.metrics({"export_difference": difference})
        run.log_release(release, card, samples)
        run.text(CARD, card.model_dump_json(indent=1))
