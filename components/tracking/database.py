"""MLflow's database: its tables are made whole and once, and what is wrong with it is told in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from components.addresses import is_http, sqlite_file
from components.failures import in_one_line
from components.storage.locks import locked

if TYPE_CHECKING:
    from sqlalchemy import Engine

ANSWER_SECONDS = 5
"""A PostgreSQL that does not answer within these seconds is not there."""
_LOCK_NUMBER = 0x41_74_65_6C_69_65_72
"""Atelier's advisory lock in PostgreSQL."""


def open_database(uri: str, artifact_root: str) -> None:
    """Make the tables where there are none, with `artifact_root` as the place of MLflow's first experiment.

    MLflow's client by itself would put that experiment below the process's current folder.
    """
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    file = sqlite_file(uri)
    if file is not None:
        _make_schema(file)
    probe(uri)
    with _one_at_a_time(uri):
        SqlAlchemyStore(uri, artifact_root)  # type: ignore[no-untyped-call]


def probe(uri: str) -> None:
    """Open the database once: MLflow would try ten times, for minutes and with a warning each.

    Raises:
        SQLAlchemyError: it does not answer, refuses, or is damaged.
        ModuleNotFoundError: its driver is not installed.
    """
    from sqlalchemy import inspect

    inspect(_engine(uri)).get_table_names()


def _engine(uri: str) -> Engine:
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    options = {"connect_timeout": ANSWER_SECONDS} if uri.startswith("postgresql") else {}
    return create_engine(uri, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=options)


@contextmanager
def _one_at_a_time(uri: str) -> Iterator[None]:
    """On PostgreSQL, let no other process, on whichever machine, make the tables meanwhile."""
    if not uri.startswith("postgresql"):
        yield
        return
    from sqlalchemy import text

    with _engine(uri).connect() as connection:  # the lock goes with the connection
        connection.execute(text("SELECT pg_advisory_lock(:number)"), {"number": _LOCK_NUMBER})
        yield


def _make_schema(database: Path) -> None:
    """Make the database whole under another name: one killed half-way could not be migrated again."""
    from mlflow.store.db import utils

    with locked(database.with_name(f"{database.name}.lock")):
        if database.exists():
            return
        draft = database.with_name(f".{database.name}.part")
        draft.unlink(missing_ok=True)
        engine = utils.create_sqlalchemy_engine(f"sqlite:///{draft}")  # type: ignore[no-untyped-call]
        try:
            utils._initialize_tables(engine)  # type: ignore[no-untyped-call]
        finally:
            engine.dispose()
        draft.rename(database)


def refusal(uri: str, exc: Exception) -> str:
    """Say what is wrong with a tracking address, and how to mend it, in one line for a person."""
    text = in_one_line(exc)
    file = sqlite_file(uri)
    if isinstance(exc, ModuleNotFoundError):
        hint = f"Install its driver {exc.name}; for PostgreSQL: pip install 'atelier-art[postgresql]'"
    elif "out-of-date database schema" in text:
        hint = (
            "It is of an older MLflow: copy it, then bring it up to date with `mlflow db upgrade <address>`"
        )
    elif is_http(uri) or file is None:
        hint = "Correct ATELIER_MLFLOW_TRACKING_URI (the address, the name and the password)"
    elif "not a database" in text or "malformed" in text:
        hint = (
            f"The file {file} is damaged: restore a copy of it, or move it away and the runs begin anew "
            "(their files stay)"
        )
    else:
        hint = f"Check the rights on {file} and its folder, and the room on the disk"
    return f"{uri}: MLflow cannot use it: {text}. {hint}."
