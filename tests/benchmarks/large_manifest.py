"""100,000 works without their files: duplicates, validation and split, their time and memory.

Thumbnails are drawn with a spectrum like that of paintings and with layouts that many share, so that
about as many pairs need a closer look as among real ones (1 in 10,000); 2 % are copies of another.
"""

from __future__ import annotations

import hashlib
import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from components.data.images.stats import SIDE, cosines, phashes
from components.data.manifest import Manifest, Task

WORKS = 100_000
COPIES = 2_000
STYLES, ARTISTS = 27, 1_500
TARGETS = "under 90 s and 1.5 GB"


def thumbnails(count: int, random: np.random.Generator) -> NDArray[np.uint8]:
    frequencies = 16
    radius = np.hypot(*np.mgrid[:frequencies, :frequencies])
    radius[0, 0] = 1
    layouts = random.standard_normal((24, frequencies, frequencies))
    parts = []
    for start in range(0, count, 5_000):
        works = min(5_000, count - start)
        chosen = random.standard_normal((works, 24)) * (random.random((works, 24)) < 0.08)
        drawn = random.standard_normal((works, frequencies, frequencies))
        drawn = (drawn + 0.45 * np.tensordot(chosen, layouts, 1)) / radius
        drawn[:, 0, 0] = 0
        pixels = cosines(frequencies, SIDE).T @ drawn.astype(np.float32) @ cosines(frequencies, SIDE)
        pixels = 128 + 60 * pixels / pixels.std(axis=(1, 2), keepdims=True)
        parts.append(pixels.clip(0, 255).astype(np.uint8))
    return np.concatenate(parts)


def manifest(random: np.random.Generator) -> Manifest:
    pictures = thumbnails(WORKS, random)
    originals = random.choice(WORKS - COPIES, COPIES, replace=False)
    noise = random.integers(-2, 3, (COPIES, SIDE, SIDE))
    copies = (pictures[originals].astype(int) + noise).clip(0, 255).astype(np.uint8)
    copies[::2] = copies[::2, :, ::-1]
    pictures[WORKS - COPIES :] = copies
    kept = [one.tobytes() for one in pictures]
    style = np.minimum(random.zipf(1.3, WORKS), STYLES)
    style[WORKS - COPIES :] = style[originals]
    artist = random.integers(ARTISTS, size=WORKS)
    frame = pd.DataFrame(
        {
            "path": [f"{number:06}.jpg" for number in range(WORKS)],
            "artist": [f"artist {number}" for number in artist],
            "style": [f"style {number:02}" for number in style],
            "genre": "",
            "label": "",
            "sha256": [hashlib.sha256(str(number).encode()).hexdigest() for number in range(WORKS)],
            "phash": phashes(kept),
            "thumbnail": kept,
            "width": random.integers(200, 3000, WORKS),
            "height": random.integers(200, 3000, WORKS),
            "mode": "RGB",
            "brightness": random.normal(0.45, 0.15, WORKS).clip(0.05, 0.95),
            "contrast": random.normal(0.19, 0.05, WORKS).clip(0.03, 0.4),
            "sharpness": random.normal(0.26, 0.08, WORKS).clip(0.08, 0.7),
            "group": "",
            "split": "",
        }
    )
    return Manifest(frame=frame.assign(group=frame["sha256"]), source="large", root=Path("/nowhere"))


def main() -> None:
    from components.data import select
    from components.data.gate.validate import validate
    from components.data.groups import duplicates
    from components.data.images import quality
    from components.data.splits import split

    works = manifest(np.random.default_rng(0))
    total = 0.0

    def told(what: str, started: float) -> None:
        nonlocal total
        took = time.perf_counter() - started
        total += took
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"{what:10} {took:6.1f} s   peak {peak:.2f} GiB", flush=True)

    started = time.perf_counter()
    works = quality.apply_limits(works)
    told("quality", started)
    started = time.perf_counter()
    works = duplicates.with_groups(works)
    told("duplicates", started)
    print(f"           {works.lineage[-1]}; {COPIES:,} were planted")
    started = time.perf_counter()
    works = split.assign(select.select_works(works, Task.STYLE), split.find_protocol("81/9/10"))
    told("split", started)
    started = time.perf_counter()
    report = validate(works, protocol=split.find_protocol("81/9/10"))
    told("validate", started)
    failed = [check.name for check in report.checks if not check.passed]
    print(f"           {len(report.checks)} checks, not passed: {', '.join(failed) or 'none'}")
    print(f"all        {total:6.1f} s; target {TARGETS} (Great Expectations' import included)")


if __name__ == "__main__":
    main()
