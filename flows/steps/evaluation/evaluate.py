"""Score a network on validation and test works, draw, export: what every training run leaves in MLflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.data.manifest import Split
from components.evaluation import answers, metrics, tables
from components.evaluation.calibration import expected_calibration_error, fitted
from components.evaluation.figures import reliability
from components.evaluation.figures.confusion_matrix import confusion_matrix
from components.evaluation.figures.misclassified import misclassified
from components.evaluation.figures.per_class import per_class
from components.inference.temperature import Temperature, scaled
from components.tracking import tags as run_tag
from flows.steps.evaluation.eval_data import probabilities
from flows.steps.evaluation.evaluate_multilabel import evaluate_multilabel
from flows.steps.evaluation.release import release

if TYPE_CHECKING:
    import keras
    import numpy as np

    from components.evaluation.metrics import Scores
    from components.tracking.recorder import Run
    from components.training.recipe import Recipe
    from flows.steps.evaluation.eval_data import EvalData


def evaluate(run: Run, model: keras.Model, recipe: Recipe, eval_data: EvalData) -> None:
    """Log a network's figures, answers and drawings on validation and test works, and its release.

    Figures, tables of answers and paired tests are of the network's own probabilities. The release divides
    its logits by the temperature, which changes no answer, and so neither accuracy nor F1.

    Args:
        run: in progress.
        model: raw images (B, H, W, 3) in 0..255 -> probabilities (B, C).
        recipe: says family, size and transparency, for the release's card.
        eval_data: the works it was trained on and is evaluated on.

    Raises:
        RegistryError: the network cannot be exported, or answers otherwise once it is.
    """
    run.tags({run_tag.JUDGED_ON: eval_data.manifest.judged_on.value})
    if recipe.multi_label:
        evaluate_multilabel(run, model, recipe, eval_data)
        return
    data, names = eval_data.data, eval_data.data.class_names
    validation_predictions = probabilities(model, data.validation_images, recipe, eval_data.store)
    validation = metrics.evaluate(
        data.validation_labels, validation_predictions, names, eval_data.validation_groups
    )
    calibration = fitted(data.validation_labels, validation_predictions)
    run.metrics(validation.as_metrics("validation") | {"validation/ece_scaled": calibration.ece_after})
    if eval_data.manifest.judged_on is Split.TEST:  # without a test part they are the held-out works
        _log_answers(run, eval_data, validation_predictions, Split.VALIDATION)
    test, temperature = evaluate_held_out(run, model, recipe, eval_data, calibration.temperature)
    release(run, model, recipe, eval_data, test, temperature=temperature)


def evaluate_held_out(
    run: Run, model: keras.Model, recipe: Recipe, eval_data: EvalData, temperature: float
) -> tuple[Scores, Temperature]:
    """Log a network's figures, answers and drawings on the held-out works; its scores, its temperature there.

    Args:
        run: in progress.
        model: raw images (B, H, W, 3) in 0..255 -> probabilities (B, C).
        recipe: of one label a work.
        eval_data: the held-out works.
        temperature: fitted on works that the network has not learnt from.
    """
    names = eval_data.data.class_names
    predictions = probabilities(model, eval_data.test_images, recipe, eval_data.store)
    test = metrics.evaluate(eval_data.test_labels, predictions, names, eval_data.manifest.held_out.group_ids)
    run.metrics(test.as_metrics("test") | {"parameters": float(model.count_params())})
    run.figure("figures/confusion_matrix.png", confusion_matrix(test))
    run.figure("figures/per_class.png", per_class(test))
    run.table("tables/per_class.json", tables.per_class(test))
    _log_answers(run, eval_data, predictions, Split.TEST)
    return test, _log_reliability(run, eval_data, predictions, temperature)


def _log_reliability(
    run: Run, eval_data: EvalData, predictions: np.ndarray, temperature: float
) -> Temperature:
    """Log how well the probabilities on test works are calibrated, before and after temperature scaling."""
    truth = eval_data.test_labels
    run.metrics({"temperature": temperature})
    # Of a protocol without a test part the works are those that the temperature was fitted on.
    if eval_data.manifest.judged_on is not Split.TEST:
        run.figure("figures/reliability.png", reliability.diagram(truth, predictions))
        return Temperature(value=temperature)
    before = expected_calibration_error(truth, predictions)
    after = expected_calibration_error(truth, scaled(predictions, temperature))
    run.metrics({"test/ece_scaled": after})
    run.figure("figures/reliability.png", reliability.diagram(truth, predictions, temperature))
    return Temperature(value=temperature, ece_before=before, ece_after=after)


def _log_answers(run: Run, eval_data: EvalData, predictions: np.ndarray, part: Split) -> None:
    """Log the answer to each work of validation or test, and the worst mistakes as pictures."""
    names, tested = eval_data.data.class_names, part is Split.TEST
    images = eval_data.test_images if tested else eval_data.data.validation_images
    truth = eval_data.test_labels if tested else eval_data.data.validation_labels
    works = eval_data.manifest.held_out if tested else eval_data.manifest.part(part)
    name = "misclassified" if tested else f"{part}_misclassified"
    run.figure(f"figures/{name}.png", misclassified(images, truth, predictions, names))
    table = answers.work_rows(list(works.frame["path"]), truth, predictions, names, works.group_ids)
    run.table(f"tables/{part}_works.json", table)
