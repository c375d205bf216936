"""Loss functions by their names in a recipe (study C9), and label smoothing.

Where a plain cross-entropy is asked for, Keras's own name is the answer, so that nothing is slower.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from components.training.recipe import Recipe, Stage


def loss_of(
    recipe: Recipe, stage: Stage, labels: NDArray[Any], num_classes: int, *, shares: bool
) -> str | keras.losses.Loss:
    """The loss for `compile`.

    Args:
        recipe: says which loss, and focal's gamma (0 is cross-entropy).
        stage: says how much labels are smoothed.
        labels: (N,) class numbers of the works of an epoch, which class-balanced weights are counted from;
            (N, C) of 0 and 1 for a multi-label recipe.
        num_classes: C.
        shares: True when batches bring (B, C) shares, as MixUp and CutMix make them, not class numbers.
    """
    gamma = recipe.focal_gamma if "focal" in recipe.loss else 0.0
    smoothing = stage.label_smoothing
    if recipe.multi_label:
        return _of_many(gamma, smoothing)
    weights = class_balanced(labels, num_classes) if recipe.loss.startswith("class-balanced") else None
    if weights is None and not smoothing and not gamma:
        return "categorical_crossentropy" if shares else "sparse_categorical_crossentropy"
    of_shares = _of_shares(gamma, smoothing)
    return of_shares if shares and weights is None else Weighed(of_shares, num_classes, weights)


def class_balanced(labels: NDArray[Any], num_classes: int) -> NDArray[np.float32]:
    """Weight (C,) of each class by its effective number of works (Cui et al. 2019, arXiv:1901.05555).

    (1 - b) / (1 - b**n) for a class of n works, with b = (N - 1) / N and N all works; scaled to a mean of 1
    over the classes that have works, as in the paper. A class without any weighs 0.
    """
    counts = np.bincount(np.asarray(labels, np.intp), minlength=num_classes)
    present = counts > 0
    weights = np.zeros(num_classes)
    # 1 - b is 1/N; expm1 and log1p keep their digits where b**n is all but 1.
    beta = np.log1p(-1 / counts.sum()) if counts.sum() > 1 else -np.inf
    weights[present] = -1 / np.expm1(counts[present] * beta)
    scaled: NDArray[np.float32] = (weights / weights[present].mean()).astype(np.float32)
    return scaled


class Weighed(keras.losses.Loss):  # type: ignore[misc]  # keras ships no types
    """A loss of shares (B, C) that takes class numbers too, each work's weighed by its class.

    A mixed work weighs what its classes do by their shares. Smoothing does not change a work's weight.
    """

    def __init__(
        self, of_shares: keras.losses.Loss, num_classes: int, weights: NDArray[np.float32] | None = None
    ) -> None:
        """`of_shares` answers (B,) to its `call`; `weights` are (C,), None where all weigh the same."""
        super().__init__(name="loss")
        self._of_shares = of_shares
        self._num_classes = num_classes
        self._weights = weights

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Class numbers (B,), (B, 1) or shares (B, C), and probabilities (B, C) -> (B,)."""
        shares = y_true
        if len(y_true.shape) < 2 or y_true.shape[-1] == 1:
            numbers = ops.cast(ops.reshape(y_true, (-1,)), "int32")
            shares = ops.one_hot(numbers, self._num_classes, dtype=y_pred.dtype)
        losses = self._of_shares.call(shares, y_pred)
        if self._weights is None:
            return losses
        return losses * ops.sum(shares * ops.cast(self._weights, shares.dtype), axis=-1)


def _of_shares(gamma: float, smoothing: float) -> keras.losses.Loss:
    """Focal is Lin et al. 2017 (arXiv:1708.02002) over the softmax, without their constant alpha."""
    if gamma:
        return keras.losses.CategoricalFocalCrossentropy(alpha=1.0, gamma=gamma, label_smoothing=smoothing)
    return keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)


def _of_many(gamma: float, smoothing: float) -> str | keras.losses.Loss:
    """Of classes that each stand for themselves: smoothing draws their labels towards a half."""
    if gamma:
        return keras.losses.BinaryFocalCrossentropy(gamma=gamma, label_smoothing=smoothing)
    if smoothing:
        return keras.losses.BinaryCrossentropy(label_smoothing=smoothing)
    return "binary_crossentropy"
