"""How the servers of `atelier up` are started, and by which addresses they are printed and asked."""

from __future__ import annotations

from components.settings import Settings
from flows import prefect_env
from flows.server.services import services


def test_servers_that_listen_everywhere_are_printed_and_asked_by_addresses_that_can_be_opened() -> None:
    for service in services(Settings(host="0.0.0.0")):
        assert service.url == service.local_url == f"http://127.0.0.1:{service.port}"


def test_servers_with_a_public_name_answer_it_and_are_asked_on_this_machine() -> None:
    by_name = {one.name: one for one in services(Settings(host="0.0.0.0", public_host="gallery.example"))}
    mlflow = by_name["mlflow"]
    assert (mlflow.url, mlflow.local_url) == ("http://gallery.example:5000", "http://127.0.0.1:5000")
    allowed = mlflow.command[mlflow.command.index("--allowed-hosts") + 1]
    assert "gallery.example:*" in allowed.split(",")
    assert by_name["dashboard"].command[-2:] == ["--browser.serverAddress", "gallery.example"]


def test_command_lines_hold_no_password() -> None:
    settings = Settings(mlflow_tracking_uri="postgresql://mia:s3cret@db/runs", artifacts="s3://bucket/runs")
    servers = services(settings)
    assert not any("s3cret" in word for server in servers for word in server.command)
    (mlflow,) = (server for server in servers if server.name == "mlflow")
    assert mlflow.environment["MLFLOW_BACKEND_STORE_URI"] == "postgresql+psycopg://mia:s3cret@db/runs"
    assert mlflow.environment["MLFLOW_DEFAULT_ARTIFACT_ROOT"] == "s3://bucket/runs"


def test_prefect_is_given_its_database_with_the_driver_that_its_server_needs() -> None:
    settings = Settings(prefect_database_url="postgresql://mia:s3cret@db/prefect")
    variables = prefect_env.environment(settings)
    assert variables["PREFECT_API_DATABASE_CONNECTION_URL"] == "postgresql+asyncpg://mia:s3cret@db/prefect"
    assert "PREFECT_API_DATABASE_CONNECTION_URL" not in prefect_env.environment(Settings())
