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

from components.addresses import is_http, sqlite_file
from components.errors import ServiceError
from components.http_probe import unreachable
from components.settings import Settings
from components.storage.locks import locked
from components.tracking.database import open_database, probe, refusal
from components.tracking.relocation import DATABASE, relocate

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

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
            probe(uri)
        except (SQLAlchemyError, ModuleNotFoundError) as exc:
            raise ServiceError(refusal(uri, exc)) from exc


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
    with locked(home / f"{DATABASE}.lock"):
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
            open_database(uri, artifact_root)
        client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        client.search_registered_models(max_results=1)  # opens the registry's half of the store, too
    except (MlflowException, SQLAlchemyError, ModuleNotFoundError) as exc:
        raise ServiceError(refusal(uri, exc)) from exc
    return client


def _ask(uri: str) -> None:
    """MLflow's client retries for minutes; this says within seconds that nobody is there."""
    reason = unreachable(f"{uri.rstrip('/')}/health")
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
