"""How a data version differs from the one before: works gone, relabelled, moved; labels, image statistics.

Works are known again by their bytes (SHA-256), so a file that was renamed is the same work, and one that
was saved anew is another. Distances are between the two versions as wholes:

- labels: total variation distance, the share of works that would have to bear another label;
- brightness, contrast, sharpness, shape (width over height) and size (pixels): the two-sample
  Kolmogorov-Smirnov statistic, the largest difference of the cumulative distributions (0 to 1).

Small samples differ by chance: the Kolmogorov-Smirnov distance that 1 in 1,000 pairs of samples of one
distribution exceeds (Smirnov 1948, doi:10.1214/aoms/1177730256) is allowed where it is larger than ALLOWED.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from components.data.manifest import Manifest, Split

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

ALLOWED = 0.10
"""Of either distance, between versions of a collection that is thought to be the same."""
_ONE_IN_A_THOUSAND = 1.95


def split_alike(previous: Manifest, manifest: Manifest) -> bool:
    """Whether both were split, and by the same steps (protocol and seed), so that works have to stay."""
    splits = [
        [step for step in version.lineage if step.startswith("split ")][-1:]
        for version in (previous, manifest)
    ]
    return bool((previous.frame["split"] != "").any()) and splits[0] == splits[1]


def kept(previous: Manifest, manifest: Manifest) -> pd.DataFrame:
    """One row for each work of this version that the previous version had too.

    `relabelled`, `moved` (another part) and `leaked` (test before, training now) are 0 or 1.
    """
    columns = ["sha256", "label", "split"]
    before = previous.frame[columns].drop_duplicates("sha256")
    both = manifest.frame[["path", *columns]].merge(before, on="sha256", suffixes=("", " before"))
    moved = (both["split"] != both["split before"]) & (both["split"] != "") & (both["split before"] != "")
    leaked = (both["split before"] == Split.TEST) & (both["split"] == Split.TRAIN)
    relabelled = both["label"] != both["label before"]
    texts = ["" for _ in range(len(both))]
    for place in np.flatnonzero((moved | relabelled).to_numpy()):
        row = both.iloc[place]
        changed = [(row["label before"], row["label"])] if relabelled.iloc[place] else []
        changed += [(row["split before"], row["split"])] if moved.iloc[place] else []
        texts[place] = ", ".join(f"{old} → {new}" for old, new in changed)
    return both[["path"]].assign(
        relabelled=relabelled.astype(int), moved=moved.astype(int), leaked=leaked.astype(int), tells=texts
    )


def changes(previous: Manifest, manifest: Manifest) -> pd.DataFrame:
    """One row of percentages: works gone (of the previous version), and works new (of this one)."""
    import pandas as pd

    before, now = set(previous.frame["sha256"]), set(manifest.frame["sha256"])
    row = {
        "source": manifest.source,
        "gone": round(100 * len(before - now) / max(len(before), 1), 2),
        "new": round(100 * len(now - before) / max(len(now), 1), 2),
    }
    return pd.DataFrame([row])


def classes_before(previous: Manifest, manifest: Manifest) -> pd.DataFrame:
    """One row for each class of either version: works before and now; `on one side`: 0 or 1."""
    import pandas as pd

    counts = [version.a_row_a_label()["label"].value_counts() for version in (previous, manifest)]
    table = pd.DataFrame({"before": counts[0], "now": counts[1]}).fillna(0).astype(int)
    one_sided = (table == 0).any(axis=1).astype(int)
    texts = [f"{before:,} → {now:,} works" for before, now in zip(table["before"], table["now"], strict=True)]
    table["on one side"], table["tells"] = one_sided, texts
    return table.rename_axis("class").reset_index()


def drift(previous: Manifest, manifest: Manifest) -> pd.DataFrame:
    """One row for each property: before and now, the distance, what is allowed, and how far it is beyond."""
    import pandas as pd

    table = [_labels(previous, manifest)]
    for name, (of, middle) in PROPERTIES.items():
        before, now = of(previous.frame), of(manifest.frame)
        distance = ks_distance(before, now)
        table.append(
            {
                "property": name,
                "before": _middle(before, middle),
                "now": _middle(now, middle),
                "measure": "Kolmogorov-Smirnov",
                "distance": distance,
                "allowed": max(ALLOWED, by_chance(len(before), len(now))),
            }
        )
    frame = pd.DataFrame(table)
    beyond = (frame["distance"] - frame["allowed"]).clip(lower=0).round(4)
    texts = [
        f"{row['before']} → {row['now']}; distance {row['distance']:.2f}, at most {row['allowed']:.2f}"
        for row in table
    ]
    return frame.assign(beyond=beyond, tells=texts)


def ks_distance(before: NDArray[np.float64], now: NDArray[np.float64]) -> float:
    """The two-sample Kolmogorov-Smirnov statistic of two lists of numbers; 0 where one is empty."""
    if not len(before) or not len(now):
        return 0.0
    points = np.concatenate([before, now])
    shares = [
        np.searchsorted(np.sort(values), points, side="right") / len(values) for values in (before, now)
    ]
    return float(np.abs(shares[0] - shares[1]).max())


def by_chance(before: int, now: int) -> float:
    """The distance that 1 in 1,000 pairs of samples of that many numbers exceeds."""
    return min(1.0, _ONE_IN_A_THOUSAND * float(np.sqrt((before + now) / max(before * now, 1))))


def _labels(previous: Manifest, manifest: Manifest) -> dict[str, Any]:
    table = classes_before(previous, manifest)
    before, now = (table[name].to_numpy(dtype=float) for name in ("before", "now"))
    shares = before / max(before.sum(), 1), now / max(now.sum(), 1)
    return {
        "property": "labels",
        "before": f"{int((before > 0).sum())} classes, {len(previous):,} works",
        "now": f"{int((now > 0).sum())} classes, {len(manifest):,} works",
        "measure": "total variation",
        "distance": float(np.abs(shares[0] - shares[1]).sum()) / 2,
        "allowed": max(ALLOWED, by_chance(len(previous), len(manifest))),
    }


def _numbers(name: str) -> Callable[[pd.DataFrame], NDArray[np.float64]]:
    return lambda frame: frame[name].to_numpy(dtype=float)


def _shape(frame: pd.DataFrame) -> NDArray[np.float64]:
    shape: NDArray[np.float64] = frame["width"].to_numpy(dtype=float) / np.maximum(
        frame["height"].to_numpy(dtype=float), 1
    )
    return shape


def _size(frame: pd.DataFrame) -> NDArray[np.float64]:
    size: NDArray[np.float64] = frame["width"].to_numpy(dtype=float) * frame["height"].to_numpy(dtype=float)
    return size


def _middle(values: NDArray[np.float64], form: str) -> str:
    return f"median {format(float(np.median(values)), form)}" if len(values) else "none"


PROPERTIES: dict[str, tuple[Callable[[pd.DataFrame], NDArray[np.float64]], str]] = {
    "brightness": (_numbers("brightness"), ".3f"),
    "contrast": (_numbers("contrast"), ".3f"),
    "sharpness": (_numbers("sharpness"), ".3f"),
    "shape": (_shape, ".2f"),
    "size": (_size, ",.0f"),
}
"""A work's properties: how to read them off the rows, and how their median is written."""

TABLES: dict[str, Callable[[Manifest, Manifest], pd.DataFrame]] = {
    "kept": kept,
    "changes": changes,
    "classes before": classes_before,
    "drift": drift,
}
NAMED_BY = {"classes before": "class", "drift": "property"}
