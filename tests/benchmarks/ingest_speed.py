"""Ingest (hash, decode, thumbnail, quality measures, perceptual hash) beside bare Pillow decoding.

Both go over the same files on all cores, in turn, in one run; the ratio is of medians.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image

from components.data.images.scan import Work, manifest_of
from tests.benchmarks.pictures import pictures

ROUNDS = 5
TARGET = 0.8


def decode(path: Path) -> None:
    with Image.open(path) as image:
        image.load()


def decode_all(files: list[Path]) -> None:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(decode, files))


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        files, what = pictures(Path(scratch), 4000)
        root = Path(os.path.commonpath(files))
        works = [Work(path) for path in files]
        decode_all(files)  # from the disk into the page cache
        bare, ingest = [], []
        for _ in range(ROUNDS):
            bare.append(seconds(lambda: decode_all(files)))
            ingest.append(seconds(lambda: manifest_of(works, root=root, source="bench")))
    rate = [len(files) / statistics.median(each) for each in (bare, ingest)]
    ratios = sorted(one / other for one, other in zip(bare, ingest, strict=True))
    print(f"{what}, {ROUNDS} rounds in turn, load {os.getloadavg()[0]:.1f}")
    print(f"bare Pillow decoding  {rate[0]:8,.0f} files/s")
    print(f"ingest                {rate[1]:8,.0f} files/s")
    print(f"ratio {statistics.median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f}); target {TARGET}")


if __name__ == "__main__":
    main()
