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
