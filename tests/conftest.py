"""Each test gets a clean environment and folders of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from components.settings import Settings


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith(("ATELIER_", "MLFLOW_", "PREFECT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path / "home"))


@pytest.fixture
def settings() -> Settings:
    """Settings of a home that this test alone uses."""
    return Settings.load()
