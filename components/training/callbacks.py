"""What happens at the end of an epoch: validation in one pass, then the record of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from components.data.batches import Batches, Position
from components.errors import TrainingError

MONITOR = "val_macro_f1"
"""What early stopping, rate cuts and the best epoch go by."""

Epoch = dict[str, float]
OnEpoch = Callable[[int, Epoch], None]


class Validation(keras.callbacks.Callback):  # type: ignore[misc]
    """Adds val_loss, val_accuracy and val_macro_f1 to an epoch's logs, all from one pass.

    It must stand before the callbacks that watch val_macro_f1. It predicts with `network`, which may
    be another view of the trained weights (without the augmentation layers).
    """

    def __init__(
        self, network: keras.Model, batches: Any, truth: np.ndarray, num_classes: int, done: int
    ) -> None:
        """`batches` of the validation works in the order of `truth`; `done` epochs of earlier stages."""
        super().__init__()
        self._network = network
        self._batches = batches
        self._truth = truth
        self._num_classes = num_classes
        self._done = done

    def on_epoch_end(self, epoch: int, logs: Epoch | None = None) -> None:
        """Put the three figures into `logs`, which the callbacks behind this one read."""
        logs = {} if logs is None else logs
        if not math.isfinite(logs.get("loss", 0.0)):
            raise _diverged(self._done + epoch + 1, logs["loss"])
        probabilities = self._network.predict(self._batches, verbose=0)
        logs.update(judged(self._truth, probabilities, self._num_classes))
        if not math.isfinite(logs["val_loss"]):
            raise _diverged(self._done + epoch + 1, logs["val_loss"])


@dataclass
class Record:
    """What a fit leaves behind, over all its stages; epochs count from 1."""

    history: list[Epoch] = field(default_factory=list)
    rate_cuts: list[int] = field(default_factory=list)
    best_epoch: int = 0
    best_weights: list[np.ndarray] = field(default_factory=list)

    @property
    def best(self) -> float:
        """The best epoch's validation macro-F1; -1 before the first."""
        return self.history[self.best_epoch - 1][MONITOR] if self.best_epoch else -1.0


class Recorder(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes each epoch into a Record, keeps the best weights of `model`, and tells `told`.

    It must stand last: it sees what the others added, and whether one of them cut the rate.
    """

    def __init__(self, record: Record, model: keras.Model, told: OnEpoch) -> None:
        super().__init__()
        self._record = record
        self._kept = model
        self._told = told

    def on_epoch_begin(self, epoch: int, logs: Epoch | None = None) -> None:  # noqa: ARG002
        """Remember the rate that this epoch is trained at."""
        self._rate = _rate(self.model)

    def on_epoch_end(self, epoch: int, logs: Epoch | None = None) -> None:  # noqa: ARG002
        """Record the epoch."""
        row = {name: float(value) for name, value in (logs or {}).items()} | {"learning_rate": self._rate}
        record, number = self._record, len(self._record.history) + 1
        better = row[MONITOR] > record.best
        record.history.append(row)
        if better:
            record.best_epoch = number
            record.best_weights = self._kept.get_weights()
        if _rate(self.model) < self._rate:
            record.rate_cuts.append(number)
        self._told(number, row)


class Reached(keras.callbacks.Callback):  # type: ignore[misc]
    """Knows how far training is, for a checkpoint: `Batches(..., start=reached.position)` goes on there.

    The batches cannot know it themselves: a backend fetches them ahead of the steps.
    """

    def __init__(self, batches: Batches) -> None:
        super().__init__()
        self._batches = batches
        self.position = batches.start

    def on_train_batch_end(self, batch: int, logs: Epoch | None = None) -> None:  # noqa: ARG002
        """One more batch of the epoch is in the weights."""
        epoch, first = self._batches.start
        self.position = Position(epoch, first + batch + 1)

    def on_epoch_end(self, epoch: int, logs: Epoch | None = None) -> None:  # noqa: ARG002
        """The whole epoch is."""
        self.position = Position(epoch + 1)


def judged(truth: np.ndarray, probabilities: np.ndarray, num_classes: int) -> Epoch:
    """Loss, accuracy and macro-F1 of predictions.

    Args:
        truth: (N,) class numbers.
        probabilities: (N, num_classes).
        num_classes: the mean of F1 is over all of them; one that is never predicted counts 0.
    """
    predicted = probabilities.argmax(axis=1)
    table = np.zeros((num_classes, num_classes))
    np.add.at(table, (truth, predicted), 1)
    hits, support, claims = np.diag(table), table.sum(axis=1), table.sum(axis=0)
    f1 = 2 * hits / np.maximum(support + claims, 1)
    # Clipped as Keras does it, so that loss and val_loss are the same quantity.
    picked = np.clip(probabilities[np.arange(len(truth)), truth].astype(float), 1e-7, 1.0)
    return {
        "val_loss": float(-np.log(picked).mean()),
        "val_accuracy": float(hits.sum() / len(truth)),
        MONITOR: float(f1.mean()),
    }


def _rate(model: keras.Model) -> float:
    return float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))


def _diverged(epoch: int, loss: float) -> TrainingError:
    return TrainingError(
        f"The loss became {loss} in epoch {epoch}, so training stopped. Try a learning rate ten times "
        f"lower, a larger batch, or another optimizer."
    )
