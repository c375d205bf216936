"""Runs a recipe: builds the family, trains its stages in order, hands back the best epoch's network."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras

from components.data.cache import store
from components.frozen import shifted
from components.models import catalog, voting
from components.models.backbones import Weights
from components.models.network_file import without_training
from components.models.precision import in_float32
from components.progress import steps
from components.settings import Settings
from components.training import stages
from components.training.checkpoint.store import Checkpoints
from components.training.checks import check
from components.training.frozen import feature_cache
from components.training.frozen.cut import parted_at_frozen
from components.training.frozen.freezing import freeze
from components.training.inputs import rows
from components.training.recipe import Recipe
from components.training.result import Diverged, Epoch, Fitted, OnEpoch, TrainingData, TrainingHistory
from components.training.stages import FitState, StageInput
from components.training.warm_start import warm_started


def fit(  # noqa: PLR0913 (named)
    recipe: Recipe,
    data: TrainingData,
    settings: Settings,
    *,
    on_epoch: OnEpoch | None = None,
    warm_start: Path | None = None,
    checkpoints: Path | None = None,
) -> Fitted:
    """Train `recipe` on `data`.

    Every stage starts from the best weights so far. Where a stage leaves the network's beginning frozen, and
    sees each picture as it is or in views that were counted, that part is computed once and cached.

    Args:
        recipe: the family and its stages.
        data: images of the recipe's image_size.
        settings: for the cache and S3's end point.
        on_epoch: told each epoch's number (from 1, over all stages) and its row of the history; those of a
            fit that goes on are told again.
        warm_start: a .keras file whose weights are taken over; the recipe's own when None.
        checkpoints: a folder where the state is kept as epochs end (as often as costs little), and from
            which a fit of the same recipe, data and precision goes on if it was killed. The end's state stays
            there, too, for the caller to discard once the network is kept elsewhere.

    Raises:
        TrainingError: the data cannot be learnt from, the recipe asks for what the family cannot do, or
            the loss is no number any more (Diverged: what there was by then goes with it).
        SettingsError: an unknown family or option, or an image size it cannot take.
        WeightsError: the pre-trained weights cannot be had, or those to start from are of another network.
    """
    check(recipe, data)
    started = time.monotonic()
    keras.utils.set_random_seed(recipe.seed)
    kept = Checkpoints(checkpoints) if checkpoints else None
    resumed = kept.load() if kept else None
    model = built(recipe, len(data.class_names), settings, warm_start)
    for stage in recipe.stages:  # a stage that asks for too much is refused before the first is trained
        freeze(model, stage.train, family=recipe.family, pretrained=bool(recipe.weights))
    _with_views(recipe, model)  # and so is a family that cannot look at pictures so
    record = resumed.record if resumed else TrainingHistory(recipe.monitor)
    if resumed:
        started -= resumed.seconds
    state = FitState(recipe, data.labels, record, kept, started)
    first = resumed.stage if resumed else 0
    try:
        _report_again(record, on_epoch)
        for number, stage in enumerate(recipe.stages[first:], start=first):
            going_on = resumed if resumed and number == first else None
            if going_on:
                model.set_weights(going_on.entered)
            elif kept:
                kept.enter(number, model.get_weights())
            with shown(recipe, number, on_epoch, done=going_on.epochs if going_on else 0) as report:
                freeze(model, stage.train, family=recipe.family, pretrained=bool(recipe.weights))
                stage_input = _stage_input(model, recipe, number, data, settings)
                stages.run(state, number, stage_input, report, going_on)
    except BaseException as exc:
        if kept:
            kept.close()
        if isinstance(exc, Diverged):
            exc.kept = finished(recipe, model, state)
        raise
    if kept:
        kept.close()
    return finished(recipe, model, state)


def built(
    recipe: Recipe, num_classes: int, settings: Settings, warm_start: Path | None = None
) -> keras.Model:
    """The recipe's network as training begins with it."""
    weights = None
    if recipe.weights:
        weights = Weights(recipe.weights, settings.cache / "weights", settings.s3_endpoint_url)
    options = dict(recipe.options) | ({"any_size": True} if recipe.sizes else {})
    model = catalog.build(
        recipe.family,
        num_classes,
        recipe.image_size,
        weights=weights,
        multi_label=recipe.multi_label,
        **options,
    )
    source = warm_start or (Path(recipe.warm_start) if recipe.warm_start else None)
    return model if source is None else warm_started(model, source)


def finished(recipe: Recipe, model: keras.Model, state: FitState) -> Fitted:
    """What a fit hands back, once every stage is done."""
    freeze(model, "all", pretrained=False)
    seconds = time.monotonic() - state.started
    record, seen = state.record, len(rows(recipe, state.labels)) * len(state.record.history)
    # A network within another would take its optimizer along into every file.
    model = without_training(in_float32(model))
    if recipe.sizes:
        kind: voting.Kind = "mean" if recipe.multi_label else "vote"
        model = voting.over_sizes(model, recipe.image_size, recipe.sizes, kind=kind)
    return Fitted(
        model=_with_views(recipe, model),
        history=record.history,
        best_epoch=record.best_epoch,
        rate_cuts=record.rate_cuts,
        seconds=seconds,
        images_per_second=seen / seconds,
    )


def _with_views(recipe: Recipe, model: keras.Model) -> keras.Model:
    """The network that looks at a picture in every view of the recipe; itself where there is one."""
    if recipe.scales_at_test:
        model = voting.over_sizes(
            voting.open_sided(model), recipe.image_size, recipe.scales_at_test, kind="mean"
        )
    if recipe.crop_at_test:
        model = voting.with_crops(model, recipe.crop_at_test)
    return voting.with_mirror(model) if recipe.flipped_at_test else model


@contextmanager
def shown(recipe: Recipe, number: int, on_epoch: OnEpoch | None, *, done: int = 0) -> Iterator[OnEpoch]:
    """A progress bar of the stage's epochs, of which some may be done; early stopping fills it."""
    stage = recipe.stages[number]
    title = f"Training {recipe.family}"
    if len(recipe.stages) > 1:
        title += f" (stage {number + 1} of {len(recipe.stages)})"
    with steps(title, stage.epochs) as advance:
        if done:
            advance(done, note=f"going on after epoch {done}")

        def report(epoch: int, row: Epoch) -> None:
            nonlocal done
            done += 1
            score = f" F1 {row['val_macro_f1']:.3f}" if "val_macro_f1" in row else ""
            advance(1, note=f"loss {row['loss']:.3f}{score}")
            if on_epoch is not None:
                on_epoch(epoch, row)

        yield report
        if done < stage.epochs:
            advance(stage.epochs - done, note=f"stopped after {done}")


def _report_again(record: TrainingHistory, on_epoch: OnEpoch | None) -> None:
    for number, row in enumerate(record.history, start=1):
        if on_epoch is not None:
            on_epoch(number, row)


def _stage_input(
    model: keras.Model, recipe: Recipe, number: int, data: TrainingData, settings: Settings
) -> StageInput:
    """What is trained, on which arrays: the network on images, or what is not frozen on features."""
    stage = recipe.stages[number]
    augmented = stage.policy.value != "none"
    live = (augmented and not stage.views) or stage.mix != "none" or bool(recipe.sizes)
    cut = None if live else parted_at_frozen(model)
    if cut is None:
        return StageInput(model, data.train_images, data.validation_images, augmented=augmented)
    views = (
        feature_cache.Views(stage.policy.value, stage.views, shifted(recipe.seed, number))
        if stage.views
        else None
    )
    kept, name = store.of(settings), f"Features of {recipe.family}"
    train = feature_cache.of(
        cut.backbone,
        data.train_images,
        kept,
        f"{name}, training works",
        views or feature_cache.PLAIN,
        packed=cut.packed,
    )
    validation = feature_cache.of(
        cut.backbone, data.validation_images, kept, f"{name}, validation works", packed=cut.packed
    )
    return StageInput(cut.head, train, validation, views=views.count if views else 1, short=not cut.maps)
