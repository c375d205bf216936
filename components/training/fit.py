"""Runs a recipe: builds the family, trains its stages in order, hands back the best epoch's network."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from components.data import store
from components.data.augment import layers_for
from components.data.batches import Batches
from components.errors import TrainingError
from components.models import catalog
from components.models.backbones import Weights
from components.progress import steps
from components.settings import Settings
from components.training import features
from components.training.callbacks import MONITOR, Epoch, OnEpoch, Record, Recorder, Validation
from components.training.feeding import feed, rows
from components.training.freezing import freeze
from components.training.recipe import Policy, Recipe, Stage


@dataclass(frozen=True)
class TrainingData:
    """What a fit sees.

    Attributes:
        train_images: (N, H, W, 3) uint8, may be memory-mapped; as are validation_images.
        train_labels: (N,) class numbers, places in class_names; as are validation_labels.
        class_names: sorted.
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    validation_images: np.ndarray
    validation_labels: np.ndarray
    class_names: list[str]


@dataclass(frozen=True)
class Fitted:
    """What a fit gives.

    Attributes:
        model: raw image (B, H, W, 3) in 0..255 -> probabilities (B, C), with the best epoch's weights.
        history: a row an epoch: loss, accuracy, val_loss, val_accuracy, val_macro_f1, learning_rate.
        best_epoch: by validation macro-F1, counted from 1 over all stages.
        rate_cuts: the epochs after which the learning rate was cut.
        seconds: of the whole fit, building and features included.
        images_per_second: training images seen, over those seconds.
        parameters: the network's weights, trained and frozen.
    """

    model: keras.Model
    history: list[Epoch]
    best_epoch: int
    rate_cuts: list[int]
    seconds: float
    images_per_second: float
    parameters: int


def fit(recipe: Recipe, data: TrainingData, settings: Settings, *, on_epoch: OnEpoch | None = None) -> Fitted:
    """Train `recipe` on `data`.

    Every stage starts from the best weights so far. A stage that trains only the head, without
    augmentation or mixing, runs on the frozen backbone's features, computed once and cached.

    Args:
        recipe: the family and its stages.
        data: images of the recipe's image_size.
        settings: for the cache and S3's end point.
        on_epoch: told each epoch's number (from 1, over all stages) and its row of the history.

    Raises:
        TrainingError: the data cannot be learnt from, the recipe asks for what the family cannot do, or
            the loss is no longer a number.
        SettingsError: an unknown family or option, or an image size it cannot take.
        WeightsError: the pre-trained weights cannot be had.
    """
    check(recipe, data)
    started = time.monotonic()
    keras.utils.set_random_seed(recipe.seed)
    model = _built(recipe, len(data.class_names), settings)
    record = Record()
    for number, stage in enumerate(recipe.stages):
        with _shown(recipe, number, on_epoch) as told:
            _run(_Run(recipe, stage, data, settings, model, seed=recipe.seed + number), record, told)
        model.set_weights(record.best_weights)
    freeze(model, "all", pretrained=False)
    seconds = time.monotonic() - started
    return Fitted(
        model=model,
        history=record.history,
        best_epoch=record.best_epoch,
        rate_cuts=record.rate_cuts,
        seconds=seconds,
        images_per_second=len(rows(recipe, data.train_labels)) * len(record.history) / seconds,
        parameters=model.count_params(),
    )


def check(recipe: Recipe, data: TrainingData) -> None:
    """Refuse what could not end well, before anything is built.

    Raises:
        TrainingError: sizes that do not match, a part with fewer than two classes, a head-only stage of a
            family without a backbone or without weights.
        SettingsError: an unknown family.
    """
    parts = {
        "training": (data.train_images, data.train_labels),
        "validation": (data.validation_images, data.validation_labels),
    }
    for part, (images, labels) in parts.items():
        if len(images) != len(labels) or images.shape[1:] != (*recipe.image_size, 3):
            raise TrainingError(
                f"The {part} images are {images.shape} for {len(labels)} labels; the recipe expects "
                f"(N, {recipe.image_size[0]}, {recipe.image_size[1]}, 3). Decode them at the recipe's size."
            )
        present = sorted({data.class_names[label] for label in labels})
        if len(present) < 2:
            raise TrainingError(
                f"The {part} part holds {len(labels)} works of the class(es) {present}; at least 2 classes "
                f"are needed in it. Take more works or another split."
            )
    family = catalog.family(recipe.family)
    if any(stage.train == "head" for stage in recipe.stages) and not (family.pretrained and recipe.weights):
        why = "no weights are given" if family.pretrained else "it has no pre-trained backbone"
        raise TrainingError(
            f"{family.name}: a stage trains only the head, but {why}, so a random network would be frozen. "
            f'Give the recipe weights ("imagenet", a file or s3://), or train all of it.'
        )


@dataclass(frozen=True)
class _Run:
    """One stage, with all it needs."""

    recipe: Recipe
    stage: Stage
    data: TrainingData
    settings: Settings
    model: keras.Model
    seed: int


def _built(recipe: Recipe, num_classes: int, settings: Settings) -> keras.Model:
    weights = None
    if recipe.weights:
        weights = Weights(recipe.weights, settings.cache / "weights", settings.s3_endpoint_url)
    return catalog.build(recipe.family, num_classes, recipe.image_size, weights=weights, **recipe.options)


@contextmanager
def _shown(recipe: Recipe, number: int, on_epoch: OnEpoch | None) -> Iterator[OnEpoch]:
    """A progress bar of the stage's epochs; early stopping fills it."""
    stage = recipe.stages[number]
    title = f"Training {recipe.family}"
    if len(recipe.stages) > 1:
        title += f" (stage {number + 1} of {len(recipe.stages)})"
    done = 0
    with steps(title, stage.epochs) as advance:

        def told(epoch: int, row: Epoch) -> None:
            nonlocal done
            done += 1
            advance(1, note=f"loss {row['loss']:.3f} F1 {row[MONITOR]:.3f}")
            if on_epoch is not None:
                on_epoch(epoch, row)

        yield told
        if done < stage.epochs:
            advance(stage.epochs - done, note=f"stopped after {done}")


def _run(run: _Run, record: Record, told: OnEpoch) -> None:
    freeze(run.model, run.stage.train, pretrained=bool(run.recipe.weights))
    network, train, validation = _subject(run)
    trained = _augmented(network, run.stage.policy, run.seed)
    stage, data = run.stage, run.data
    works = (train, np.asarray(data.train_labels))
    fed = feed(run.recipe, stage, works, num_classes=len(data.class_names), seed=run.seed)
    trained.compile(optimizer=_optimizer(stage), loss=fed.loss, metrics=["accuracy"])
    truth = np.asarray(data.validation_labels)
    watched = Batches(validation, truth, stage.batch_size, shuffle=False, seed=run.seed)
    trained.fit(
        fed.batches,
        epochs=stage.epochs,
        class_weight=fed.class_weight,
        callbacks=[
            Validation(network, watched, truth, len(data.class_names), done=len(record.history)),
            *_plateau(stage),
            Recorder(record, run.model, told),
        ],
        shuffle=False,  # Batches shuffles by its own seed
        verbose=0,
    )


def _subject(run: _Run) -> tuple[keras.Model, np.ndarray, np.ndarray]:
    """What is trained, on which training and validation arrays: the network on images, or its head."""
    data, stage = run.data, run.stage
    if stage.train == "all" or stage.policy is not Policy.NONE or stage.mix != "none":
        return run.model, data.train_images, data.validation_images
    cut = features.parted(run.model)
    kept = store.of(run.settings)
    name = f"Features of {run.recipe.family}"
    return (
        cut.head,
        features.of(cut.backbone, data.train_images, kept, f"{name}, training works"),
        features.of(cut.backbone, data.validation_images, kept, f"{name}, validation works"),
    )


def _augmented(network: keras.Model, policy: Policy, seed: int) -> keras.Model:
    """`network` behind augmentation layers, sharing its weights; itself where there are none."""
    layers = layers_for(policy.value, seed=seed)
    if layers is None:
        return network
    image = keras.Input(network.input_shape[1:])
    return keras.Model(image, network(layers(image)))


def _optimizer(stage: Stage) -> keras.optimizers.Optimizer:
    rate = stage.learning_rate
    match stage.optimizer:
        case "adam":
            return keras.optimizers.Adam(rate)
        case "sgd":
            return keras.optimizers.SGD(rate, momentum=0.9)
        case "rmsprop":
            return keras.optimizers.RMSprop(rate)


def _plateau(stage: Stage) -> list[Any]:
    chosen: list[Any] = []
    if stage.reduce_patience:
        chosen.append(
            keras.callbacks.ReduceLROnPlateau(MONITOR, 0.1, stage.reduce_patience, mode="max", verbose=0)
        )
    if stage.stop_patience:
        chosen.append(keras.callbacks.EarlyStopping(MONITOR, patience=stage.stop_patience, mode="max"))
    return chosen
