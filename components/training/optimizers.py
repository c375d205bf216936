"""A stage's optimizer: its rule, its rate over time, weight decay and moving average."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

from components.training.recipe import Stage

_UNDECAYED = ["bias", "gamma", "beta"]
"""Shifts and scales, which decay would only bias (He et al. 2018, arXiv:1812.01187, section 3.1)."""


def optimizer_of(stage: Stage, steps_per_epoch: int) -> keras.optimizers.Optimizer:
    """The optimizer, not built yet.

    Args:
        stage: names the rule and its rate.
        steps_per_epoch: batches, which warm-up and schedules are counted in.
    """
    averaged: dict[str, Any] = {"use_ema": True, "ema_momentum": stage.ema} if stage.ema else {}
    common = {"learning_rate": _rate(stage, steps_per_epoch), **averaged}
    decay = stage.weight_decay or None
    match stage.optimizer:
        case "adam":
            optimizer = keras.optimizers.Adam(weight_decay=decay, **common)
        case "adamw":
            optimizer = keras.optimizers.AdamW(weight_decay=stage.weight_decay, **common)
        case "sgd":
            optimizer = keras.optimizers.SGD(momentum=0.9, weight_decay=decay, **common)
        case "rmsprop":
            optimizer = keras.optimizers.RMSprop(weight_decay=decay, **common)
    if decay:
        optimizer.exclude_from_weight_decay(var_names=_UNDECAYED)
    return optimizer


@contextmanager
def averages(model: keras.Model) -> Iterator[None]:
    """Within the block the trained weights are their moving averages, where the optimizer keeps any."""
    optimizer = _unwrapped(model)
    if not optimizer.use_ema or not keras.ops.convert_to_numpy(optimizer.iterations):
        yield
        return
    weights = model.trainable_variables
    kept = [keras.ops.convert_to_numpy(variable).copy() for variable in weights]
    optimizer.finalize_variable_values(weights)
    try:
        yield
    finally:
        for variable, value in zip(weights, kept, strict=True):
            variable.assign(value)


def scheduled(model: keras.Model) -> bool:
    """Whether the rate goes by a schedule, so that a lower one is no cut."""
    return not isinstance(_unwrapped(model)._learning_rate, keras.Variable)


def _unwrapped(model: keras.Model) -> keras.optimizers.Optimizer:
    """The optimizer itself, where Keras wrapped it to scale the loss in mixed_float16."""
    return getattr(model.optimizer, "inner_optimizer", model.optimizer)


def _rate(stage: Stage, steps_per_epoch: int) -> Any:
    warmup = stage.warmup_epochs * steps_per_epoch
    if stage.schedule == "cosine":
        steps = stage.epochs * steps_per_epoch - warmup
        if not warmup:
            return keras.optimizers.schedules.CosineDecay(stage.learning_rate, steps)
        return keras.optimizers.schedules.CosineDecay(
            0.0, steps, warmup_target=stage.learning_rate, warmup_steps=warmup
        )
    if warmup:
        return keras.optimizers.schedules.PolynomialDecay(0.0, warmup, end_learning_rate=stage.learning_rate)
    return stage.learning_rate
