"""What training here costs beside bare `model.fit` on the same arrays: F1, record, checkpoints, MLflow.

    python -m tests.benchmarks.fit_overhead

The same network, arrays, batch, order of magnitude of everything: `components.training.fit` with each
epoch logged to MLflow and checkpointed, and Keras's own fit with its validation_data. In one process, in
turns; each side's epochs after its first (which compiles) are counted, and medians of them compared.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from components.settings import Settings
    from components.training.result import TrainingData

WORKS, SIDE, CLASSES, BATCH = 1600, 96, 6, 32


def main() -> None:
    given = _arguments()
    from components.runtime import prepare
    from components.settings import Settings
    from components.training.result import TrainingData

    with tempfile.TemporaryDirectory(prefix="overhead-") as scratch:
        settings = Settings(home=Path(scratch))
        prepare(settings)
        random = np.random.default_rng(0)
        images = random.integers(0, 255, (WORKS + WORKS // 8, SIDE, SIDE, 3), dtype=np.uint8)
        labels = np.arange(len(images)) % CLASSES
        data = TrainingData(
            images[:WORKS], labels[:WORKS], images[WORKS:], labels[WORKS:], [*map(str, range(CLASSES))]
        )
        ours: list[float] = []
        bare: list[float] = []
        for _ in range(given.turns):
            ours += _ours(data, settings, given)
            bare += _bare(data, given)
    print(f"{given.family}, {WORKS} works of {SIDE} pixels, batch {BATCH}, {len(ours)} epochs a side")
    for name, found in (("ours", ours), ("bare", bare)):
        print(
            f"{name}: median {statistics.median(found):.2f} s an epoch ({min(found):.2f} to {max(found):.2f})"
        )
    print(f"ratio of medians: {statistics.median(ours) / statistics.median(bare):.3f}")


def _ours(data: TrainingData, settings: Settings, given: argparse.Namespace) -> list[float]:
    from components.tracking.runs import Tracker
    from components.training.fit import fit
    from components.training.recipe import Recipe, Stage

    recipe = Recipe(
        family=given.family,
        image_size=(SIDE, SIDE),
        stages=(Stage(epochs=given.epochs, batch_size=BATCH, stop_patience=None),),
    )
    with Tracker(settings).start("overhead", given.family, "overhead") as run:
        ends: list[float] = []

        def told(number: int, row: dict[str, float]) -> None:
            run.epoch(number, row)
            ends.append(time.perf_counter())

        fit(recipe, data, settings, on_epoch=told, checkpoints=settings.home / "checkpoint")
    return np.diff(ends).tolist()


def _bare(data: TrainingData, given: argparse.Namespace) -> list[float]:
    import keras

    from components.devices import jit_compile
    from components.models import catalog

    network = catalog.build(given.family, CLASSES, (SIDE, SIDE))
    network.compile(
        keras.optimizers.Adam(1e-3),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=jit_compile(),
    )
    ends: list[float] = []
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: ends.append(time.perf_counter()))
    network.fit(
        data.train_images,
        data.train_labels,
        batch_size=BATCH,
        epochs=given.epochs,
        validation_data=(data.validation_images, data.validation_labels),
        callbacks=[clock],
        verbose=0,
    )
    return np.diff(ends).tolist()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--family", default="simple_cnn")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--turns", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
