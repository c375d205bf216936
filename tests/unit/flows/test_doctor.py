"""What the doctor says of settings that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.settings import Settings
from flows.server import doctor


@pytest.mark.parametrize(
    ("uri", "state", "expected"),
    [
        ("", "good", "mlflow.db; files in"),
        ("postgresql://mia:s3cret@127.0.0.1:9/runs", "bad", "mia:***@127.0.0.1:9/runs"),
        ("http://mia:s3cret@127.0.0.1:9", "bad", "no MLflow server answers"),
    ],
)
def test_where_runs_go_is_told_without_passwords(tmp_path: Path, uri: str, state: str, expected: str) -> None:
    finding = doctor._tracking(Settings(home=tmp_path / "home", mlflow_tracking_uri=uri))
    assert finding.state == state
    assert expected in finding.text
    assert "s3cret" not in finding.text
    assert not (tmp_path / "home").exists(), "an examination makes nothing"


def test_a_damaged_database_is_found(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_bytes(b"no database" * 999)
    finding = doctor._tracking(Settings(home=tmp_path))
    assert (finding.state, "is damaged" in finding.text) == ("bad", True)


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ({"fastapi": "0.148.0", "sqlalchemy": "2.0.58"}, []),
        ({"fastapi": "0.153.1", "sqlalchemy": "2.0.58"}, ["fastapi and prefect"]),
        ({"sqlalchemy": "2.1.9"}, ["sqlalchemy and prefect"]),
    ],
)
def test_releases_that_break_prefect_are_named(versions: dict[str, str], expected: list[str]) -> None:
    findings = list(doctor._beside_prefect(versions))
    assert [finding.name for finding in findings] == expected
    assert all("make setup" in finding.text for finding in findings)


def test_what_is_installed_suits_prefect() -> None:
    assert [finding.text for finding in doctor._packages() if finding.state == "bad"] == []
