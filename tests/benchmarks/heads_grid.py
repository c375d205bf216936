"""What a grid of 56 heads on cached features costs beside one epoch of training their backbone (study A5).

    python -m tests.benchmarks.heads_grid                              # ResNet50, 2,000 drawn pictures
    python -m tests.benchmarks.heads_grid --family mobilenet_v2 --epoch-steps 0 --workers 1

In one run: the backbone's features of all works (computed once, told apart from the rest), the grid of
dense widths 128:64:512 x 32:32:256, each head a fit of its own with early stopping, and one epoch of Adam
on the whole network at 224 pixels, batch 32. Where an epoch takes too long, so many of its steps are timed
and multiplied (`--epoch-steps`, after two that compile; 0: all of it). Weights are random: they do not
change what a step costs. The grid's time holds the start of every worker but the first.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from components.settings import Settings
    from components.training.result import TrainingData
    from components.training.search.objective import Objective
    from components.training.search.trials import Trials

WORKS, SIDE, CLASSES, BATCH = 2000, 224, 10, 32


def main() -> None:
    given = _arguments()
    from components.runtime import prepare
    from components.settings import Settings

    with tempfile.TemporaryDirectory(prefix="heads-") as scratch:
        settings = Settings(home=Path(scratch))
        prepare(settings)
        data = _drawn()
        features, grid, heads = _grid(given, data, settings)
        epoch = _epoch(given, data)
    print(f"features of {WORKS} works, once: {features:.0f} s")
    print(
        f"{heads} heads on them, kept in Optuna's database, {given.workers} workers: {grid:.0f} s "
        f"({grid / heads:.2f} s each)"
    )
    print(f"one epoch of the whole {given.family}, {len(data.train_images)} works: {epoch:.0f} s")
    print(f"ratio, grid to epoch: {grid / epoch:.2f}")


def _drawn() -> TrainingData:
    """Noise: what a step costs does not depend on what is to be seen. 80/20, as study A has it."""
    from components.training.result import TrainingData

    random = np.random.default_rng(0)
    images = random.integers(0, 255, (WORKS, SIDE, SIDE, 3), dtype=np.uint8)
    labels = np.arange(WORKS) % CLASSES
    names = [f"artist {number}" for number in range(CLASSES)]
    part = WORKS * 8 // 10
    return TrainingData(images[:part], labels[:part], images[part:], labels[part:], names)


def _grid(given: argparse.Namespace, data: TrainingData, settings: Settings) -> tuple[float, float, int]:
    """Seconds of the features and of the grid, and how many heads."""
    from components.training.search import loop

    weights = _weights(given.family, settings.home / "random.weights.h5")
    trials, trainer = _search(given, data, settings, weights)
    started = time.perf_counter()
    trainer(trials.search.recipe, lambda *_: None)  # a head that is in no grid: its features are the grid's
    computed = time.perf_counter()
    fresh = multiprocessing.get_context("spawn")  # TensorFlow does not survive a fork
    others = [fresh.Process(target=_help, args=(given, settings, weights)) for _ in range(given.workers - 1)]
    for other in others:
        other.start()
    loop.run(trials, trainer)
    for other in others:
        other.join()
    return computed - started, time.perf_counter() - computed, len(loop.outcome(trials).trials)


def _help(given: argparse.Namespace, settings: Settings, weights: str) -> None:
    """Another worker: the features are there, the trials are shared."""
    from components.runtime import prepare
    from components.training.search import loop

    prepare(settings)
    loop.run(*_search(given, _drawn(), settings, weights), wait=False)


def _search(
    given: argparse.Namespace, data: TrainingData, settings: Settings, weights: str
) -> tuple[Trials, Objective]:
    from components.tracking.processes import is_gone, this_process
    from components.training.recipe import Recipe, Stage
    from components.training.search.objective import Objective
    from components.training.search.presets import heads
    from components.training.search.storage import Database
    from components.training.search.trials import Trials

    stage = Stage(epochs=given.epochs, train="head", batch_size=BATCH, stop_patience=10)
    recipe = Recipe(
        family=given.family,
        image_size=(SIDE, SIDE),
        stages=(stage,),
        weights=weights,
        options={"dropout": 0.5},
    )
    search = heads(recipe)
    trials = Trials.of(
        search,
        Database.at(settings.search_url),
        data_version="drawn",
        worker=this_process(),
        gone=is_gone,
    )
    return trials, Objective(search, lambda _: data, settings)


def _weights(family: str, path: Path) -> str:
    """A file of random weights, so that a backbone can be frozen."""
    import keras

    from components.models import catalog
    from components.training.frozen.cut import parted

    parted(catalog.build(family, CLASSES, (SIDE, SIDE))).backbone.save_weights(path)
    keras.utils.clear_session()
    return str(path)


def _epoch(given: argparse.Namespace, data: TrainingData) -> float:
    """Seconds of an epoch of the whole network, by fit's own steps."""
    import keras

    from components.data.feeding.batches import Batches
    from components.devices import jit_compile
    from components.models import catalog

    network = catalog.build(given.family, CLASSES, (SIDE, SIDE))
    network.compile(keras.optimizers.Adam(1e-4), "sparse_categorical_crossentropy", jit_compile=jit_compile())
    batches = Batches(data.train_images, data.train_labels, BATCH, shuffle=True, seed=0)
    steps = len(batches)
    network.fit(batches, steps_per_epoch=2, shuffle=False, verbose=0)
    timed = given.epoch_steps or steps
    started = time.perf_counter()
    network.fit(batches, steps_per_epoch=timed, shuffle=False, verbose=0)
    return (time.perf_counter() - started) * steps / timed


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--family", default="resnet50_gap", help="with the options dense_1 and dense_2")
    parser.add_argument("--epochs", type=int, default=20, help="of a head, at most")
    parser.add_argument("--workers", type=int, default=2, help="processes that train heads")
    parser.add_argument("--epoch-steps", type=int, default=12, help="steps of the epoch to time; 0: all")
    return parser.parse_args()


if __name__ == "__main__":
    main()
