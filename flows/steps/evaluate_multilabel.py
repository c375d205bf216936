"""Score a network of several labels a work (study C9): what such a run leaves in MLflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.data.manifest import Split
from flows.steps.eval_data import probabilities
from flows.steps.release import release

if TYPE_CHECKING:
    import keras
    import numpy as np

    from components.tracking.recorder import Run
    from components.training.recipe import Recipe
    from flows.steps.eval_data import EvalData


def evaluate_multilabel(run: Run, model: keras.Model, recipe: Recipe, found: EvalData) -> None:
    """As `judging.judge`, each class by itself.

    The thresholds that go into the release are chosen on validation works. Test works are scored by them;
    validation works at one half, as in the history, since they chose the thresholds. So are the held-out
    works of a protocol without a test part, which are the validation works.

    Raises:
        RegistryError: the network cannot be exported, or answers otherwise once it is.
    """
    from components.evaluation import multilabel
    from components.evaluation.figures.per_class import per_label

    data = found.data
    names, groups = data.class_names, found.manifest.held_out.group_ids
    guesses = probabilities(model, data.validation_images, recipe)
    thresholds = multilabel.thresholds_of(data.validation_labels, guesses)
    probable = probabilities(model, found.test_images, recipe)
    validation = multilabel.evaluate_multilabel(
        data.validation_labels, guesses, names, groups=found.validation_groups
    )
    at_half = multilabel.evaluate_multilabel(found.test_labels, probable, names, groups=groups)
    test = at_half
    if found.manifest.judged_on is Split.TEST:
        test = multilabel.evaluate_multilabel(
            found.test_labels, probable, names, thresholds=thresholds, groups=groups
        )
    run.metrics(validation.as_metrics("validation") | test.as_metrics("test"))
    run.metrics({"test/macro_f1_at_half": at_half.macro_f1, "parameters": float(model.count_params())})
    run.figure("figures/per_class.png", per_label(test))
    run.table("tables/per_class.json", test.rows())
    run.table("tables/test_works.json", _rows(found, probable, thresholds, groups))
    release(run, model, recipe, found, test, thresholds)


def _rows(
    found: EvalData, probable: np.ndarray, thresholds: tuple[float, ...], groups: list[str]
) -> list[dict[str, object]]:
    """A row a held-out work: what it bears, what it was given, and each class's probability."""
    from components.data.labels import join_names
    from components.evaluation.multilabel import answered

    names = found.data.class_names
    paths = found.manifest.held_out.frame["path"]
    given = answered(probable, thresholds)
    answers = zip(paths, groups, found.test_labels, given, probable, strict=True)
    return [
        {
            "work": path,
            "group": group,
            "true": join_names(name for name, there in zip(names, truth, strict=True) if there),
            "predicted": join_names(name for name, there in zip(names, said, strict=True) if there),
            **{name: round(float(one), 4) for name, one in zip(names, sure, strict=True)},
        }
        for path, group, truth, said, sure in answers
    ]
