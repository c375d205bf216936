"""Kaggle's *Painter by Numbers* (2016, from WikiArt): one table, 103,250 works, 79,433 of them in train.

    all_data_info.csv       artist, title, style, genre, source, pixelsx, pixelsy, size_bytes, date,
                            artist_group, in_train, new_filename; in any order, others do not matter
    train/N.jpg, test/N.jpg                           (also train_1/ ... train_9/, or beside the table)
    replacements_for_corrupted_files/{train,test}/N.jpg     Kaggle's own repair, if it was fetched

A work is found by `new_filename` wherever it lies; the table's sizes are not trusted, nor its parts: the
platform measures and splits by itself. Styles and genres that are empty stay unknown.
"""

from __future__ import annotations

from pathlib import Path

from components.data.images.scan import Work, manifest_of
from components.data.manifest import Manifest, Rejected, Task
from components.data.sources.names import repair_name
from components.data.sources.tables import read_table
from components.data.sources.walk import walk
from components.data.spelling import clean_name

NAME = "painter-by-numbers"
TABLE = "all_data_info.csv"
NEEDED = ("new_filename", "artist", "style", "genre")

BROKEN = frozenset(
    f"{number}.jpg" for number in (3917, 18649, 20153, 41945, 79499, 91033, 92899, 95347, 100532, 101947)
)
"""Corrupt as they were published: Kaggle replaces them by replacements_for_corrupted_files.zip."""
REPLACEMENTS = "replacements_for_corrupted_files"

_KAGGLE_TABLES = frozenset({TABLE, "train_info.csv", "submission_info.csv", "solution_info.csv"})
_NAMED = 10
"""So many missing files are named; the rest is counted."""

Row = tuple[str, str, str]
"""Artist, style and genre; "" is not known."""


def read(root: Path, _task: Task | None = None) -> Manifest:
    """Every work of the table whose file is here; the collection may be a part of the whole.

    Raises:
        DataError: the table is missing, unreadable or lacks a column, or no picture can be used.
    """
    rows = read_rows(root / TABLE)
    tree = walk(root)
    rejected = list(tree.rejected)
    here: dict[str, Path] = {}
    for path in sorted(tree.files, key=lambda path: (REPLACEMENTS not in path.parts, path)):
        reason = _why_not(path, root, rows, here)
        if reason is None:
            here[path.name] = path
        elif path.name not in _KAGGLE_TABLES:
            rejected.append(Rejected(tree.name_of(path), *reason))
    works = []
    for name, path in here.items():
        artist, style, genre = rows[name] or ("", "", "")
        works.append(Work(path, artist=artist, style=style, genre=genre))
    left_out = {Path(line.path).name for line in rejected}
    missing = [name for name in rows if name not in here and name not in left_out]
    if missing:
        rejected.append(_missing(missing, len(rows)))
    return manifest_of(works, root=root, source=NAME, rejected=rejected)


def read_rows(path: Path) -> dict[str, Row | None]:
    """What the table says of each file name; None where two of its rows disagree.

    Raises:
        DataError: missing or unreadable, or a column is missing (named, with those found).
    """
    rows: dict[str, Row | None] = {}
    for line in read_table(path, NEEDED, missing="Kaggle has it beside train.zip and test.zip"):
        name = clean_name(line["new_filename"])
        artist, style, genre = (repair_name(clean_name(line[column])) for column in NEEDED[1:])
        if name and rows.setdefault(name, (artist, style, genre)) != (artist, style, genre):
            rows[name] = None
    return rows


def _why_not(
    path: Path, root: Path, rows: dict[str, Row | None], here: dict[str, Path]
) -> tuple[str, str] | None:
    """(reason, kind) why this file is no work of the collection."""
    if path.name not in rows:
        return f"{TABLE} does not name it", "unknown"
    if path.name in here:
        return f"a second file of that name; {here[path.name].relative_to(root).as_posix()} is read", "second"
    if path.name in BROKEN and REPLACEMENTS not in path.parts:
        return (
            f"broken as published; unpack {REPLACEMENTS}.zip into {root.name}/{REPLACEMENTS}",
            "known broken",
        )
    if rows[path.name] is None:
        return f"two rows of {TABLE} disagree about it", "ambiguous"
    return None


def _missing(names: list[str], total: int) -> Rejected:
    shown = ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")
    reason = f"{len(names):,} of its {total:,} works have no file here: {shown}"
    return Rejected(TABLE, reason, "missing")
