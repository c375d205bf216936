"""A home that was moved or copied: MLflow's database learns where the files of its runs lie now.

MLflow keeps the whole address of every artifact folder. A home records where it stands; opened at another
place, the addresses below the old place are turned into addresses below the new one, all or none.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from components.errors import ServiceError
from components.storage import write_atomically

DATABASE = "mlflow.db"
RECORD = "home.json"
"""Where the home stood when its database was last opened."""

_ADDRESSES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
_ARTIFACTS = "mlartifacts"
_WAIT_SECONDS = 60.0


def relocate(home: Path) -> Path | None:
    """Make the home's own database right for the place where the home stands; the old place, if it moved.

    The old home may still be there (this one is a copy of it); it is left as it is. A home that two paths
    lead to (a container's and its host's) is right for the one that opened it last.

    Args:
        home: absolute; without a database in it, only the place is recorded.

    Raises:
        ServiceError: the database or the record cannot be written.
    """
    before = _recorded(home)
    if before == home:
        return None
    try:
        if before is None:
            before = _inferred(home)
        if before is not None and (home / DATABASE).is_file():
            _rewrite(home / DATABASE, before, home)
        write_atomically(home / RECORD, json.dumps({"home": str(home)}, ensure_ascii=False))
    except (sqlite3.Error, OSError) as exc:
        raise ServiceError(
            f"{home / DATABASE}: this home stood at {before or 'an unknown place'} before, and the addresses "
            f"of its runs' files cannot be corrected ({exc}). End what else has the database open, and check "
            "the rights on the folder and the room on the disk."
        ) from exc
    return before


def _recorded(home: Path) -> Path | None:
    try:
        return Path(json.loads((home / RECORD).read_text(encoding="utf-8"))["home"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _inferred(home: Path) -> Path | None:
    """Where a home without a record stood: the place that its database names for files that lie here."""
    if not (home / DATABASE).is_file():
        return None
    with closing(sqlite3.connect(home / DATABASE, timeout=_WAIT_SECONDS)) as database:
        if not _has(database, "experiments", "artifact_location"):
            return None
        addresses = [row[0] or "" for row in database.execute("SELECT artifact_location FROM experiments")]
    for address in addresses:
        parts = urlsplit(address)
        folder = Path(url2pathname(parts.path))
        old = folder.parent.parent
        is_ours = parts.scheme == "file" and folder.parent.name == _ARTIFACTS
        if is_ours and old != home and (home / _ARTIFACTS / folder.name).is_dir():
            return old
    return None


def _rewrite(file: Path, old: Path, new: Path) -> None:
    """Replace the beginning of every address below `old`, in one transaction."""
    beginnings = [(old.as_uri(), new.as_uri()), (str(old), str(new))]
    with closing(sqlite3.connect(file, timeout=_WAIT_SECONDS, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        for table, column in _ADDRESSES:
            if not _has(database, table, column):
                continue  # of another release of MLflow
            for before, after in beginnings:
                database.execute(
                    f"UPDATE {table} SET {column} = ? || substr({column}, ?) "  # noqa: S608 (names of ours)
                    f"WHERE {column} = ? OR substr({column}, 1, ?) = ?",
                    (after, len(before) + 1, before, len(before) + 1, f"{before}/"),
                )
        database.execute("COMMIT")


def _has(database: sqlite3.Connection, table: str, column: str) -> bool:
    columns = database.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall()
    return (column,) in columns
