"""Labels put right by a person: a table of paths and labels, laid over the collection.

    path,label
    resized/Pablo_Picasso_12.jpg,Cubism
    resized/Albrecht_Durer_7.jpg,

An empty label leaves the work out. Copies of a file (the same bytes) are put right with it. Further
columns (who, when, why) are for people.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from components.data.manifest import Manifest, Rejected, Task
from components.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("path", "label")
LINE = "corrected by"
KIND = "left out by hand"
_SHOWN = 5


def corrected(manifest: Manifest, table: Path, task: Task | None = None) -> Manifest:
    """The collection with the table's labels, and without the works it leaves out.

    Args:
        manifest: a collection.
        table: a UTF-8 CSV file with the columns path (as in the manifest) and label.
        task: the column that is put right: before `select`; `label` itself when None: after it.

    Raises:
        DataError: the table cannot be read, lacks a column, gives a path or two copies of a file two
            labels, or names a path or a label that the collection does not have (some are listed).
    """
    column = task.value if task else "label"
    labels = _read(table)
    frame = manifest.frame
    known = set(frame["path"])
    _refuse(table, "path", [path for path in labels if path not in known], sorted(known))
    there = sorted(set(frame[column]) - {""})
    _refuse(table, "label", sorted(set(labels.values()) - {"", *there}), there)
    chosen = frame["sha256"].map(_by_content(table, labels, frame))
    out = chosen == ""
    reason = f"its label is empty in {table.name}, a person's corrections"
    rejected = [Rejected(path, reason, KIND) for path in frame.loc[out, "path"]]
    put_right = frame.assign(**{column: chosen.fillna(frame[column])})[~out]
    return manifest.derived(put_right, f"labels of {column} {LINE} {table.name}", rejected)


def _read(table: Path) -> dict[str, str]:
    """Label by path."""
    try:
        with table.expanduser().open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            rows.fieldnames = found = [name.strip().lower() for name in rows.fieldnames or []]
            missing = [name for name in COLUMNS if name not in found]
            if missing:
                raise DataError(f"{table}: the column(s) {missing} are missing; found {found}.")
            pairs = [((row["path"] or "").strip(), (row["label"] or "").strip()) for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise DataError(
            f"{table}: not a readable UTF-8 table ({exc}). Columns expected: {', '.join(COLUMNS)}."
        ) from exc
    labels: dict[str, str] = {}
    for path, label in pairs:
        if path and labels.setdefault(path, label) != label:
            raise DataError(f"{table}: {path} has two labels, {labels[path]!r} and {label!r}; keep one row.")
    return labels


def _by_content(table: Path, labels: dict[str, str], frame: pd.DataFrame) -> dict[str, str]:
    """Label by SHA-256."""
    contents = dict(zip(frame["path"], frame["sha256"], strict=True))
    chosen: dict[str, str] = {}
    for path, label in labels.items():
        if chosen.setdefault(contents[path], label) != label:
            raise DataError(
                f"{table}: {path} is the same file as another that is given {chosen[contents[path]]!r}, "
                f"but is itself given {label!r}; give both one label."
            )
    return chosen


def _refuse(table: Path, what: str, unknown: list[str], there: list[str]) -> None:
    if unknown:
        more = f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
        some = ", ".join(there[:_SHOWN]) + (", ..." if len(there) > _SHOWN else "")
        raise DataError(
            f"{table}: the collection has no {what} {', '.join(map(repr, unknown[:_SHOWN]))}{more}; "
            f"expected one of its own, as in {some or 'none'}."
        )
