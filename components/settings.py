"""Where everything lies and which servers are used: the only reader of Atelier's environment variables.

Every field is an `ATELIER_*` variable (`ATELIER_HOME`, `ATELIER_API_PORT`, ...); an empty variable counts
as one that is not set. Nothing is created when this is imported or when `Settings` is made.
"""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Self

from pydantic import AliasChoices, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from components.addresses import is_http, split_credentials, with_driver
from components.backend_names import Backend, Precision
from components.errors import SettingsError
from components.frozen import Frozen
from components.setting_types import (
    DatabaseAddress,
    FolderOrAddress,
    HomeFolder,
    HttpAddress,
    TrackingAddress,
    variable_of,
    without_password,
)


class Settings(Frozen, BaseSettings):
    """All settings as one frozen value; a command or a server reads it once and passes it on."""

    model_config = SettingsConfigDict(
        env_prefix="ATELIER_", env_ignore_empty=True, frozen=True, extra="ignore", populate_by_name=True
    )

    home: HomeFolder = Field(default=Path(".atelier"), description="folder of everything Atelier writes")
    # Addresses may hold passwords: they stay out of every repr.
    mlflow_tracking_uri: TrackingAddress = Field(
        default="", repr=False, description="empty: SQLite below home"
    )
    artifacts: FolderOrAddress = Field(
        default="",
        repr=False,
        description="where runs keep their files: a folder or s3://bucket/prefix; empty: a folder below "
        "home, or what the MLflow server of mlflow_tracking_uri says",
    )
    prefect_api_url: HttpAddress = Field(
        default="",
        repr=False,
        validation_alias=AliasChoices("ATELIER_PREFECT_API_URL", "PREFECT_API_URL"),
        description="empty: a server of its own below home",
    )
    prefect_database_url: DatabaseAddress = Field(
        default="",
        repr=False,
        description="database of the Prefect server that Atelier starts: "
        "postgresql://user:password@host/name; empty: SQLite below home",
    )
    search_storage: DatabaseAddress = Field(
        default="",
        repr=False,
        description="where searches keep their trials: sqlite:///file, or for several machines "
        "postgresql://user:password@host/name; empty: SQLite below home",
    )
    s3_endpoint_url: HttpAddress = Field(default="", repr=False, description="empty: Amazon's own")
    backend: Backend = "tensorflow"
    precision: Precision = Field(
        default="auto", description="auto: 16 bits where a GPU computes them faster, else 32"
    )
    devices: int = Field(
        default=0, ge=0, description="at most so many of the backend's devices; 0: every GPU, or the CPU"
    )

    host: str = Field(default="127.0.0.1", description="where the servers listen; 0.0.0.0: everywhere")
    public_host: str = Field(
        default="",
        description="the name or address by which browsers reach the servers; empty: host, or this machine's "
        "own 127.0.0.1 where the servers listen everywhere",
    )
    api_port: int = Field(default=8000, ge=1, le=65535)
    mlflow_port: int = Field(default=5000, ge=1, le=65535)
    prefect_port: int = Field(default=4200, ge=1, le=65535)
    dashboard_port: int = Field(default=8501, ge=1, le=65535)
    api_url: HttpAddress = Field(default="", repr=False, description="empty: this machine's api_port")

    cache_bytes: int = Field(
        default=20 * 2**30, gt=0, description="bound of decoded pictures and features together"
    )
    max_upload_bytes: int = Field(default=20 * 2**20, gt=0)
    max_image_pixels: int = Field(default=100_000_000, gt=0, description="decompression-bomb bound")
    follow_seconds: float = Field(default=5.0, gt=0, description="how often serving asks for the champion")
    schedule_cron: str = Field(default="0 3 * * *", description="when the pipeline runs by itself")

    @classmethod
    def load(cls, **overrides: object) -> Self:
        """Read the environment.

        Raises:
            SettingsError: a variable's value cannot be used; names the variable and what is wrong.
        """
        given = {name: value for name, value in overrides.items() if value is not None}
        try:
            return cls(**given)  # type: ignore[arg-type]  # pydantic checks them
        except ValidationError as exc:
            wrong = "; ".join(
                f"{variable_of(str(error['loc'][0]))}: {error['msg'].removeprefix('Value error, ')} "
                f"(received {without_password(error['input'])!r})"
                for error in exc.errors()
            )
            raise SettingsError(f"{wrong}. Correct or unset the variable.") from exc

    @property
    def tracking_uri(self) -> str:
        """MLflow's address, or the SQLite file below home.

        An http address is without its credentials, which are `tracking_credentials`; that of a database
        holds its password.
        """
        if is_http(self.mlflow_tracking_uri):
            return split_credentials(self.mlflow_tracking_uri)[0]
        database = self.mlflow_tracking_uri or f"sqlite:///{self.home / 'mlflow.db'}"
        return with_driver(database, "psycopg")

    @property
    def tracking_credentials(self) -> tuple[str, str]:
        """Name and password for MLflow's server; empty where its address holds none."""
        if not is_http(self.mlflow_tracking_uri):
            return "", ""
        return split_credentials(self.mlflow_tracking_uri)[1:]

    @property
    def artifact_root(self) -> str:
        """Where runs keep their files, as an address: file:///... or s3://..."""
        place = self.artifact_place
        return place if "://" in place else Path(place).as_uri()

    @property
    def artifact_place(self) -> str:
        """Where runs keep their files, for people: a folder's path, or s3://..."""
        return self.artifacts or str(self.home / "mlartifacts")

    @property
    def prefect_database(self) -> str:
        """Prefect's database with the driver that its server needs; "" for SQLite below home."""
        return with_driver(self.prefect_database_url, "asyncpg")

    @property
    def search_url(self) -> str:
        """The searches' database, or the SQLite file below home."""
        return self.search_storage or f"sqlite:///{self.home / 'searches.db'}"

    @property
    def listens_everywhere(self) -> bool:
        """Whether `host` means every address of this machine: one to listen on, none to open."""
        try:
            return ip_address(self.host.strip("[]")).is_unspecified
        except ValueError:
            return False

    def local_address(self, port: int) -> str:
        """The address by which a program on this machine reaches the server on `port`."""
        if self.listens_everywhere:
            return _address("::1" if ":" in self.host else "127.0.0.1", port)
        return _address(self.host, port)

    def public_address(self, port: int) -> str:
        """The address by which a browser opens the server on `port`: what is printed and linked."""
        return _address(self.public_host, port) if self.public_host else self.local_address(port)

    @property
    def serving_url(self) -> str:
        """Where programs ask the REST API."""
        return self.api_url or self.local_address(self.api_port)

    @property
    def serving_ui(self) -> str:
        """Where a person reads the REST API's documentation."""
        return f"{split_credentials(self.api_url)[0] or self.public_address(self.api_port)}/docs"

    @property
    def mlflow_ui(self) -> str:
        """Where a person looks at the runs: MLflow's address, without the credentials that it may hold."""
        if is_http(self.tracking_uri):
            return self.tracking_uri.rstrip("/")
        return self.public_address(self.mlflow_port)

    @property
    def prefect_url(self) -> str:
        """Where programs ask the Prefect server that `atelier up` starts."""
        return self.local_address(self.prefect_port)

    @property
    def prefect_ui(self) -> str:
        """Where a person looks at flow runs and schedules."""
        url = split_credentials(self.prefect_api_url)[0].rstrip("/").removesuffix("/api")
        # Servers of `atelier up` are told its address on this machine, which no other machine can open.
        return self.public_address(self.prefect_port) if url in ("", self.prefect_url) else url

    @property
    def dashboard_ui(self) -> str:
        """Where a person opens the dashboard."""
        return self.public_address(self.dashboard_port)

    @property
    def cache(self) -> Path:
        """Decoded images and features; safe to delete."""
        return self.home / "cache"

    @property
    def collections(self) -> Path:
        """Manifests, validation reports, and the synthetic gallery's pictures."""
        return self.home / "collections"

    @property
    def releases(self) -> Path:
        """Exported models that serving has at hand."""
        return self.home / "releases"

    @property
    def journal(self) -> Path:
        """Every promotion decision, a JSON line each."""
        return self.home / "journal.jsonl"


def _address(host: str, port: int) -> str:
    # An IPv6 address stands in brackets, or its colons would be taken for the port's.
    name = host.strip("[]")
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
