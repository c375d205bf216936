"""What a fit sees and what it leaves: the types that callbacks, checkpoints, stages and fits share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from components.errors import TrainingError

if TYPE_CHECKING:
    import keras

MONITOR = "val_macro_f1"
"""What early stopping, rate cuts and the best epoch go by, unless a recipe says otherwise."""

Epoch = dict[str, float]
OnEpoch = Callable[[int, Epoch], None]


class EpochMetrics(Protocol):
    """Scores of an epoch."""

    def __call__(self, truth: np.ndarray, probabilities: np.ndarray, /) -> Epoch:
        """val_loss, val_accuracy and val_macro_f1 of (N, C) probabilities."""


@dataclass(frozen=True)
class Labels:
    """The labels of a fit.

    Attributes:
        train: (N,) class numbers, or (N, C) of 0 and 1 for a multi-label recipe.
        validation: (M,) or (M, C).
        num_classes: C.
        rows: which training works there are, one of them perhaps several times, as bagging draws them;
            None: each once.
    """

    train: np.ndarray
    validation: np.ndarray
    num_classes: int
    rows: np.ndarray | None = None


@dataclass(frozen=True)
class TrainingData:
    """What a fit sees.

    Attributes:
        train_images: (N, H, W, 3) uint8, may be memory-mapped; as are validation_images.
        train_labels: (N,) class numbers, places in class_names, or (N, C) of 0 and 1 for a multi-label
            recipe; as are validation_labels. A recipe that monitors nothing may have no validation works.
        class_names: sorted.
        rows: which training works make up an epoch, one of them perhaps several times, as bagging draws
            them; None: each once.
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    validation_images: np.ndarray
    validation_labels: np.ndarray
    class_names: list[str]
    rows: np.ndarray | None = None

    @property
    def labels(self) -> Labels:
        """The labels alone."""
        train, validation = np.asarray(self.train_labels), np.asarray(self.validation_labels)
        return Labels(train, validation, len(self.class_names), self.rows)


@dataclass
class TrainingHistory:
    """What a fit leaves behind, over all its stages; epochs count from 1.

    Attributes:
        monitor: which figure of an epoch says which is best; "none": the last one counts as the best.
        history: a row an epoch.
        rate_cuts: epochs after which the rate was cut.
        best_epoch: 0 before the first.
        best_weights: of what the running stage trains, as they were in the best epoch.
    """

    monitor: str = MONITOR
    history: list[Epoch] = field(default_factory=list)
    rate_cuts: list[int] = field(default_factory=list)
    best_epoch: int = 0
    best_weights: list[np.ndarray] = field(default_factory=list)

    def beaten_by(self, row: Epoch) -> bool:
        """Whether an epoch's row is better than the best so far."""
        if not self.best_epoch or self.monitor == "none":
            return True
        gain = row[self.monitor] - self.history[self.best_epoch - 1][self.monitor]
        return -gain > 0 if self.monitor == "val_loss" else gain > 0


@dataclass(frozen=True)
class Fitted:
    """What a fit gives.

    Attributes:
        model: raw image (B, H, W, 3) in 0..255 -> probabilities (B, C), with the best epoch's weights.
        history: a row an epoch: loss, accuracy, val_loss, val_accuracy, val_macro_f1, learning_rate, and
            stage, counted from 1. The three of validation works are absent where there are none.
        best_epoch: by the recipe's monitor, counted from 1 over all stages.
        rate_cuts: the epochs after which the learning rate was cut.
        seconds: of the whole fit, building and features included, and what it took before it was killed.
        images_per_second: training images seen, over those seconds.
    """

    model: keras.Model
    history: list[Epoch]
    best_epoch: int
    rate_cuts: list[int]
    seconds: float
    images_per_second: float


class Diverged(TrainingError):  # noqa: N818 (it names an outcome)
    """The loss is no number any more. `fit` says what it had by then in `kept`: the best epoch's network."""

    kept: Fitted | None = None
