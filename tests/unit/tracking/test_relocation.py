from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from components.errors import ServiceError
from components.tracking import relocation
from components.tracking.relocation import DATABASE, RECORD, relocate


def _database(home: Path, addresses: list[str | None]) -> None:
    """A database of another MLflow: two of its tables, and only one of them with the column."""
    with closing(sqlite3.connect(home / DATABASE)) as database, database:
        database.execute("CREATE TABLE experiments (artifact_location TEXT)")
        database.execute("CREATE TABLE runs (name TEXT)")
        database.executemany("INSERT INTO experiments VALUES (?)", [(address,) for address in addresses])


def _addresses(home: Path) -> list[str | None]:
    with closing(sqlite3.connect(home / DATABASE)) as database:
        return [row[0] for row in database.execute("SELECT artifact_location FROM experiments")]


def _moved(tmp_path: Path) -> tuple[Path, Path]:
    """A home that recorded its place and was moved since: the old place and the new one."""
    old, new = tmp_path / "old home", tmp_path / "new % home"
    old.mkdir()
    assert relocate(old) is None
    others = [(tmp_path / "old home 2").as_uri(), f"{old.as_uri()}-2/x", "s3://bucket/x", None]
    _database(old, [old.as_uri(), f"{old.as_uri()}/mlartifacts/x", f"{old}/mlartifacts/y", *others])
    old.rename(new)
    return old, new


def test_addresses_below_the_old_place_and_no_others_follow_the_home(tmp_path: Path) -> None:
    old, new = _moved(tmp_path)
    untouched = _addresses(new)[3:]
    assert relocate(new) == old
    assert _addresses(new)[:3] == [new.as_uri(), f"{new.as_uri()}/mlartifacts/x", f"{new}/mlartifacts/y"]
    assert _addresses(new)[3:] == untouched
    assert relocate(new) is None


def test_a_move_that_was_broken_off_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = _moved(tmp_path)
    monkeypatch.setattr(relocation, "_WAIT_SECONDS", 0.1)
    before = _addresses(new)
    with closing(sqlite3.connect(new / DATABASE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ServiceError, match=r"stood at .*old home before.*locked"):
            relocate(new)
    assert _addresses(new) == before
    with monkeypatch.context() as patch:
        patch.setattr(relocation, "write_atomically", _full_disk)
        with pytest.raises(ServiceError, match="No space left"):
            relocate(new)
    assert relocate(new) == old
    assert _addresses(new)[0] == new.as_uri()


def _full_disk(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_home_without_a_record_is_known_by_the_files_that_lie_in_it(tmp_path: Path) -> None:
    old, new = _moved(tmp_path)
    (new / RECORD).unlink()
    assert relocate(new) is None  # nothing in it says where it stood
    assert _addresses(new)[0] == old.as_uri()
    (new / RECORD).unlink()
    (new / "mlartifacts" / "x").mkdir(parents=True)
    assert relocate(new) == old
    assert _addresses(new)[0] == new.as_uri()


def test_a_damaged_record_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / RECORD).write_text("{")
    assert relocate(tmp_path) is None
    assert relocate(tmp_path) is None
