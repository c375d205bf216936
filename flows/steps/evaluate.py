"""Score a network on validation and test works, draw, export: what every training run leaves in MLflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.data.manifest import Split
from components.tracking import tags as run_tag
from flows.steps.eval_data import probabilities
from flows.steps.evaluate_multilabel import evaluate_multilabel
from flows.steps.release import release

if TYPE_CHECKING:
    import keras
    import numpy as np

    from components.evaluation.calibration import Calibration
    from components.tracking.recorder import Run
    from components.training.recipe import Recipe
    from flows.steps.eval_data import EvalData


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
    run.tags({run_tag.JUDGED_ON: found.manifest.judged_on.value})
    if recipe.multi_label:
        evaluate_multilabel(run, model, recipe, found)
        return
    from components.evaluation import metrics, tables
    from components.evaluation.calibration import fitted as calibrated
    from components.evaluation.figures.confusion_matrix import confusion_matrix
    from components.evaluation.figures.per_class import per_class

    data, names = found.data, found.data.class_names
    guesses = probabilities(model, data.validation_images, recipe)
    validation = metrics.evaluate(data.validation_labels, guesses, names, found.validation_groups)
    calibration = calibrated(data.validation_labels, guesses)
    answers = probabilities(model, found.test_images, recipe)
    test = metrics.evaluate(found.test_labels, answers, names, found.manifest.held_out.group_ids)
    run.metrics(validation.as_metrics("validation") | test.as_metrics("test"))
    run.metrics({"parameters": float(model.count_params())})
    run.figure("figures/confusion_matrix.png", confusion_matrix(test))
    run.figure("figures/per_class.png", per_class(test))
    run.table("tables/per_class.json", tables.per_class(test))
    _log_reliability(run, found, answers, calibration)
    if found.manifest.judged_on is Split.TEST:  # else the works held out are those of validation
        _log_answers(run, found, guesses, Split.VALIDATION)
    _log_answers(run, found, answers, Split.TEST)
    release(run, model, recipe, found, test)


def _log_reliability(run: Run, found: EvalData, probable: np.ndarray, calibration: Calibration) -> None:
    """How far the answers on test works may be believed."""
    from components.evaluation.calibration import expected_calibration_error, scaled
    from components.evaluation.figures import reliability

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
    from components.evaluation import answers
    from components.evaluation.figures.misclassified import misclassified

    names, tested = found.data.class_names, part is Split.TEST
    images = found.test_images if tested else found.data.validation_images
    truth = found.test_labels if tested else found.data.validation_labels
    works = found.manifest.held_out if tested else found.manifest.part(part)
    name = "misclassified" if tested else f"{part}_misclassified"
    run.figure(f"figures/{name}.png", misclassified(images, truth, probable, names))
    table = answers.work_rows(list(works.frame["path"]), truth, probable, names, works.group_ids)
    run.table(f"tables/{part}_works.json", table)
