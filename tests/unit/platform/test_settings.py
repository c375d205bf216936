from pathlib import Path

import pytest

from components.errors import SettingsError
from components.settings import Settings


def test_home_is_absolute_and_nothing_is_made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = Settings.load(home=Path("here"))
    assert settings.home == tmp_path / "here"
    assert not settings.home.exists()
    assert settings.tracking_uri == f"sqlite:///{tmp_path / 'here' / 'mlflow.db'}"


def test_a_bad_variable_is_named_with_its_value(monkeypatch):
    monkeypatch.setenv("ATELIER_API_PORT", "no-port")
    with pytest.raises(SettingsError, match=r"ATELIER_API_PORT.*'no-port'.*Correct or unset"):
        Settings.load()


def test_prefects_own_variable_is_respected_and_ours_comes_first(monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://theirs/api")
    assert Settings.load().prefect_api_url == "http://theirs/api"
    monkeypatch.setenv("ATELIER_PREFECT_API_URL", "http://ours/api")
    assert Settings.load().prefect_api_url == "http://ours/api"


@pytest.mark.parametrize(
    ("host", "public_host", "local", "public"),
    [
        ("127.0.0.1", "", "http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("0.0.0.0", "", "http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("::", "", "http://[::1]:5000", "http://[::1]:5000"),
        ("0.0.0.0", "gallery.example", "http://127.0.0.1:5000", "http://gallery.example:5000"),
        ("10.0.0.7", "", "http://10.0.0.7:5000", "http://10.0.0.7:5000"),
        ("fd00::7", "", "http://[fd00::7]:5000", "http://[fd00::7]:5000"),
        ("gallery", "", "http://gallery:5000", "http://gallery:5000"),
    ],
)
def test_addresses_can_be_opened_wherever_the_servers_listen(host, public_host, local, public):
    settings = Settings(host=host, public_host=public_host)
    assert (settings.local_address(5000), settings.public_address(5000)) == (local, public)
    assert (settings.mlflow_ui, settings.prefect_url) == (public, local.replace("5000", "4200"))


def test_pages_of_servers_elsewhere_are_linked_there_and_without_credentials():
    settings = Settings(
        mlflow_tracking_uri="https://user:secret@runs.example/mlflow/",
        prefect_api_url="https://flows.example/api",
        api_url="https://api.example",
    )
    assert settings.mlflow_ui == "https://runs.example/mlflow"
    assert settings.prefect_ui == "https://flows.example"
    assert settings.serving_ui == "https://api.example/docs"
