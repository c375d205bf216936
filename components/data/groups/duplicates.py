"""Pictures of one work, tied together: copies of a file, and near-duplicates that no hash of bytes sees.

Two pictures are compared by the low frequencies of their thumbnails (a discrete cosine transform, as in
perceptual hashing: Zauner 2010), each weighed so that coarse and fine count alike, and kept as numbers
where a hash keeps signs. A mirror image only changes signs; crops are met by comparing one picture whole
with many windows of the other; borders were taken off when the picture was looked at (`looks`).
`python -m tests.benchmarks.near_duplicates` measures recall and precision.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from components.data.groups import components
from components.data.groups.components import Places
from components.data.images.reader import read_rgb
from components.data.images.stats import SIDE, cosines
from components.data.manifest import Manifest
from components.errors import ImageError
from components.progress import steps

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float32]

SIMILAR = 0.75
"""Cosine of two descriptors from which on two pictures count as one work. Of the 12 least alike of the 314
pairs this finds in Best Artworks (.75 to .76), three or four show different works, by eye.
"""

_CANDIDATE = 0.58
"""The same of the whole pictures' coarse descriptors, without windows: worth a closer look."""
_COARSE, _FINE = 8, 12
"""Frequencies a side."""
_CUTS = ((0.0, 1.0), (0.05, 0.95), (0.0, 0.93), (0.07, 1.0), (0.0, 0.9), (0.1, 1.0))
"""What a crop may leave of a side."""
_WINDOWS = (*product(range(4), range(4)), (0, 4), (0, 5), (4, 0), (5, 0))
"""Height's and width's cut of each window, the whole picture first; a tenth is cut off one side only."""
_AT_ONCE = 8192
_FLAT = 8
"""Grey levels."""
_ROWS, _COLUMNS, _PAIRS = 512, 1024, 1024
"""How much is held at once: a tile of the table of all pairs (2 MiB: it stays in a core's cache, which
halves the time), and pairs looked at closely."""


def with_groups(manifest: Manifest) -> Manifest:
    """Fill `group`: works tied by equal bytes or near-duplicates, over any number of steps, share one.

    A group's name is the smallest SHA-256 in it, so it can change when a collection grows.
    """
    frame = manifest.frame
    groups = components.named(frame["sha256"], [components.equal(frame["sha256"]), _near(frame)])
    works = len(frame) - len(set(groups))
    return manifest.derived(
        frame.assign(group=groups), f"group near-duplicates: {works} more than one a work"
    )


def seen_before(works: Manifest, learnt: Manifest) -> NDArray[np.bool_]:
    """Which works are a copy or a near-duplicate of one of another collection, directly or over others.

    Args:
        works: N of them, as they were ingested.
        learnt: of the other collection, such as those that a network has learnt.

    Returns:
        (N,), in row order.
    """
    import pandas as pd

    columns = ["sha256", "thumbnail"]
    both = pd.concat([learnt.frame[columns], works.frame[columns]], ignore_index=True)
    groups = components.named(both["sha256"], [components.equal(both["sha256"]), _near(both)])
    learnt_groups = set(groups[: len(learnt)])
    return np.array([group in learnt_groups for group in groups[len(learnt) :]], dtype=bool)


def pairs(manifest: Manifest) -> pd.DataFrame:
    """Every pair inside a group that is a copy or a near-duplicate, the most alike first.

    Columns: path_a, path_b; kind "bytes" (equal files), "pixels" (equal once decoded) or "near";
    similarity 0..1; mirrored.
    """
    import pandas as pd

    frame = manifest.frame
    groups = [list(rows) for rows in frame.groupby("group").indices.values() if len(rows) > 1]
    both = np.array([pair for rows in groups for pair in combinations(rows, 2)], np.intp).reshape(-1, 2)
    similarity, mirrored = _similarity(_thumbnails(frame), both[:, 0], both[:, 1])
    rows = []
    for (a, b), alike, turned in zip(both, similarity, mirrored, strict=True):
        same = frame["sha256"].iloc[a] == frame["sha256"].iloc[b]
        if same or alike >= SIMILAR:
            kind = "bytes" if same else "pixels" if _same_pixels(manifest, a, b) else "near"
            paths = (frame["path"].iloc[a], frame["path"].iloc[b])
            rows.append((*paths, kind, 1.0 if kind != "near" else min(float(alike), 1.0), bool(turned)))
    table = pd.DataFrame(rows, columns=["path_a", "path_b", "kind", "similarity", "mirrored"])
    return table.sort_values(["similarity", "path_a"], ascending=[False, True], ignore_index=True)


def _near(frame: pd.DataFrame) -> tuple[Places, Places]:
    """Row numbers of near-duplicates, pair by pair; of equal thumbnails the first row stands for all.

    Flat thumbnails say nothing: such pictures are tied by their bytes alone.
    """
    known = np.flatnonzero(np.ptp(_thumbnails(frame), axis=(1, 2)) > _FLAT)
    first, every = components.equal(frame["thumbnail"].iloc[known])
    equal = (known[first], known[every])
    firsts = np.unique(first)
    thumbnails = _thumbnails(frame.iloc[known[firsts]])
    ties = [equal]
    for first, second in _candidates(thumbnails):
        alike, _ = _similarity(thumbnails, first, second)
        kept = alike >= SIMILAR
        ties.append((known[firsts[first[kept]]], known[firsts[second[kept]]]))
    return np.concatenate([a for a, _ in ties]), np.concatenate([b for _, b in ties])


def _thumbnails(frame: pd.DataFrame) -> NDArray[np.uint8]:
    """(N, 32, 32); black where there is none."""
    whole = (
        bytes(pixels) if len(pixels) == SIDE * SIDE else bytes(SIDE * SIDE) for pixels in frame["thumbnail"]
    )
    return np.frombuffer(b"".join(whole), np.uint8).reshape(-1, SIDE, SIDE)


def _candidates(thumbnails: NDArray[np.uint8]) -> Iterator[tuple[Places, Places]]:
    """Pairs of places whose whole pictures are roughly alike, first before second, in the order of firsts."""
    whole = cosines(_COARSE, SIDE)
    coarse = np.concatenate(
        [
            _normal(np.einsum("ui,nij,vj->nuv", whole, part.astype(np.float32), whole, optimize=True))
            for part in np.array_split(thumbnails, max(1, len(thumbnails) // _AT_ONCE))
        ]
    )
    mirrored = _mirrored(coarse, _COARSE)
    with steps("Looking for duplicates", len(coarse)) as advance:
        for top in range(0, len(coarse), _ROWS):
            rows, candidates = slice(top, top + _ROWS), []
            for left in range(top, len(coarse), _COLUMNS):
                across = coarse[left : left + _COLUMNS].T
                alike = np.maximum(coarse[rows] @ across, mirrored[rows] @ across)
                first, second = np.divmod(np.flatnonzero(alike > _CANDIDATE), alike.shape[1])
                later = first + top < second + left
                candidates.append(np.stack([first[later] + top, second[later] + left]))
            first, second = np.concatenate(candidates, axis=1)
            order = np.argsort(first, kind="stable")
            yield first[order], second[order]
            advance(min(_ROWS, len(coarse) - top))


def _similarity(
    thumbnails: NDArray[np.uint8], first: Places, second: Places
) -> tuple[Floats, NDArray[np.bool_]]:
    """How alike each pair is, by the best window, and whether one is the other's mirror image."""
    best, turned = np.zeros(len(first), np.float32), np.zeros(len(first), bool)
    for start in range(0, len(first), _PAIRS):
        part = slice(start, start + _PAIRS)
        a, b = _windows_of(thumbnails, first[part]), _windows_of(thumbnails, second[part])
        upright = np.maximum(_best(a[:, 0], b), _best(b[:, 0], a))
        flipped = np.maximum(_best(_mirrored(a[:, 0], _FINE), b), _best(_mirrored(b[:, 0], _FINE), a))
        best[part], turned[part] = np.maximum(upright, flipped), flipped > upright
    return best, turned


def _best(whole: Floats, windows: Floats) -> Floats:
    """(N, D) whole pictures against (N, W, D) windows of others: the highest cosine, (N,)."""
    highest: Floats = np.matmul(windows, whole[:, :, None])[:, :, 0].max(axis=1)
    return highest


def _windows_of(thumbnails: NDArray[np.uint8], places: Places) -> Floats:
    """(P, 20, 144): the descriptor of every window of the pictures in these places, each computed once."""
    different, place = np.unique(places, return_inverse=True)
    cuts = np.concatenate([cosines(_FINE, SIDE) @ _cut(*cut) for cut in _CUTS])
    both = cuts @ thumbnails[different].astype(np.float32) @ cuts.T
    parted = both.reshape(-1, len(_CUTS), _FINE, len(_CUTS), _FINE)
    height, width = np.array(_WINDOWS).T
    # Advanced indices apart from each other: the windows come first.
    windows = parted[:, height, :, width].transpose(1, 0, 2, 3)
    return _normal(windows)[place]


def _cut(start: float, end: float) -> Floats:
    """(32, 32): resamples a side to what lies between two shares of it, by linear interpolation."""
    places = (start + (end - start) * (np.arange(SIDE) + 0.5) / SIDE) * SIDE - 0.5
    places = places.clip(0, SIDE - 1)
    distance = np.abs(places[:, None] - np.arange(SIDE)[None, :])
    return (1 - distance).clip(0).astype(np.float32)


def _normal(frequencies: Floats) -> Floats:
    """(..., F, F) → (..., F x F) of length 1: no mean, fine ones raised, strong ones bounded."""
    count = frequencies.shape[-1]
    radius = np.hypot(*np.mgrid[:count, :count]).astype(np.float32)
    weighed = np.sqrt(np.abs(frequencies) * np.sqrt(radius))
    signed = np.copysign(weighed, frequencies).reshape(*frequencies.shape[:-2], count * count)
    length = np.linalg.norm(signed, axis=-1, keepdims=True)
    normal: Floats = signed / np.maximum(length, 1e-6)
    return normal


def _mirrored(descriptors: Floats, count: int) -> Floats:
    """Of the pictures' mirror images: odd horizontal frequencies change their sign."""
    signs = np.where(np.arange(count) % 2, -1, 1).astype(np.float32)
    return descriptors * np.tile(signs, count)


def _same_pixels(manifest: Manifest, a: int, b: int) -> bool:
    """Whether two files hold the same picture, decoded; asked only of those that may."""
    first, second = manifest.frame.iloc[a], manifest.frame.iloc[b]
    if (first["width"], first["height"]) != (second["width"], second["height"]):
        return False
    if first["thumbnail"] != second["thumbnail"]:
        return False
    try:
        pixels, others = (np.asarray(read_rgb(manifest.root / row["path"])) for row in (first, second))
    except ImageError:
        return False
    return np.array_equal(pixels, others)
