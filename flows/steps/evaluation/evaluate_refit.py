"""Score a refit on the works that it has not learnt, if any are left, and log its release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.data.splits.refit import Refit
from components.tracking import tags as run_tag
from flows.steps.evaluation.evaluate import evaluate_held_out
from flows.steps.evaluation.evaluate_multilabel import evaluate_labels_held_out
from flows.steps.evaluation.release import release

if TYPE_CHECKING:
    import keras

    from components.inference.temperature import Temperature
    from components.tracking.recorder import Run
    from components.training.recipe import Recipe
    from flows.runs.refit_of import RefitOf
    from flows.steps.evaluation.eval_data import EvalData
    from flows.steps.evaluation.release import Figures


def evaluate_refit(
    run: Run, model: keras.Model, recipe: Recipe, eval_data: EvalData, refit_of: RefitOf
) -> None:
    """As `evaluate`, of a network that has learnt the validation works, and perhaps the test works.

    What validation works choose is the judged run's: the temperature, a multi-label network's thresholds,
    from where on a picture is unlike the training works. A refit on all works is judged by nothing: no
    figure, drawing or answer of its own is logged.

    Raises:
        RegistryError: the network cannot be exported, or answers otherwise once it is.
    """
    run.tags({run_tag.JUDGED_ON: eval_data.manifest.judged_on.value})
    run.metrics(refit_of.metrics | {"parameters": float(model.count_params())})
    figures, temperature = _judgement(run, model, recipe, eval_data, refit_of)
    thresholds = refit_of.judged.card.thresholds
    release(run, model, recipe, eval_data, figures, thresholds, refit_of, temperature)


def _judgement(
    run: Run, model: keras.Model, recipe: Recipe, eval_data: EvalData, refit_of: RefitOf
) -> tuple[Figures, Temperature | None]:
    """The figures of the card, and the temperature with what it does for the same works."""
    judged = refit_of.judged
    if refit_of.refit is Refit.ALL:
        return judged.card, judged.card.temperature
    if recipe.multi_label:
        return evaluate_labels_held_out(run, model, recipe, eval_data, judged.card.thresholds), None
    return evaluate_held_out(run, model, recipe, eval_data, judged.record.metrics.get("temperature", 1.0))
