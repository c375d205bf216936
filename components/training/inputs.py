"""What a stage's fit is fed: the rows of an epoch, how they are mixed and weighed, and the loss for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from sklearn.utils.class_weight import compute_class_weight

from components.data.feeding.batches import Batches, Position
from components.data.feeding.mixing import Mixing
from components.data.splits import balance
from components.training.losses import loss_of
from components.training.recipe import Recipe, Stage
from components.training.result import Labels


@dataclass(frozen=True)
class Feed:
    """What goes into compile and fit.

    Attributes:
        batches: of the training works.
        loss: of class numbers, or of the shares that MixUp and CutMix give.
        class_weight: for fit; None where the batches bring weights of their own, or there are none.
    """

    batches: Batches
    loss: str | keras.losses.Loss
    class_weight: dict[int, float] | None


def feed(  # noqa: PLR0913 (named)
    recipe: Recipe,
    stage: Stage,
    images: np.ndarray,
    labels: Labels,
    *,
    views: int,
    seed: int,
    start: Position,
) -> Feed:
    """A stage's training works as its recipe wants them fed.

    Args:
        recipe: says which rows, and whether classes are weighed.
        stage: says how many a batch, and how they are mixed.
        images: pictures or features (views x N, ...).
        labels: of the works.
        views: of each work.
        seed: of order and mixing.
        start: where a fit that was broken off goes on.
    """
    chosen = rows(recipe, labels)
    own = labels.train[chosen]
    weights = class_weights(own) if recipe.class_weights else None
    mixed = stage.mix != "none"
    options: dict[str, Any] = {}
    if mixed:
        options = {"mixing": Mixing(stage.mix, labels.num_classes), "class_weights": weights}
    if recipe.sizes and images.ndim == 4:
        options["sizes"] = recipe.sizes
    batches = Batches(
        images,
        labels.train,
        stage.batch_size,
        shuffle=True,
        seed=seed,
        rows=chosen,
        start=start,
        views=views,
        **options,
    )
    loss = loss_of(recipe, stage, own, labels.num_classes, shares=mixed)
    return Feed(batches, loss, None if mixed else weights)


def rows(recipe: Recipe, labels: Labels) -> np.ndarray:
    """The rows of an epoch; those of rare classes several times where the recipe tops them up (study C9)."""
    drawn = np.arange(len(labels.train)) if labels.rows is None else labels.rows
    if not recipe.top_up:
        return drawn
    return drawn[balance.topped_up(labels.train[drawn], recipe.top_up, recipe.seed)]


def class_weights(labels: np.ndarray) -> dict[int, float]:
    """Scikit-learn's balanced weights (study B4): n / (classes * count of the class)."""
    present = np.unique(labels)
    weights = compute_class_weight("balanced", classes=present, y=np.asarray(labels))
    return {int(number): float(weight) for number, weight in zip(present, weights, strict=True)}
