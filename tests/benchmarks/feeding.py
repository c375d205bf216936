"""How quickly pictures reach a network: the decode cache next to decoding each epoch, and to plain memory.

    python -m tests.benchmarks.feeding                                 # pictures that it draws
    python -m tests.benchmarks.feeding --folder PAINTINGS              # JPEGs in class folders

One process, the same pictures, size and batches throughout; what is compared takes turns, and medians
of the turns are compared, so that what else the machine does falls on both sides.

Epochs: `keras.utils.image_dataset_from_directory` with its own parallel decoding and prefetch, consumed
to the end as tensors; the cache from its second epoch on, through the adapter by which `fit` reads a
PyDataset, to tensors also, shuffled anew each time. No network on either side.

Steps: an epoch of `fit` on `Batches` from the memory-mapped cache, and one of the same network's `fit`
on random uint8 arrays in memory, as Keras shuffles and batches those itself.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from components.data.cache import decoded
from components.data.cache.store import Store
from components.data.manifest import Manifest, Task
from components.data.sources import folder

SIZE = (224, 224)
BATCH = 32
TURNS = 4
STEP_SIZE = (64, 64)
STEP_WORKS = 512
STEP_TURNS = 8


def main() -> None:
    given = _arguments()
    with tempfile.TemporaryDirectory(prefix="feeding-") as scratch:
        root = Path(given.folder) if given.folder else draw(Path(scratch) / "pictures", given.works)
        manifest = folder.read(root, Task.STYLE)
        kib = sum(path.stat().st_size for path in manifest.paths()) / len(manifest) / 1024
        print(f"{len(manifest)} pictures of {kib:.0f} KiB, {given.turns} turns each", flush=True)
        store = Store(Path(scratch) / "cache")
        epochs(root, store, given.turns)
        steps(root, store)


def epochs(root: Path, store: Store, turns: int) -> None:
    import keras
    from keras.src.trainers.data_adapters.py_dataset_adapter import PyDatasetAdapter

    from components.data.feeding.batches import Batches

    manifest = folder.read(root, Task.STYLE)
    started = time.perf_counter()
    images = decoded.decoded(manifest, SIZE, store)
    first = time.perf_counter() - started
    started = time.perf_counter()
    images = decoded.decoded(manifest, SIZE, store)
    opened = time.perf_counter() - started
    labels = _labels(manifest)
    directory = keras.utils.image_dataset_from_directory(
        root, image_size=SIZE, batch_size=BATCH, shuffle=True, seed=0, verbose=False
    )
    batches = Batches(images, labels, BATCH, shuffle=True, seed=0)
    adapter = PyDatasetAdapter(batches)
    kept = adapter.get_tf_dataset()

    def from_cache() -> int:
        batches.on_epoch_begin()
        seen = sum(len(labels) for _, labels in kept)
        batches.on_epoch_end()
        return seen

    def from_files() -> int:
        return sum(len(labels) for _, labels in directory)

    assert from_files() == from_cache() == len(manifest)  # both once unmeasured, and neither loses any
    files, kept_ones = _in_turns((from_files, from_cache), turns)
    count, mib = len(manifest), images.nbytes / 2**20
    print(f"\nAn epoch at {SIZE[0]} x {SIZE[1]}, batches of {BATCH}: images a second, CPU ms an image")
    for name, spent in {
        "decoded by image_dataset_from_directory": files,
        "from the cache": kept_ones,
    }.items():
        print(f"  {name:40} {count / spent.wall:9,.0f} {1e3 * spent.cpu / count:9.3f}")
    print(
        f"  {files.wall / kept_ones.wall:.1f} times, {files.cpu / kept_ones.cpu:.1f} in CPU time; target 10"
    )
    print(f"  once: decoding into the cache {first:.1f} s; opening it, every byte checked, {opened:.2f} s")
    print(f"  ({mib:,.0f} MiB, {mib / 1024 / opened:.1f} GiB/s)")


def steps(root: Path, store: Store) -> None:

    from components.data.feeding.batches import Batches
    from components.models.simple_cnn import build

    manifest = folder.read(root, Task.STYLE)
    manifest = manifest.with_frame(manifest.frame.iloc[:: max(1, len(manifest) // STEP_WORKS)][:STEP_WORKS])
    images = decoded.decoded(manifest, STEP_SIZE, store)
    random = np.random.default_rng(0)
    noise = random.integers(0, 256, images.shape, dtype=np.uint8)
    labels = _labels(manifest)
    model = build(int(labels.max()) + 1, STEP_SIZE)
    model.compile("adam", "sparse_categorical_crossentropy")
    batches = Batches(images, labels, BATCH, shuffle=True, seed=0)

    def from_memory() -> Spent:
        return _epoch(model, noise, labels, batch_size=BATCH, shuffle=True)

    def from_cache() -> Spent:
        return _epoch(model, batches, shuffle=False)

    from_memory(), from_cache()
    taken = [(from_memory(), from_cache()) for _ in range(STEP_TURNS)]
    print(f"\nA step of {model.name} at {STEP_SIZE[0]} x {STEP_SIZE[1]}, batches of {BATCH}: ms, CPU ms")
    for place, name in enumerate(("random arrays in memory, Keras's own batches", "from the cache")):
        wall = statistics.median(pair[place].wall for pair in taken) / len(batches)
        cpu = statistics.median(pair[place].cpu for pair in taken) / len(batches)
        print(f"  {name:44} {1e3 * wall:8.1f} {1e3 * cpu:8.1f}")
    wall = statistics.median(cached.wall / memory.wall for memory, cached in taken) - 1
    cpu = statistics.median(cached.cpu / memory.cpu for memory, cached in taken) - 1
    print(f"  {wall:+.1%} (median of turns), {cpu:+.1%} in CPU time; at most +5 % is the target")


def _labels(manifest: Manifest) -> np.ndarray:
    return np.unique(manifest.frame["style"], return_inverse=True)[1]


def _epoch(model: object, *data: object, **options: object) -> Spent:
    """Of the second of two epochs: the first of a fit also sets the feeding up."""
    import keras

    class Clock(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
            self.started = time.perf_counter(), time.process_time()

        def on_epoch_end(self, epoch: int, logs: object = None) -> None:
            started, busy = self.started
            self.spent = Spent(time.perf_counter() - started, time.process_time() - busy)

    clock = Clock()
    model.fit(*data, epochs=2, callbacks=[clock], verbose=0, **options)  # type: ignore[attr-defined]
    return clock.spent


@dataclass(frozen=True)
class Spent:
    """Seconds on the clock, and of this process's CPU time over all cores."""

    wall: float
    cpu: float


def _in_turns(works: Sequence[Callable[[], object]], turns: int) -> list[Spent]:
    spent: list[list[tuple[float, float]]] = [[] for _ in works]
    for _ in range(turns):
        for work, seconds in zip(works, spent, strict=True):
            started, busy = time.perf_counter(), time.process_time()
            work()
            seconds.append((time.perf_counter() - started, time.process_time() - busy))
    return [Spent(*map(statistics.median, zip(*seconds, strict=True))) for seconds in spent]


def draw(root: Path, works: int) -> Path:
    """JPEGs of 256 x 256 with broad shapes, brush-like detail and grain, some 20 KiB each."""
    random = np.random.default_rng(0)
    for number in range(works):
        pixels = np.zeros((256, 256, 3), np.float32)
        for cells, strength in ((4, 70), (16, 35), (64, 18), (256, 8)):
            cell = random.normal(0, strength, (cells, cells, 3)).astype(np.float32)
            planes = [Image.fromarray(cell[:, :, plane]).resize((256, 256), 3) for plane in range(3)]
            pixels += np.stack([np.asarray(plane) for plane in planes], axis=2)
        path = root / f"class {number % 6}" / f"{number:04}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((pixels + 128).clip(0, 255).astype(np.uint8)).save(path, quality=90)
    return root


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", help="of class folders of JPEGs (default: pictures drawn here)")
    parser.add_argument("--works", type=int, default=1600, help="pictures to draw")
    parser.add_argument("--turns", type=int, default=TURNS, help="epochs of each kind")
    return parser.parse_args()


if __name__ == "__main__":
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    main()
