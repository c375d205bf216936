"""Where runs are recorded and where their files go: PostgreSQL, S3, servers that ask who calls."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import boto3
import pytest
from moto.server import ThreadedMotoServer

from components.errors import ServiceError
from components.settings import Settings
from components.tracking.connection import connect
from components.tracking.runs import Tracker
from tests import tiny_postgres

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with tiny_postgres.server() as address:
        yield address.replace("postgres@", "postgres:s3cret@", 1)


def test_on_postgresql_files_go_where_the_setting_says(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(
        home=tmp_path / "home", mlflow_tracking_uri=database, artifacts=str(tmp_path / "on 2")
    )
    with Tracker(settings).start("places", "run", "key", {}) as run:
        run.text("notes/what.txt", "kept")
    assert Tracker(settings).artifact(run.id, "notes/what.txt").read_text() == "kept"
    assert len(list((tmp_path / "on 2" / "places").rglob("what.txt"))) == 1
    first = connect(settings).get_experiment("0")
    assert first.artifact_location.startswith(settings.artifact_root)
    assert [path.name for path in tmp_path.iterdir()] == ["on 2"], "nothing may lie beside it"


def test_files_go_to_s3_where_the_setting_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    store = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    store.start()
    try:
        endpoint = "http://127.0.0.1:{1}".format(*store.get_host_and_port())
        monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", "")  # taken away again afterwards
        monkeypatch.delenv("MLFLOW_S3_ENDPOINT_URL")
        boto3.client("s3", endpoint_url=endpoint).create_bucket(Bucket="paintings")
        settings = Settings(home=tmp_path, artifacts="s3://paintings/runs/", s3_endpoint_url=endpoint)
        with Tracker(settings).start("places", "run", "key", {}) as run:
            run.text("what.txt", "kept")
        assert Tracker(settings).artifact(run.id, "what.txt").read_text() == "kept"
        keys = boto3.client("s3", endpoint_url=endpoint).list_objects_v2(Bucket="paintings")["Contents"]
        assert [item["Key"] for item in keys] == [f"runs/places/{run.id}/artifacts/what.txt"]
    finally:
        store.stop()


def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, mlflow_tracking_uri="postgresql://mia:s3cret@127.0.0.1:9/runs")
    with pytest.raises(ServiceError, match=r"mia:\*\*\*@127.0.0.1:9.*ATELIER_MLFLOW_TRACKING_URI"):
        connect(settings)


def test_a_damaged_database_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_bytes(os.urandom(7000))
    with pytest.raises(ServiceError, match=r"mlflow.db is damaged: restore a copy") as refused:
        connect(Settings(home=tmp_path))
    assert "\n" not in str(refused.value)


def test_a_server_is_given_the_name_and_password_of_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.setenv(name, "")  # put back afterwards
    with asking_who_calls("mia", "p@w") as address:
        settings = Settings(home=tmp_path, mlflow_tracking_uri=address.replace("//", "//mia:p%40w@"))
        assert connect(settings).search_registered_models(max_results=1) == []
        wrong = Settings(home=tmp_path, mlflow_tracking_uri=address.replace("//", "//mia:wrong@") + "/")
        with pytest.raises(ServiceError, match=r"who are you.*the name and the password") as refused:
            connect(wrong)
    assert "wrong" not in str(refused.value)


@contextmanager
def asking_who_calls(user: str, password: str) -> Iterator[str]:
    """An MLflow server without models that answers nobody else than `user`; yields its address."""
    expected = f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path == "/health" or self.headers.get("Authorization") == expected
            self.send_response(200 if known else 401)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b"{}" if known else b"who are you?")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
