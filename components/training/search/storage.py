"""The database that searches are kept in: SQLite for one machine, PostgreSQL for several."""

from __future__ import annotations

import sqlite3
import warnings
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import optuna
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from components.addresses import with_driver
from components.errors import ServiceError, SettingsError
from components.failures import in_one_line
from components.storage import key_of, locks

HEARTBEAT_SECONDS = 20
"""How often a trial at work says so."""
SILENT_SECONDS = 180
"""A trial of another machine that was silent for so long is lost; of this one, the process is looked for."""
_CONNECT_OPTIONS: dict[str, Any] = {"connect_args": {"connect_timeout": 10}}
"""A PostgreSQL that does not answer within these seconds is not there."""


@dataclass(frozen=True)
class Database:
    """Where trials are kept, and a lock that all who work on them share.

    Optuna alone would hand the same waiting trial to two processes: SQLite knows no row locks.
    """

    url: URL

    @classmethod
    def at(cls, address: str) -> Self:
        """The database at "sqlite:///file" or "postgresql://user@host/name".

        Raises:
            SettingsError: it is of neither kind, or its driver is not installed.
        """
        try:
            url = make_url(with_driver(address, "psycopg"))
            url.get_dialect().import_dbapi()
        except (ArgumentError, NoSuchModuleError, ImportError) as exc:
            raise SettingsError(
                f"{address}: searches cannot be kept there ({in_one_line(exc)}). {_HINT}"
            ) from exc
        if url.get_backend_name() not in {"sqlite", "postgresql"} or not url.database:
            raise SettingsError(f"{address}: searches cannot be kept there. {_HINT}")
        return cls(url)

    def __str__(self) -> str:
        """The address without its password."""
        return self.url.render_as_string(hide_password=True)

    def optuna_storage(self) -> optuna.storages.RDBStorage:
        """Optuna's storage; its tables are made if there are none.

        Raises:
            ServiceError: the database does not answer, or is of another Optuna.
        """
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        local = self.url.get_backend_name() == "sqlite"
        options: dict[str, Any] = (
            {"creator": self._connect} if local else {"pool_pre_ping": True, **_CONNECT_OPTIONS}
        )
        try:
            with self.locked("tables"), warnings.catch_warnings():
                warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                storage = optuna.storages.RDBStorage(
                    self.url.render_as_string(hide_password=False),
                    engine_kwargs=options,
                    heartbeat_interval=HEARTBEAT_SECONDS,
                    grace_period=SILENT_SECONDS,
                )
        except (SQLAlchemyError, RuntimeError, optuna.exceptions.OptunaError) as exc:
            raise ServiceError(f"{self}: searches cannot be kept there: {in_one_line(exc)}. {_HINT}") from exc
        weakref.finalize(storage, storage.engine.dispose)  # Optuna leaves its connections open
        return storage

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Within the block no other process, on whichever machine, is in the block of that name.

        The lock goes with its process, however that ends.

        Raises:
            ServiceError: another process holds it for too long, or the database does not answer.
        """
        if self.url.get_backend_name() == "sqlite":
            file = Path(str(self.url.database))
            with locks.locked(file.with_name(f"{file.name}.lock")):
                yield
        else:
            with self._advisory_lock(int(key_of("search", name), 16) >> 1):
                yield

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(str(self.url.database), timeout=60, check_same_thread=False)
        # A trial writes some twenty times: 9 ms each where every write waits for the disk, under 1 ms so.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    @contextmanager
    def _advisory_lock(self, number: int) -> Iterator[None]:
        engine = create_engine(self.url, poolclass=NullPool, isolation_level="AUTOCOMMIT", **_CONNECT_OPTIONS)
        try:
            connection = engine.connect()
            connection.execute(text(f"SET lock_timeout = '{locks.LOCK_SECONDS:.0f}s'"))
            connection.execute(text("SELECT pg_advisory_lock(:number)"), {"number": number})
        except SQLAlchemyError as exc:
            raise ServiceError(f"{self}: the database does not answer: {in_one_line(exc)}. {_HINT}") from exc
        try:
            yield
        finally:
            connection.close()  # and the lock with it


_HINT = (
    "Set ATELIER_SEARCH_STORAGE to sqlite:///FILE (one machine) or postgresql://USER:PASSWORD@HOST/DATABASE "
    "(several; needs the extra `postgresql`), or leave it empty for SQLite below ATELIER_HOME."
)
