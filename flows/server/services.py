"""MLflow, Prefect, the API and the dashboard: how each is started, and where it answers."""

from __future__ import annotations

import importlib.util
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

from components.addresses import is_http
from components.errors import ServiceError

if TYPE_CHECKING:
    from components.settings import Settings


@dataclass(frozen=True)
class Service:
    """One server: how it is started, and where it says that it is ready."""

    name: str
    title: str
    command: list[str]
    port: int
    url: str
    """Where a browser opens it."""
    local_url: str
    """Where programs on this machine ask it."""
    ready_path: str
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables that it reads beside those of all servers."""

    @property
    def ready(self) -> bool:
        """Whether it answers now."""
        return answers(self.local_url + self.ready_path)


def services(settings: Settings) -> list[Service]:
    """The servers of `atelier up`, in the order they start; an MLflow elsewhere is not started here."""
    python, host = sys.executable, settings.host
    mlflow = [python, "-m", "mlflow", "server", "--host", host, "--port", str(settings.mlflow_port)]
    # Files are read where they lie: whoever writes runs on this machine needs no detour over HTTP.
    mlflow += ["--workers", "1", "--no-serve-artifacts"]
    prefect = [
        python,
        "-m",
        "prefect",
        "server",
        "start",
        "--host",
        host,
        "--port",
        str(settings.prefect_port),
    ]
    if settings.public_host:
        # MLflow answers browsers that come by an address of this machine's own, and by the names it is told.
        name = settings.public_host
        mlflow += ["--allowed-hosts", f"localhost:*,127.0.0.1:*,[::1]:*,{name},{name}:*"]
        mlflow += ["--cors-allowed-origins", settings.public_address(settings.mlflow_port)]
    own = _service(settings, ("mlflow", "MLflow"), settings.mlflow_port, mlflow, "/health")
    return [
        *(
            []
            if is_http(settings.tracking_uri)
            else [replace(own, environment=_mlflow_environment(settings))]
        ),
        _service(settings, ("prefect", "Prefect"), settings.prefect_port, prefect, "/api/health"),
        api(settings),
        dashboard(settings),
    ]


def _mlflow_environment(settings: Settings) -> dict[str, str]:
    # Not on the command line, which everybody on the machine sees: the address may hold a password.
    environment = {
        "MLFLOW_BACKEND_STORE_URI": settings.tracking_uri,
        "MLFLOW_DEFAULT_ARTIFACT_ROOT": settings.artifact_root,
    }
    if settings.s3_endpoint_url:
        environment["MLFLOW_S3_ENDPOINT_URL"] = settings.s3_endpoint_url
    return environment


def api(settings: Settings) -> Service:
    """The REST API."""
    command = [sys.executable, "-m", "serving"]
    return _service(settings, ("api", "REST API"), settings.api_port, command, "/healthz")


def dashboard(settings: Settings) -> Service:
    """The Streamlit dashboard."""
    # By its path, found without importing it: Streamlit runs a file, and the rooms do not know each other.
    spec = importlib.util.find_spec("dashboard")
    if spec is None or not spec.submodule_search_locations:
        raise ServiceError(
            "the package 'dashboard' is not installed; install Atelier with the extra 'dashboard'."
        )
    app = Path(spec.submodule_search_locations[0]) / "app.py"
    command = [sys.executable, "-m", "streamlit", "run", str(app), "--server.headless", "true"]
    command += ["--server.address", settings.host, "--server.port", str(settings.dashboard_port)]
    command += ["--browser.gatherUsageStats", "false"]
    if settings.public_host:
        command += ["--browser.serverAddress", settings.public_host]
    return _service(settings, ("dashboard", "Dashboard"), settings.dashboard_port, command, "/_stcore/health")


def _service(
    settings: Settings, names: tuple[str, str], port: int, command: list[str], ready_path: str
) -> Service:
    """The server of that name and title, with both of its addresses."""
    url, local_url = settings.public_address(port), settings.local_address(port)
    return Service(*names, command, port, url, local_url, ready_path)


def answers(url: str, timeout_seconds: float = 2.0) -> bool:
    """Whether an HTTP GET of `url` succeeds."""
    try:
        with urlopen(url, timeout=timeout_seconds) as response:  # noqa: S310 (our own http:// addresses)
            return bool(response.status < 400)
    except (URLError, OSError, ValueError):
        return False


def check_port(service: Service, host: str) -> None:
    """Raise a ServiceError when something listens on the service's port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, service.port))
        except OSError as exc:
            raise ServiceError(
                f"{service.title} cannot listen on {host}:{service.port}: {exc.strerror or exc}. "
                f"End what listens there, or choose another: ATELIER_{service.name.upper()}_PORT."
            ) from exc
