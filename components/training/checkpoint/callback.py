"""Keras's side of a checkpoint: what of a training is its state, and how it is put back."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import keras
import numpy as np

from components.settings import Settings
from components.training.checkpoint.store import Arrays, Checkpoints, State
from components.training.result import Epoch, TrainingHistory

_WATCHED = ("wait", "best", "cooldown_counter")
"""What early stopping and rate cuts count by."""


def place(key: str, settings: Settings) -> Path:
    """The folder of a fit's state; `key` is of everything that its network depends on.

    An optimizer in 16 bits has other variables: a state fits the backend and precision it was made by.
    """
    precision = keras.config.dtype_policy().name
    return settings.home / "checkpoints" / f"{key}-{keras.backend.backend()}-{precision}"


class Checkpoint(keras.callbacks.Callback):  # type: ignore[misc]
    """Saves the state as epochs end, when one is due, and as training begins puts back what `resumed` holds.

    It must stand last: it sees what the others count, and whether one of them ends the stage.
    """

    def __init__(  # noqa: PLR0913 (named)
        self,
        checkpoints: Checkpoints,
        *,
        stage: int,
        record: TrainingHistory,
        watching: dict[str, keras.callbacks.Callback],
        resumed: State | None,
        started: float,
    ) -> None:
        """`watching`: the callbacks that count, by a name; `started`: time.monotonic() of the fit's start."""
        super().__init__()
        self._checkpoints = checkpoints
        self._stage = stage
        self._record = record
        self._watching = watching
        self._resumed = resumed
        self._started = started

    def on_train_begin(self, logs: Epoch | None = None) -> None:  # noqa: ARG002
        """The others have reset what they count; go on from where they stood."""
        if self._resumed is not None:
            restore_counters(self._watching, self._resumed)

    def on_epoch_end(self, epoch: int, logs: Epoch | None = None) -> None:  # noqa: ARG002
        """Hand over copies, for the writer to write: when one is due, and always as the stage ends."""
        last = epoch + 1 == self.params["epochs"] or self.model.stop_training
        if not (last or self._checkpoints.due):
            return  # before anything is copied
        record = self._record
        kept = TrainingHistory(
            record.monitor,
            list(record.history),
            list(record.rate_cuts),
            record.best_epoch,
            record.best_weights,
        )
        state = State(
            stage=self._stage,
            epochs=epoch + 1,
            ended=bool(self.model.stop_training),
            seconds=time.monotonic() - self._started,
            record=kept,
            counters={name: _counters(callback) for name, callback in self._watching.items()},
            variables=_copies(self.model.variables),
            optimizer=_copies(self.model.optimizer.variables),
            entered=[],
        )
        self._checkpoints.save(state)


def restore(model: keras.Model, state: State) -> None:
    """Put a stage's variables and optimizer back; `model` is compiled and as it was built then."""
    model.optimizer.build(model.trainable_variables)
    pairs = ((model.variables, state.variables), (model.optimizer.variables, state.optimizer))
    for variables, values in pairs:
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)


def restore_counters(watching: dict[str, keras.callbacks.Callback], state: State) -> None:
    """Let early stopping and rate cuts count on."""
    for name, values in state.counters.items():
        for counter, value in values.items():
            setattr(watching[name], counter, value)


def _counters(callback: keras.callbacks.Callback) -> dict[str, Any]:
    counters = {name: getattr(callback, name) for name in _WATCHED if hasattr(callback, name)}
    return {name: None if value is None else float(value) for name, value in counters.items()}


def _copies(variables: list[Any]) -> Arrays:
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]
