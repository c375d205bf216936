"""Labels put right by a person: a table of paths and labels, laid over the collection.

    path,label
    resized/Pablo_Picasso_12.jpg,Cubism
    resized/Albrecht_Durer_7.jpg,

An empty label leaves the work out. Copies of a file (the same bytes) are put right with it. Further
columns (who, when, why) are not read.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from components.data.class_names import closest_text, resolve_names
from components.data.manifest import Manifest, Rejected, Task
from components.data.sources.tables import read_table
from components.data.spelling import clean_name
from components.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("path", "label")
LINE = "corrected by"
KIND = "left out by hand"
_SHOWN = 5


def apply_corrections(manifest: Manifest, table: Path, task: Task | None = None) -> Manifest:
    """The collection with the table's labels, and without the works it leaves out.

    Args:
        manifest: a collection.
        table: a CSV file with the columns path (as in the manifest) and label; see `sources.tables`.
        task: the column that is put right: before `select`; `label` itself when None: after it.

    Raises:
        DataError: the table cannot be read, lacks a column, gives a path or two copies of a file two
            labels, or names a path or a label that the collection does not have (some are listed).
    """
    column = task.value if task else "label"
    frame = manifest.frame
    labels = _known_labels(table, _known_paths(table, _read(table), list(frame["path"])), frame[column])
    corrected = frame["sha256"].map(_by_content(table, labels, frame))
    out = corrected == ""
    reason = f"its label is empty in {table.name}, a person's corrections"
    rejected = [Rejected(path, reason, KIND) for path in frame.loc[out, "path"]]
    put_right = frame.assign(**{column: corrected.fillna(frame[column])})[~out]
    return manifest.derived(put_right, f"labels of {column} {LINE} {table.name}", rejected)


def _read(table: Path) -> dict[str, str]:
    """Label by path, as they are written."""
    rows = read_table(table.expanduser(), COLUMNS, missing=f"columns expected: {', '.join(COLUMNS)}")
    labels: dict[str, str] = {}
    for row in rows:
        path, label = row["path"].strip(), clean_name(row["label"])
        if path and labels.setdefault(path, label) != label:
            raise DataError(f"{table}: {path} has two labels, {labels[path]!r} and {label!r}; keep one row.")
    return labels


def _known_paths(table: Path, labels: dict[str, str], known: list[str]) -> dict[str, str]:
    """Label by the collection's own path: programs compose accents anew, and some write backslashes."""
    by_name = {_plain_path(path): path for path in known} | {path: path for path in known}
    names = {path: by_name.get(path) or by_name.get(_plain_path(path), path) for path in labels}
    own = set(known)
    _refuse(table, "path", [path for path, name in names.items() if name not in own], sorted(known))
    return {names[path]: label for path, label in labels.items()}


def _known_labels(table: Path, labels: dict[str, str], column: pd.Series[str]) -> dict[str, str]:
    """Label by path, each label as the collection spells it."""
    counts = Counter(label for label in column if label)
    spelt = {path: "".join(resolve_names([label], counts, "+")) for path, label in labels.items()}
    unknown = sorted(set(spelt.values()) - {"", *counts})
    closest = f" ({closest_text(unknown, counts)})" if unknown else ""
    _refuse(table, "label", unknown, sorted(counts), closest)
    return spelt


def _plain_path(path: str) -> str:
    return unicodedata.normalize("NFC", path.replace("\\", "/"))


def _by_content(table: Path, labels: dict[str, str], frame: pd.DataFrame) -> dict[str, str]:
    """Label by SHA-256."""
    contents = dict(zip(frame["path"], frame["sha256"], strict=True))
    by_content: dict[str, str] = {}
    for path, label in labels.items():
        if by_content.setdefault(contents[path], label) != label:
            raise DataError(
                f"{table}: {path} is the same file as another that is given {by_content[contents[path]]!r}, "
                f"but is itself given {label!r}; give both one label."
            )
    return by_content


def _refuse(table: Path, what: str, unknown: list[str], known: list[str], closest: str = "") -> None:
    if unknown:
        more = f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
        some = ", ".join(known[:_SHOWN]) + (", ..." if len(known) > _SHOWN else "")
        raise DataError(
            f"{table}: the collection has no {what} {', '.join(map(repr, unknown[:_SHOWN]))}{more}{closest}; "
            f"expected one of its own, as in {some or 'none'}."
        )
