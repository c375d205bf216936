"""Checks of a recipe and its data before anything is built."""

from __future__ import annotations

import numpy as np

from components.errors import TrainingError
from components.models import catalog
from components.training.recipe import Recipe, Stage
from components.training.result import TrainingData


def check(recipe: Recipe, data: TrainingData) -> None:
    """Refuse a recipe on data that it cannot learn from.

    Raises:
        TrainingError: sizes that do not match, a part with fewer than two classes, a partly frozen stage of
            a family without a backbone or without weights.
        SettingsError: an unknown family.
    """
    parts = {"training": (data.train_images, data.train_labels)}
    if recipe.monitor != "none" or len(data.validation_images):
        parts["validation"] = (data.validation_images, data.validation_labels)
    for part, (images, labels) in parts.items():
        if len(images) != len(labels) or images.shape[1:] != (*recipe.image_size, 3):
            raise TrainingError(
                f"The {part} images are {images.shape} for {len(labels)} labels; the recipe expects "
                f"(N, {recipe.image_size[0]}, {recipe.image_size[1]}, 3). Decode them at the recipe's size."
            )
        _check_classes(part, np.asarray(labels), data.class_names)
    family = catalog.family(recipe.family)
    begun = bool(recipe.warm_start) or (family.pretrained and bool(recipe.weights))
    if recipe.stages[0].train != "all" and not begun:
        why = "no weights are given" if family.pretrained else "it has no pre-trained backbone"
        raise TrainingError(
            f"{family.name}: a stage trains only {_trained_part(recipe.stages[0])}, but {why}, so a random "
            f'network would be frozen. Give the recipe weights ("imagenet", a file or s3://), or train all '
            f"of it."
        )


def _check_classes(part: str, labels: np.ndarray, names: list[str]) -> None:
    """At least two classes, of one label a work or of several."""
    numbers = np.unique(labels) if labels.ndim == 1 else np.flatnonzero(labels.any(axis=0))
    if len(numbers) < 2:
        present = sorted(names[int(number)] for number in numbers)
        raise TrainingError(
            f"The {part} part holds {len(labels)} works of the class(es) {present}; at least 2 classes "
            f"are needed in it. Take more works or another split."
        )


def _trained_part(stage: Stage) -> str:
    return {"head": "the head", "last-module": "the last module"}.get(stage.train, f"its {stage.train}")
