"""Score a network of several labels a work (study C9): what such a run leaves in MLflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.data.labels import join_names
from components.data.manifest import Split
from components.evaluation import multilabel
from components.evaluation.figures.per_class import per_label
from flows.steps.evaluation.eval_data import probabilities
from flows.steps.evaluation.release import release

if TYPE_CHECKING:
    import keras
    import numpy as np

    from components.evaluation.multilabel import LabelledScores
    from components.tracking.recorder import Run
    from components.training.recipe import Recipe
    from flows.steps.evaluation.eval_data import EvalData


def evaluate_multilabel(run: Run, model: keras.Model, recipe: Recipe, eval_data: EvalData) -> None:
    """As `evaluate.evaluate`, each class by itself.

    The thresholds that go into the release are chosen on validation works. Test works are scored by them;
    validation works at one half, as in the history, since they chose the thresholds. So are the held-out
    works of a protocol without a test part, which are the validation works.

    Raises:
        RegistryError: the network cannot be exported, or answers otherwise once it is.
    """
    data = eval_data.data
    names = data.class_names
    validation_predictions = probabilities(model, data.validation_images, recipe, eval_data.store)
    thresholds = multilabel.thresholds_of(data.validation_labels, validation_predictions)
    validation = multilabel.evaluate_multilabel(
        data.validation_labels, validation_predictions, names, groups=eval_data.validation_groups
    )
    run.metrics(validation.as_metrics("validation"))
    test = evaluate_labels_held_out(run, model, recipe, eval_data, thresholds)
    release(run, model, recipe, eval_data, test, thresholds)


def evaluate_labels_held_out(
    run: Run, model: keras.Model, recipe: Recipe, eval_data: EvalData, thresholds: tuple[float, ...]
) -> LabelledScores:
    """Log a multi-label network's figures, answers and drawings on the held-out works.

    Args:
        run: in progress.
        model: raw images (B, H, W, 3) in 0..255 -> probabilities (B, C).
        recipe: of several labels a work.
        eval_data: the held-out works.
        thresholds: of the classes, chosen on works that the network has not learnt from.
    """
    names, groups = eval_data.data.class_names, eval_data.manifest.held_out.group_ids
    predictions = probabilities(model, eval_data.test_images, recipe, eval_data.store)
    at_half = multilabel.evaluate_multilabel(eval_data.test_labels, predictions, names, groups=groups)
    test = at_half
    if eval_data.manifest.judged_on is Split.TEST:
        test = multilabel.evaluate_multilabel(
            eval_data.test_labels, predictions, names, thresholds=thresholds, groups=groups
        )
    run.metrics(test.as_metrics("test"))
    run.metrics({"test/macro_f1_at_half": at_half.macro_f1, "parameters": float(model.count_params())})
    run.figure("figures/per_class.png", per_label(test))
    run.table("tables/per_class.json", test.rows())
    run.table("tables/test_works.json", _rows(eval_data, predictions, thresholds, groups))
    return test


def _rows(
    eval_data: EvalData, predictions: np.ndarray, thresholds: tuple[float, ...], groups: list[str]
) -> list[dict[str, object]]:
    """A row a held-out work: what it bears, what it was given, and each class's probability."""
    names = eval_data.data.class_names
    paths = eval_data.manifest.held_out.frame["path"]
    given = multilabel.answered(predictions, thresholds)
    answers = zip(paths, groups, eval_data.test_labels, given, predictions, strict=True)
    return [
        {
            "work": path,
            "group": group,
            "true": join_names(name for name, bears in zip(names, truth, strict=True) if bears),
            "predicted": join_names(name for name, bears in zip(names, answer, strict=True) if bears),
            **{
                name: round(float(probability), 4)
                for name, probability in zip(names, distribution, strict=True)
            },
        }
        for path, group, truth, answer, distribution in answers
    ]
