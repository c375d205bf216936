"""One stage of a recipe, on pictures or on the features of what it freezes."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from components.data.feeding.augment import layers_for
from components.data.feeding.batches import Batches, Position
from components.devices import jit_compile
from components.frozen import shifted
from components.training.callbacks import HistoryCallback, RateCuts, Validation
from components.training.checkpoint.callback import Checkpoint, restore
from components.training.checkpoint.store import Checkpoints, State
from components.training.inputs import feed
from components.training.metrics import epoch_metrics_of
from components.training.multilabel import ACCURACY
from components.training.optimizers import optimizer_of
from components.training.recipe import Recipe, Stage
from components.training.result import Labels, OnEpoch, TrainingHistory

_VECTORS = 1024
"""Works in a batch of features to validate on: small batches would cost a third of a head's epoch."""
_STEPS = 8
"""Of a head that Keras takes at once, for they are short: an epoch takes two thirds of the time."""


@dataclass(frozen=True)
class StageInput:
    """What a stage trains, and on what.

    Attributes:
        network: rows of the arrays -> probabilities (B, C).
        train: (views x N, ...), pictures or features; row v N + i is view v of work i.
        validation: (M, ...), the like of the validation works; M is 0 where there are none.
        views: how many of each training work.
        augmented: whether the stage's policy is still to act: on pictures.
        short: whether a step takes next to no time and memory: a head on vectors.
    """

    network: keras.Model
    train: np.ndarray
    validation: np.ndarray
    views: int = 1
    augmented: bool = False
    short: bool = False


@dataclass(frozen=True)
class FitState:
    """What all stages of a fit share.

    Attributes:
        recipe: whose stages they are.
        labels: of the works.
        record: of all epochs so far; a stage writes on.
        checkpoints: where the state is kept; None: nowhere.
        started: time.monotonic() as the fit began, less what it took before it was killed.
    """

    recipe: Recipe
    labels: Labels
    record: TrainingHistory
    checkpoints: Checkpoints | None = None
    started: float = field(default_factory=time.monotonic)


def run(
    state: FitState, number: int, stage_input: StageInput, on_epoch: OnEpoch, resumed: State | None = None
) -> None:
    """Train stage `number`; `stage_input.network` ends with the best weights so far.

    Args:
        state: of the fit.
        number: of the stage, from 0.
        stage_input: what to train; its weights are the best so far.
        on_epoch: called with each epoch.
        resumed: the state to go on from, if the stage was broken off.

    Raises:
        Diverged: the loss is no number any more.
    """
    recipe, record = state.recipe, state.record
    stage, seed = recipe.stages[number], shifted(recipe.seed, number)
    network = stage_input.network
    trained = _augmented(network, stage, seed) if stage_input.augmented else network
    start = Position(resumed.epochs if resumed else 0)
    fed = feed(
        recipe, stage, stage_input.train, state.labels, views=stage_input.views, seed=seed, start=start
    )
    trained.compile(
        optimizer_of(stage, fed.batches.num_batches),
        fed.loss,
        metrics=[ACCURACY if recipe.multi_label else "accuracy"],
        jit_compile=jit_compile(),
        steps_per_execution=_STEPS if stage_input.short else 1,
    )
    if resumed:
        restore(trained, resumed)
    else:
        record.best_weights = network.get_weights()
    try:
        if not (resumed and resumed.ended):
            trained.fit(
                fed.batches,
                initial_epoch=start.epoch,
                epochs=stage.epochs,
                class_weight=fed.class_weight,
                callbacks=_callbacks(state, number, stage_input, on_epoch, resumed),
                shuffle=False,  # Batches shuffles by its own seed
                verbose=0,
            )
    finally:
        network.set_weights(record.best_weights)


def _callbacks(
    state: FitState, number: int, stage_input: StageInput, on_epoch: OnEpoch, resumed: State | None
) -> list[keras.callbacks.Callback]:
    recipe, stage, labels = state.recipe, state.recipe.stages[number], state.labels
    truth, network = labels.validation, stage_input.network
    watching = _watching(recipe, stage)
    callbacks: list[keras.callbacks.Callback] = [*watching.values()]
    if len(stage_input.validation):
        size = max(stage.batch_size, _VECTORS) if stage_input.short else stage.batch_size
        batches = Batches(stage_input.validation, truth, size, shuffle=False, seed=recipe.seed)
        callbacks.insert(0, Validation(network, batches, truth, epoch_metrics_of(recipe)))
    if stage.cut_after:
        callbacks.append(RateCuts(stage.cut_after))
    callbacks.append(HistoryCallback(state.record, network, on_epoch, stage=number + 1))
    if state.checkpoints is not None:
        callbacks.append(
            Checkpoint(
                state.checkpoints,
                stage=number,
                record=state.record,
                watching=watching,
                resumed=resumed,
                started=state.started,
            )
        )
    return callbacks


def _watching(recipe: Recipe, stage: Stage) -> dict[str, keras.callbacks.Callback]:
    """Rate cuts and early stopping, by name."""
    mode = "min" if recipe.monitor == "val_loss" else "max"
    watching: dict[str, Any] = {}
    if stage.reduce_patience:
        watching["cuts"] = keras.callbacks.ReduceLROnPlateau(
            recipe.monitor, 0.1, stage.reduce_patience, mode=mode, verbose=0
        )
    if stage.stop_patience:
        watching["stop"] = keras.callbacks.EarlyStopping(
            recipe.monitor, patience=stage.stop_patience, mode=mode
        )
    return watching


def _augmented(network: keras.Model, stage: Stage, seed: int) -> keras.Model:
    """`network` behind augmentation layers, sharing its weights; itself where there are none."""
    layers = layers_for(stage.policy.value, seed=seed)
    if layers is None:
        return network
    image = keras.Input(network.input_shape[1:])
    return keras.Model(image, network(layers(image)))
