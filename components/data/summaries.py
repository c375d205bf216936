"""Small tables that say of classes, groups, parts and files what a row of the manifest cannot.

Each has a column that names its rows (see NAMED_BY); `tells` says of a row what may be wrong with it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from components.data.manifest import COLUMNS, Manifest, Split

if TYPE_CHECKING:
    import pandas as pd

WHOLE_NUMBERS = ("width", "height")
FRACTIONS = ("brightness", "contrast", "sharpness")
BYTES = ("thumbnail",)


def rows(manifest: Manifest) -> pd.DataFrame:
    """The manifest's rows without the thumbnails, which nobody checks by value."""
    return manifest.frame.drop(columns=list(BYTES))


def columns(manifest: Manifest) -> pd.DataFrame:
    """A row a column: how many of its values are of another type than they should be, or missing."""
    import pandas as pd

    table = [(name, _expected_type(name), _of_another_type(manifest.frame[name], name)) for name in COLUMNS]
    frame = pd.DataFrame(table, columns=["column", "type", "of another type"])
    notes = [f"{wrong:,} not {kind}" for _, kind, wrong in table]
    return frame.assign(tells=notes)


def classes(manifest: Manifest) -> pd.DataFrame:
    """A row a class: its works, and how it compares with the largest and between the parts.

    `astray` counts works beyond what rounding and small classes explain: more than 2, or 5 % of the
    class, away from sharing the class out as the whole collection is. `artists` counts the known ones,
    missing where none is; `spellings` the labels that read the same.
    """
    import pandas as pd

    counts = works_by_part(manifest)
    works = counts.sum(axis=1)
    shares = counts.sum() / max(int(works.sum()), 1)
    stray = pd.DataFrame({part: (counts[part] - works * shares[part]).abs() for part in counts.columns})
    single = manifest.a_row_a_label()
    known = single[single["artist"] != ""]
    plain = pd.Series([_plain(str(label)) for label in counts.index], index=counts.index, dtype=object)
    table = pd.DataFrame(
        {
            "works": works,
            "times smaller": (works.max() / works).round(1),
            "fewest in a part": counts.min(axis=1),
            "astray": (stray.max(axis=1) - (works * 0.05).clip(lower=2)).clip(lower=0).round(1),
            "artists": known.groupby("label")["artist"].nunique().reindex(counts.index),
            "spellings": plain.map(plain.value_counts()).astype(float),
        }
    )
    return table.rename_axis("class").reset_index()


def works_by_part(manifest: Manifest) -> pd.DataFrame:
    """Works by label (index) and part (columns; "" before the split), labels known only.

    A work of several labels counts for each.
    """
    import pandas as pd

    frame = manifest.a_row_a_label()
    return pd.crosstab(frame["label"], frame["split"])


def groups(manifest: Manifest) -> pd.DataFrame:
    """A row a group: in how many parts it stands, under how many labels, and one of its works.

    Labels of a group of one picture's copies are counted in `contents` alone.
    """
    table = _gathered(manifest, "group", works=("sha256", "nunique"))
    return table.assign(labels=table["labels"].where(table["works"] > 1, 1))


def contents(manifest: Manifest) -> pd.DataFrame:
    """A row a picture (the same bytes): in how many parts, under how many labels, and one of its works."""
    return _gathered(manifest, "sha256", works=("path", "size"))


def artists(manifest: Manifest) -> pd.DataFrame:
    """A row a known artist: works, known movements, and parts."""
    frame = manifest.frame[manifest.frame["artist"] != ""]
    frame = frame.assign(style=frame["style"].where(frame["style"] != ""))
    grouped = frame.groupby("artist")
    return grouped.agg(
        works=("path", "size"), movements=("style", "nunique"), parts=("split", "nunique")
    ).reset_index()


def parts(manifest: Manifest) -> pd.DataFrame:
    """A row a part that has works.

    `label distance` is the total variation distance between its labels and the whole's, in percent,
    less what rounding to whole works explains. `known hands` is the percentage of its works, of those
    whose artist is known, by artists who also have works in training; missing for training itself.
    """
    import pandas as pd

    counts = works_by_part(manifest)
    whole = counts.sum(axis=1) / max(int(counts.to_numpy().sum()), 1)
    trained = set(manifest.part(Split.TRAIN).frame["artist"]) - {""}
    table: list[dict[str, Any]] = []
    for part in [part for part in Split if part in counts.columns]:
        works = int(counts[part].sum())
        distance = float((counts[part] / works - whole).abs().sum()) / 2 - len(counts) / (4 * works)
        known = manifest.part(part).frame["artist"]
        known = known[known != ""]
        hands = 100 * float(known.isin(trained).mean()) if part != Split.TRAIN and len(known) else None
        note = "" if hands is None else f"{hands:.0f} % of its works by artists also in training"
        table.append(
            {
                "part": part.value,
                "works": works,
                "label distance": round(100 * max(distance, 0.0), 2),
                "known hands": hands,
                "tells": note,
            }
        )
    frame = pd.DataFrame(table, columns=["part", "works", "label distance", "known hands", "tells"])
    return frame.astype({"label distance": float, "known hands": float})


def kinds(manifest: Manifest) -> pd.DataFrame:
    """A row a reason that files were left out for: how many, and their percentage."""
    import pandas as pd

    counts = pd.Series([rejection.kind for rejection in manifest.rejected], dtype=object).value_counts()
    percent = (100 * counts / _files(manifest)).astype(float).round(2)
    notes = [f"{count:,} files, {share:g} %" for count, share in zip(counts, percent, strict=True)]
    table = {"kind": list(counts.index), "files": list(counts), "percent": list(percent), "tells": notes}
    return pd.DataFrame(table).astype({"percent": float})


def collection(manifest: Manifest) -> pd.DataFrame:
    """One row of percentages: files left out, contradictions, copies, labels known, parts' shares."""
    import pandas as pd

    frame = manifest.frame
    labels = frame.groupby("sha256")["label"].transform("nunique")
    row: dict[str, object] = {
        "source": manifest.source,
        "left out": round(100 * len(manifest.rejected) / _files(manifest), 2),
        "contradictory": _percent(labels > 1),
        "copies": _percent(frame.duplicated("group")),
    }
    row |= {f"{name} known": _percent(frame[name] != "") for name in ("artist", "style", "genre")}
    row |= {part.value: _percent(frame["split"] == part) for part in Split}
    return pd.DataFrame([row])


def whole(manifest: Manifest) -> pd.DataFrame:
    """One row of counts: works, classes, artists, styles, genres; and whether it was drawn by code."""
    import pandas as pd

    frame = manifest.frame
    row: dict[str, object] = {"source": manifest.source, "works": len(frame)}
    for name, column in (("artists", "artist"), ("styles", "style"), ("genres", "genre")):
        row[name] = len(set(frame[column]) - {""})
    row["classes"] = len(manifest.class_names)
    return pd.DataFrame([row | {"synthetic": "yes" if manifest.synthetic else "no"}])


TABLES: dict[str, Callable[[Manifest], pd.DataFrame]] = {
    "rows": rows,
    "columns": columns,
    "classes": classes,
    "groups": groups,
    "contents": contents,
    "artists": artists,
    "parts": parts,
    "kinds": kinds,
    "collection": collection,
    "whole": whole,
}
NAMED_BY = {"classes": "class", "columns": "column", "artists": "artist", "parts": "part", "kinds": "kind"}
"""The column that names a table's rows where it is not `path`; the tables of one row need none."""
ONE_ROW = {"collection": " %", "whole": "", "changes": " %"}
"""Tables of one row, and the unit of what stands in them."""


def _gathered(manifest: Manifest, key: str, works: tuple[str, str]) -> pd.DataFrame:
    """A row a `key`: works, labels, parts, the first path, and what distinguishes its works."""
    grouped = manifest.frame.groupby(key, sort=False)
    table = grouped.agg(
        works=works, labels=("label", "nunique"), parts=("split", "nunique"), path=("path", "first")
    ).reset_index(drop=True)
    return table.assign(tells=_labels_of(manifest, key, table))


def _labels_of(manifest: Manifest, key: str, table: pd.DataFrame) -> pd.Series[Any]:
    """The labels where there are several; looked up for those alone, as they are few."""
    import numpy as np
    import pandas as pd

    several = (table["labels"] > 1).to_numpy()
    notes = np.full(len(table), "", dtype=object)
    if several.any():
        frame = manifest.frame
        keys = frame[key].unique()[several]
        chosen = frame[frame[key].isin(set(keys))].groupby(key, sort=False)["label"]
        notes[several] = [" / ".join(sorted(set(labels))) for _, labels in chosen]
    return pd.Series(notes, dtype=object)


def _files(manifest: Manifest) -> int:
    return max(manifest.files, len(manifest) + len(manifest.rejected), 1)


def _percent(holds: pd.Series[bool]) -> float:
    return round(100 * float(holds.mean()), 2) if len(holds) else 0.0


def _expected_type(name: str) -> str:
    if name in WHOLE_NUMBERS:
        return "a whole number"
    if name in FRACTIONS:
        return "a number"
    return "bytes" if name in BYTES else "text"


def _of_another_type(values: pd.Series[Any], name: str) -> int:
    kind = values.dtype.kind
    if name in WHOLE_NUMBERS and kind in "iu":
        return 0
    if name in FRACTIONS and kind in "iuf":
        return int(values.isna().sum())
    wanted = {"a whole number": int, "a number": (int, float), "bytes": bytes, "text": str}
    return sum(not isinstance(value, wanted[_expected_type(name)]) for value in values)  # type: ignore[arg-type]


def _plain(label: str) -> str:
    """A label without what people write differently: capitals, blanks, hyphens, accents."""
    letters = unicodedata.normalize("NFKD", label).casefold()
    return "".join(letter for letter in letters if letter.isalnum())
