"""Small tables that say of classes, groups and files what a row of the manifest cannot."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from components.data.manifest import Manifest, Split

if TYPE_CHECKING:
    import pandas as pd


def classes(manifest: Manifest) -> pd.DataFrame:
    """A row a class: its works, and how it compares with the largest and between the parts.

    `astray` counts works beyond what rounding and small classes explain: more than 2, or 5 % of the
    class, away from sharing the class out as the whole collection is.
    """
    import pandas as pd

    counts = works_by_part(manifest)
    works = counts.sum(axis=1)
    shares = counts.sum() / max(int(works.sum()), 1)
    stray = pd.DataFrame({part: (counts[part] - works * shares[part]).abs() for part in counts.columns})
    table = pd.DataFrame(
        {
            "works": works,
            "times smaller": (works.max() / works).round(1),
            "fewest in a part": counts.min(axis=1),
            "astray": (stray.max(axis=1) - (works * 0.05).clip(lower=2)).clip(lower=0).round(1),
        }
    )
    return table.rename_axis("class").reset_index()


def works_by_part(manifest: Manifest) -> pd.DataFrame:
    """Works by label (index) and part (columns; "" before the split), labels known only."""
    import pandas as pd

    frame = manifest.frame[manifest.frame["label"] != ""]
    return pd.crosstab(frame["label"], frame["split"])


def groups(manifest: Manifest) -> pd.DataFrame:
    """A row a group: in how many parts it stands, and one of its works."""
    grouped = manifest.frame.groupby("group")
    return grouped.agg(parts=("split", "nunique"), path=("path", "first")).reset_index(drop=True)


def contents(manifest: Manifest) -> pd.DataFrame:
    """A row a picture (the same bytes): under how many labels it stands, and one of its works."""
    grouped = manifest.frame.groupby("sha256")
    return grouped.agg(labels=("label", "nunique"), path=("path", "first")).reset_index(drop=True)


def collection(manifest: Manifest) -> pd.DataFrame:
    """One row of percentages: files left out, contradictory works, each part's share."""
    import pandas as pd

    files = max(manifest.files, len(manifest) + len(manifest.rejected), 1)
    labels = manifest.frame.groupby("sha256")["label"].transform("nunique")
    row: dict[str, object] = {
        "source": manifest.source,
        "left out": round(100 * len(manifest.rejected) / files, 2),
        "contradictory": round(100 * float((labels > 1).mean()), 2),
    }
    row |= {part.value: round(100 * float((manifest.frame["split"] == part).mean()), 2) for part in Split}
    return pd.DataFrame([row])


TABLES: dict[str, Callable[[Manifest], pd.DataFrame]] = {
    "rows": lambda manifest: manifest.frame,
    "classes": classes,
    "groups": groups,
    "contents": contents,
    "collection": collection,
}
