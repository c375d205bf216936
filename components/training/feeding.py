"""What a stage's fit is fed: the rows of an epoch, how they are mixed and weighed, and the loss for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from components.data import balance
from components.data.batches import Batches
from components.data.mixing import Mixing
from components.training.recipe import Recipe, Stage


@dataclass(frozen=True)
class Feed:
    """What goes into compile and fit.

    Attributes:
        batches: of the training works.
        loss: Keras's name: of class numbers, or of the shares that MixUp and CutMix give.
        class_weight: for fit; None where the batches bring weights of their own, or there are none.
    """

    batches: Batches
    loss: str
    class_weight: dict[int, float] | None


def feed(
    recipe: Recipe, stage: Stage, works: tuple[np.ndarray, np.ndarray], *, num_classes: int, seed: int
) -> Feed:
    """A stage's training works as its recipe wants them fed.

    Args:
        recipe: says which rows, and whether classes are weighed.
        stage: says how many a batch, and how they are mixed.
        works: images or features (N, ...), and class numbers (N,).
        num_classes: of the labels that mixing gives.
        seed: of order and mixing.
    """
    images, labels = works
    chosen = rows(recipe, labels)
    weights = class_weights(np.asarray(labels)[chosen]) if recipe.class_weights else None
    if stage.mix == "none":
        batches = Batches(images, labels, stage.batch_size, shuffle=True, seed=seed, rows=chosen)
        return Feed(batches, "sparse_categorical_crossentropy", weights)
    batches = Batches(
        images,
        labels,
        stage.batch_size,
        shuffle=True,
        seed=seed,
        rows=chosen,
        mixing=Mixing(stage.mix, num_classes),
        class_weights=weights,
    )
    return Feed(batches, "categorical_crossentropy", None)


def rows(recipe: Recipe, labels: np.ndarray) -> np.ndarray:
    """The rows of an epoch; those of rare classes several times where the recipe tops them up (study C9)."""
    return balance.topped_up(np.asarray(labels), recipe.top_up or 0, recipe.seed)


def class_weights(labels: np.ndarray) -> dict[int, float]:
    """Scikit-learn's balanced weights (study B4): n / (classes * count of the class)."""
    from sklearn.utils.class_weight import compute_class_weight

    present = np.unique(labels)
    weights = compute_class_weight("balanced", classes=present, y=np.asarray(labels))
    return {int(number): float(weight) for number, weight in zip(present, weights, strict=True)}
