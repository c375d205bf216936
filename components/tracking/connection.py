"""The way to MLflow: one quiet client a tracking address, its schema made by exactly one process.

Importing MLflow takes four to five seconds and opening its SQLite store three more, so both wait for
the first call of `connect`.
"""

from __future__ import annotations

import logging
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from filelock import FileLock, Timeout

from components.addresses import is_http, sqlite_file, unreachable
from components.errors import ServiceError
from components.settings import Settings
from components.tracking.relocation import DATABASE, relocate

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

ANSWER_SECONDS = 5.0
LOCK_SECONDS = 120.0
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_UV_AUTO_DETECT": "false",  # what a model needs is said, not read from where we stand
}

_opening = Lock()


def connect(settings: Settings) -> MlflowClient:
    """The client of `settings.tracking_uri`; MLflow's own default address stays as it is.

    The first call of a process makes the SQLite file, if there is none yet. Credentials, and the end point
    of S3, are handed over in the variables that MLflow reads them from at each request.

    Raises:
        ServiceError: the server does not answer, or the database is damaged or of another MLflow.
    """
    with _opening:
        user, password = settings.tracking_credentials
        if user or password:
            os.environ.update(MLFLOW_TRACKING_USERNAME=user, MLFLOW_TRACKING_PASSWORD=password)
        if settings.s3_endpoint_url:
            os.environ.setdefault("MLFLOW_S3_ENDPOINT_URL", settings.s3_endpoint_url)
        client = _client(settings.tracking_uri, settings.artifact_root)
        if not settings.mlflow_tracking_uri:
            _own_database(settings.home)
        return client


def check(settings: Settings) -> None:
    """See whether runs can be recorded; nothing is made, also where there is no database yet.

    Raises:
        ServiceError: the server does not answer, or the database cannot be used.
    """
    from sqlalchemy.exc import SQLAlchemyError

    uri = settings.tracking_uri
    if is_http(uri):
        _ask(uri)
        return
    file = sqlite_file(uri)
    if file is None or file.exists():
        try:
            _try_database(uri)
        except (SQLAlchemyError, ModuleNotFoundError) as exc:
            raise ServiceError(_refusal(uri, exc)) from exc


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn MLflow's errors into one that says what was being done.

    Raises:
        ServiceError: MLflow refused, or did not answer.
    """
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as exc:
        raise ServiceError(f"{doing}: MLflow said: {str(exc).rstrip('.')}.") from exc


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Within the block no other process of this machine holds `lock`.

    Raises:
        ServiceError: another one holds it for too long.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    held = FileLock(lock)
    try:
        held.acquire(timeout=LOCK_SECONDS)
    except Timeout as exc:
        raise ServiceError(
            f"{lock}: another process has held this for {LOCK_SECONDS:.0f} s. Wait for it or end it; "
            "the lock goes with the process."
        ) from exc
    try:
        yield
    finally:
        held.release()


def experiment_id(settings: Settings, name: str) -> str:
    """The id of the experiment of that name, made if there is none and restored if it was deleted."""
    from mlflow.exceptions import MlflowException

    client = connect(settings)
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        try:
            return str(client.create_experiment(name, artifact_location=_artifacts(settings, name)))
        except MlflowException:
            experiment = client.get_experiment_by_name(name)  # another process was quicker
            if experiment is None:
                raise
    if experiment.lifecycle_stage != "active":
        client.restore_experiment(experiment.experiment_id)
    return str(experiment.experiment_id)


def local_folder(artifact_uri: str) -> Path | None:
    """The folder of an artifact address on this machine; None for one on a server."""
    parts = urlsplit(artifact_uri)
    if parts.scheme not in {"", "file"}:
        return None
    return Path(url2pathname(parts.path) if parts.scheme else artifact_uri)


def _artifacts(settings: Settings, experiment: str) -> str | None:
    # A server decides itself where artifacts lie, unless the setting says so.
    if is_http(settings.tracking_uri) and not settings.artifacts:
        return None
    folder = re.sub(r"[^a-z0-9]+", "-", experiment.lower()).strip("-") or "experiment"
    return f"{settings.artifact_root}/{folder}"


@cache
def _own_database(home: Path) -> None:
    """Once a process: a home that was moved has its addresses corrected before anybody reads them."""
    with alone(home / f"{DATABASE}.lock"):
        relocate(home)


@cache
def _client(uri: str, artifact_root: str) -> MlflowClient:
    if is_http(uri):
        _ask(uri)
    _quieten()
    from mlflow.exceptions import MlflowException
    from mlflow.tracking import MlflowClient
    from sqlalchemy.exc import SQLAlchemyError

    try:
        if not is_http(uri):
            _open_database(uri, artifact_root)
        client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        client.search_registered_models(max_results=1)  # opens the registry's half of the store, too
    except (MlflowException, SQLAlchemyError, ModuleNotFoundError) as exc:
        raise ServiceError(_refusal(uri, exc)) from exc
    return client


def _refusal(uri: str, exc: Exception) -> str:
    """Say what is wrong with a tracking address, and how to mend it."""
    first_line = str(exc).strip().partition("\n")[0].rstrip(".")
    said = re.sub(r"^\([\w.]+\) ", "", first_line)  # SQLAlchemy's "(sqlite3.DatabaseError) "
    file = sqlite_file(uri)
    if isinstance(exc, ModuleNotFoundError):
        mend = f"Install its driver {exc.name}; for PostgreSQL: pip install 'atelier-art[postgresql]'"
    elif "out-of-date database schema" in said:
        mend = (
            "It is of an older MLflow: copy it, then bring it up to date with `mlflow db upgrade <address>`"
        )
    elif is_http(uri) or file is None:
        mend = "Correct ATELIER_MLFLOW_TRACKING_URI (the address, the name and the password)"
    elif "not a database" in said or "malformed" in said:
        mend = (
            f"The file {file} is damaged: restore a copy of it, or move it away and the runs begin anew "
            "(their files stay)"
        )
    else:
        mend = f"Check the rights on {file} and its folder, and the room on the disk"
    return f"{uri}: MLflow cannot use it: {said}. {mend}."


def _ask(uri: str) -> None:
    """MLflow's client retries for minutes; this says within seconds that nobody is there."""
    reason = unreachable(f"{uri.rstrip('/')}/health", ANSWER_SECONDS)
    if reason:
        raise ServiceError(
            f"{uri}: no MLflow server answers there ({reason}). Start it (`atelier up`), or correct or "
            "unset ATELIER_MLFLOW_TRACKING_URI."
        )


def _quieten() -> None:
    # Before MLflow is imported: it reads these then, and would report its use to its makers.
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", category=FutureWarning, module="mlflow")


def _open_database(uri: str, artifact_root: str) -> None:
    """Make the tables where there are none, with `artifact_root` as the place of MLflow's first experiment.

    MLflow's client alone would put that one below the folder that the process happens to stand in.
    """
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    file = sqlite_file(uri)
    if file is not None:
        _make_schema(file)
    _try_database(uri)
    SqlAlchemyStore(uri, artifact_root)  # type: ignore[no-untyped-call]


def _try_database(uri: str) -> None:
    """MLflow tries ten times, for minutes and with a warning each; this fails at once."""
    from sqlalchemy import create_engine, inspect
    from sqlalchemy.pool import NullPool

    options = {"connect_timeout": int(ANSWER_SECONDS)} if uri.startswith("postgresql") else {}
    inspect(create_engine(uri, poolclass=NullPool, connect_args=options)).get_table_names()


def _make_schema(database: Path) -> None:
    """Make the database whole under another name: one killed half-way could not be migrated again."""
    from mlflow.store.db import utils

    with alone(database.with_name(f"{database.name}.lock")):
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
