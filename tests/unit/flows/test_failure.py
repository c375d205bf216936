from pathlib import Path

import pytest

from components.errors import DataError
from components.settings import Settings
from flows.failure import report_failure


@pytest.fixture
def log(settings: Settings) -> Path:
    return settings.home / "logs" / "errors.log"


def failing(exc: Exception) -> Exception:
    try:
        raise exc  # noqa: TRY301
    except Exception as caught:  # noqa: BLE001
        return caught


def test_what_a_person_can_mend_is_told_without_a_traceback(log, capsys):
    assert report_failure(failing(DataError("3 works: at least 10 are needed."))) == 2
    assert capsys.readouterr().err == "✗ 3 works: at least 10 are needed.\n"
    assert not log.exists()


def test_a_fault_is_one_line_and_its_traceback_is_kept_without_passwords(log, capsys):
    address = "postgresql://mia:s3cret@db/runs"
    assert report_failure(failing(KeyError(address))) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "KeyError: 'postgresql://mia:***@db/runs'" in said
    assert str(log) in said
    assert "Traceback (most recent call last)" in log.read_text()
    assert "s3cret" not in said + log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_where_home_cannot_be_written_a_traceback_is_kept_elsewhere(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ATELIER_HOME", "/proc/nowhere")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    denied = PermissionError(13, "Permission denied", "/proc/nowhere")
    assert report_failure(failing(denied)) == 2
    said = capsys.readouterr().err
    assert "/proc/nowhere: there is no permission" in said
    assert "traceback" not in said, "what the disk says needs none"
    wrapped = RuntimeError("The network could not be saved")
    wrapped.__cause__ = denied
    assert report_failure(failing(wrapped)) == 2
    (log,) = tmp_path.rglob("errors.log")
    assert str(log) in capsys.readouterr().err
