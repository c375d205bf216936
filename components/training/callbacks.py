"""What happens at the end of an epoch: validation in one pass, then the record of it."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np

from components.devices import undivided
from components.training.optimizers import averages, scheduled
from components.training.result import Diverged, Epoch, EpochMetrics, OnEpoch, TrainingHistory


class Validation(keras.callbacks.Callback):  # type: ignore[misc]
    """Adds val_loss, val_accuracy and val_macro_f1 to an epoch's logs, all from one pass.

    It must stand before the callbacks that watch them. It predicts with `network`, which may be another
    view of the trained weights (without the augmentation layers).
    """

    def __init__(
        self, network: keras.Model, batches: Any, truth: np.ndarray, epoch_metrics: EpochMetrics
    ) -> None:
        """`batches` of the validation works in the order of `truth`."""
        super().__init__()
        self._network = network
        self._batches = batches
        self._truth = truth
        self._epoch_metrics = epoch_metrics

    def on_epoch_end(self, epoch: int, logs: Epoch | None = None) -> None:  # noqa: ARG002
        """Put the three figures into `logs`, which the callbacks behind this one read."""
        logs = {} if logs is None else logs
        with averages(self.model), undivided():
            probabilities = self._network.predict(self._batches, verbose=0)
        logs.update(self._epoch_metrics(self._truth, probabilities))


class HistoryCallback(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes each epoch into the history, keeps the best weights of `network`, and calls `on_epoch`.

    It must stand behind those that watch: it sees what they added, and whether one of them cut the rate.
    """

    def __init__(
        self, record: TrainingHistory, network: keras.Model, on_epoch: OnEpoch, *, stage: int = 1
    ) -> None:
        """`stage`: counted from 1; every row says which one it is of."""
        super().__init__()
        self._stage = stage
        self._record = record
        self._kept = network
        self._on_epoch = on_epoch

    def on_epoch_begin(self, epoch: int, logs: Epoch | None = None) -> None:  # noqa: ARG002
        """Remember the rate that this epoch is trained at."""
        self._rate = rate_of(self.model)

    def on_epoch_end(self, epoch: int, logs: Epoch | None = None) -> None:  # noqa: ARG002
        """Record the epoch.

        Raises:
            Diverged: the loss is no number any more.
        """
        row = {name: float(value) for name, value in (logs or {}).items()}
        row |= {"learning_rate": self._rate, "stage": float(self._stage)}
        record, number = self._record, len(self._record.history) + 1
        better = record.beaten_by(row)
        record.history.append(row)
        if not all(math.isfinite(row[name]) for name in ("loss", "val_loss") if name in row):
            self._on_epoch(number, row)
            raise _diverged(number, row)
        if better:
            record.best_epoch = number
            with averages(self.model):
                record.best_weights = self._kept.get_weights()
        if not scheduled(self.model) and rate_of(self.model) < self._rate:
            record.rate_cuts.append(number)
        self._on_epoch(number, row)


def rate_of(model: keras.Model) -> float:
    """The learning rate of the next step."""
    return float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))


class RateCuts(keras.callbacks.Callback):  # type: ignore[misc]
    """Cuts the learning rate to a tenth after given epochs of a stage.

    It must stand before `HistoryCallback`, which records that the rate was cut.
    """

    def __init__(self, epochs: tuple[int, ...]) -> None:
        """`epochs`: of the stage, counted from 1."""
        super().__init__()
        self._epochs = epochs

    def on_epoch_end(self, epoch: int, logs: Epoch | None = None) -> None:  # noqa: ARG002
        """Cut the rate, if it is to be cut after this epoch."""
        if epoch + 1 in self._epochs:
            self.model.optimizer.learning_rate = rate_of(self.model) / 10


def _diverged(epoch: int, row: Epoch) -> Diverged:
    validation = f", and {row['val_loss']} on the validation works," if "val_loss" in row else ""
    return Diverged(
        f"The loss became {row['loss']}{validation} in epoch {epoch}, so training stopped. Try a learning "
        f"rate ten times lower than {row['learning_rate']:g}, a larger batch, or another optimizer."
    )
