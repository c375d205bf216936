"""How hard the synthetic gallery is: what colours alone tell, and how quickly a small CNN learns it.

    python -m tests.benchmarks.gallery_baseline                    # draws, then all three tasks
    python -m tests.benchmarks.gallery_baseline --tasks style --epochs 12

Colours: logistic regression on standardised mean RGB (and mean + standard deviation), macro-F1 over
ten stratified 80/20 splits. Network: study B's simple CNN at 64 pixels on one such split, Adam from
1e-3 down a cosine, horizontal flips; its macro-F1 on the 20 % as training goes on. Wall time counts
what else the machine does; CPU seconds are this process's own, over all cores.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.console import Console

from components.data import select
from components.data.cache.decoded import decoded
from components.data.manifest import Manifest, Split, Task
from components.data.sources import synthetic
from components.data.splits import split

SIZE = (64, 64)
BATCH = 16


def main() -> None:
    given = _arguments()
    console = Console(width=110, highlight=False)
    with tempfile.TemporaryDirectory(prefix="gallery-") as scratch:
        started = time.perf_counter()
        root = synthetic.draw(Path(given.gallery or scratch), works_per_style=given.works)
        spent = f"{time.perf_counter() - started:.1f} s ({time.process_time():.1f} s of CPU)"
        console.print(f"{6 * given.works} works at hand in {spent}")
        whole = synthetic.read(root)
        for task in map(Task.named, given.tasks):
            manifest = select.select_works(whole, task)
            pixels = np.asarray(decoded(manifest, SIZE, Path(scratch) / "decoded"))
            truth = manifest.targets(manifest.class_names)
            console.print(f"\n{task}: {len(manifest.class_names)} classes, {len(manifest)} works")
            for name, score in colour_scores(manifest, pixels, truth).items():
                console.print(f"  {name:34} macro-F1 {score:.3f}")
            for line in cnn_lines(manifest, pixels, truth, given.epochs):
                console.print(f"  {line}")


def colour_scores(manifest: Manifest, pixels: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    mean, spread = pixels.mean(axis=(1, 2)), pixels.std(axis=(1, 2))
    features = {"linear, mean RGB": mean, "linear, mean and deviation of RGB": np.hstack([mean, spread])}
    scores: dict[str, list[float]] = {name: [] for name in features}
    for seed in range(10):
        train, held_out = _parts(manifest, seed)
        for name, columns in features.items():
            model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
            guess = model.fit(columns[train], truth[train]).predict(columns[held_out])
            scores[name].append(f1_score(truth[held_out], guess, average="macro"))
    return {name: float(np.mean(values)) for name, values in scores.items()}


def cnn_lines(manifest: Manifest, pixels: np.ndarray, truth: np.ndarray, epochs: int) -> Iterator[str]:
    if not epochs:
        return
    import keras
    from sklearn.metrics import f1_score

    from components.models.simple_cnn import build

    keras.utils.set_random_seed(0)
    train, held_out = _parts(manifest, seed=0)
    model = build(len(manifest.class_names), SIZE)
    rate = keras.optimizers.schedules.CosineDecay(1e-3, epochs * -(-len(train) // BATCH))
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    rng = np.random.default_rng(0)
    started, busy = time.perf_counter(), time.process_time()
    for epoch in range(1, epochs + 1):
        works = pixels[train]
        flipped = rng.random(len(works)) < 0.5
        works[flipped] = works[flipped, :, ::-1]
        model.fit(works, truth[train], batch_size=BATCH, verbose=0)
        if epoch % 4 and epoch != epochs:
            continue
        guess = model.predict(pixels[held_out], verbose=0).argmax(axis=1)
        score = f1_score(truth[held_out], guess, average="macro")
        spent = f"{time.perf_counter() - started:5.1f} s ({time.process_time() - busy:5.1f} s of CPU)"
        yield f"simple CNN, epoch {epoch:2}, {spent}  macro-F1 {score:.3f}"


def _parts(manifest: Manifest, seed: int) -> tuple[np.ndarray, np.ndarray]:
    frame = split.assign(manifest, split.PROTOCOLS["80/20"], seed=seed).frame
    return tuple(np.flatnonzero(frame["split"] == part) for part in (Split.TRAIN, Split.VALIDATION))  # type: ignore[return-value]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--works", type=int, default=120, help="a movement")
    parser.add_argument("--tasks", nargs="+", default=["style", "artist", "genre"])
    parser.add_argument("--epochs", type=int, default=26, help="of the CNN; 0 leaves it out")
    parser.add_argument("--gallery", help="folder in which galleries are kept (default: a scratch folder)")
    return parser.parse_args()


if __name__ == "__main__":
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    main()
