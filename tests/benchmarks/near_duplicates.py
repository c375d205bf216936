"""Recall and precision of near-duplicates: 1,000 different works, each altered in every way of `altered`.

Works that the ordinary perceptual hash calls near (up to 14 of 64 bits) are left out first, so that the
works are different by a judgement that is not the one measured; what slips through counts against us.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from components.data.groups.duplicates import SIMILAR, pairs, with_groups
from components.data.images.reader import read_rgb
from components.data.images.scan import Work, manifest_of
from components.data.manifest import Manifest
from tests.altered import ALTERATIONS, altered
from tests.benchmarks.pictures import pictures

WORKS = 1000
DIFFERENT_BITS = 14
TARGETS = {"recall": 0.98, "precision": 0.99}


def different(originals: Manifest, count: int) -> pd.DataFrame:
    """The first of a shuffled order whose hashes are far from all taken before."""
    frame = originals.frame.sample(frac=1, random_state=0)
    taken: list[int] = []
    hashes: list[int] = []
    for place, text in enumerate(frame["phash"]):
        value = int(text, 16)
        if all((value ^ other).bit_count() > DIFFERENT_BITS for other in hashes):
            hashes.append(value)
            taken.append(place)
        if len(taken) == count:
            break
    return frame.iloc[taken]


def copies(originals: Manifest, folder: Path) -> Manifest:
    """`folder`, filled with each work and its altered copies: <work>/<alteration>.jpg."""
    works = []
    for number, path in enumerate(different(originals, WORKS)["path"]):
        source = originals.root / path
        image = read_rgb(source)
        here = folder / f"{number:04}"
        here.mkdir()
        (here / "original.jpg").write_bytes(source.read_bytes())
        for place, name in enumerate(ALTERATIONS):
            (here / f"{place:02}.jpg").write_bytes(altered(image, name, number))
        works += [Work(file) for file in sorted(here.iterdir())]
    return manifest_of(works, root=folder, source="copies")


def measure(manifest: Manifest) -> None:
    recall = statistics.mean(recalls(manifest))
    started = time.perf_counter()
    table = pairs(with_groups(manifest))
    took = time.perf_counter() - started
    one, other = table["path_a"].str.split("/").str[0], table["path_b"].str.split("/").str[0]
    right = one == other
    print(f"all {len(manifest):,} files together: {took:.1f} s, similarity from {SIMILAR}")
    print(f"recall    {recall:.4f} (target {TARGETS['recall']})")
    print(f"precision {right.mean():.4f} (target {TARGETS['precision']})")
    wrong = Counter(frozenset(pair) for pair in zip(one[~right], other[~right], strict=True))
    print(f"{(~right).sum():,} wrong pairs of {len(table):,}, between {len(wrong)} pairs of works")
    for works, count in wrong.most_common(10):
        print(f"  {count:4} pairs: {' and '.join(f'{work}/original.jpg' for work in sorted(works))}")


def recalls(manifest: Manifest) -> Iterator[float]:
    """Of each alteration, with no other copies about that could tie a work's together."""
    name = manifest.frame["path"].str.split("/").str[1]
    for place, alteration in enumerate(ALTERATIONS):
        two = manifest.with_frame(manifest.frame[name.isin(["original.jpg", f"{place:02}.jpg"])])
        frame = with_groups(two).frame
        groups = frame.groupby(frame["path"].str.split("/").str[0])["group"].nunique()
        found = float((groups == 1).mean())
        print(f"  {alteration:32} recall {found:.3f}", flush=True)
        yield found


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        files, what = pictures(Path(scratch) / "gallery", 3000)
        root = Path(os.path.commonpath(files))
        print(what)
        originals = manifest_of([Work(path) for path in files], root=root, source="originals")
        near = pairs(with_groups(originals))
        found = {frozenset((row.path_a, row.path_b)) for row in near.itertuples()}
        known = within(originals, 4)
        print(f"{len(near):,} pairs among them are near-duplicates")
        print(f"of {len(known):,} pairs within 4 bits of pHash {len(known & found):,} are found")
        folder = Path(scratch) / "copies"
        folder.mkdir()
        measure(copies(originals, folder))


def within(manifest: Manifest, bits: int) -> set[frozenset[str]]:
    """Every pair of works whose hashes differ by so many bits at most."""
    paths = manifest.frame["path"].tolist()
    hashes = np.array([int(text, 16) for text in manifest.frame["phash"]], np.uint64)
    found = set()
    for place, value in enumerate(hashes):
        near = np.flatnonzero(np.bitwise_count(hashes[place + 1 :] ^ value) <= bits) + place + 1
        found |= {frozenset((paths[place], paths[other])) for other in near}
    return found


if __name__ == "__main__":
    main()
