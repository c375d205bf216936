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


def test_the_page_of_prefects_own_server_is_linked_where_browsers_reach_it():
    settings = Settings(
        host="0.0.0.0", public_host="gallery.example", prefect_api_url="http://127.0.0.1:4200/api"
    )
    assert settings.prefect_ui == "http://gallery.example:4200"


def test_pages_of_servers_elsewhere_are_linked_there_and_without_credentials():
    settings = Settings(
        mlflow_tracking_uri="https://user:secret@runs.example/mlflow/",
        prefect_api_url="https://flows.example/api",
        api_url="https://api.example",
    )
    assert settings.mlflow_ui == "https://runs.example/mlflow"
    assert settings.prefect_ui == "https://flows.example"
    assert settings.serving_ui == "https://api.example/docs"


def test_an_empty_variable_counts_as_unset(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("ATELIER_HOME", "ATELIER_API_PORT", "ATELIER_CACHE_BYTES"):
        monkeypatch.setenv(name, "")
    settings = Settings.load()
    assert settings.home == tmp_path / ".atelier"
    assert settings.api_port == 8000


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("ATELIER_HOME", "{folder}/file", "is a file"),
        ("ATELIER_HOME", "{folder}/file/below", "file is a file"),
        ("ATELIER_HOME", "{folder}/what?now", "may hold neither '?'"),
        ("ATELIER_HOME", "~nobody-has-this-name/x", "cannot be looked up"),
        ("ATELIER_ARTIFACTS", "~nobody-has-this-name/x", "cannot be looked up"),
        ("ATELIER_PREFECT_API_URL", "localhost:4200", "begins with http"),
        ("PREFECT_API_URL", "localhost:4200", "begins with http"),
        ("ATELIER_MLFLOW_TRACKING_URI", "localhost:5000", "with its scheme"),
        ("ATELIER_SEARCH_STORAGE", "searches.db", "address of a database"),
        ("ATELIER_PREFECT_DATABASE_URL", "http://host", "address of a database"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(tmp_path, monkeypatch, variable, value, expected):
    (tmp_path / "file").touch()
    monkeypatch.setenv(variable, value.format(folder=tmp_path))
    with pytest.raises(SettingsError, match=expected) as refused:
        Settings.load()
    assert str(refused.value).startswith("ATELIER_")
    assert "\n" not in str(refused.value)


def test_passwords_stay_out_of_what_is_shown(monkeypatch):
    monkeypatch.setenv("ATELIER_MLFLOW_TRACKING_URI", "https://mia:s3cret@host:5000/x")
    monkeypatch.setenv("ATELIER_PREFECT_DATABASE_URL", "postgresql://mia:s3cret@db/prefect")
    settings = Settings.load()
    assert "s3cret" not in repr(settings)
    assert settings.tracking_uri == settings.mlflow_ui == "https://host:5000/x"
    assert settings.tracking_credentials == ("mia", "s3cret")
    assert settings.prefect_database == "postgresql+asyncpg://mia:s3cret@db/prefect"
    monkeypatch.setenv("ATELIER_MLFLOW_TRACKING_URI", "mia:s3cret@host")
    with pytest.raises(SettingsError) as refused:
        Settings.load()
    assert "s3cret" not in str(refused.value)


def test_artifacts_lie_below_home_or_where_the_setting_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Settings.load(home=Path("a b")).artifact_root == f"file://{tmp_path}/a%20b/mlartifacts"
    assert Settings.load(artifacts="there").artifact_root == (tmp_path / "there").as_uri()
    assert Settings.load(artifacts="s3://bucket/runs/").artifact_root == "s3://bucket/runs"
