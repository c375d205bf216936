import errno
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from components.errors import DataError, ServiceError, StorageError
from components.failures import explained


def raised(action):
    """The exception that `action` ends with."""
    try:
        action()
    except Exception as exc:  # noqa: BLE001
        return exc
    raise AssertionError("nothing was raised")


def test_a_full_disk_is_one_sentence_wherever_it_is_met(tmp_path):
    def write():
        with Path("/dev/full").open("w") as file:
            file.write("x")

    def wrapped():
        try:
            write()
        except OSError as exc:
            raise RuntimeError("Could not save the network") from exc

    def grouped():
        raise ExceptionGroup("two tasks", [ValueError("other"), raised(write)])

    for action in (write, wrapped, grouped):
        error = explained(raised(action))
        assert isinstance(error, StorageError)
        assert "the disk is full. Make room" in str(error)
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("exc", "expected"),
    [
        (OSError(errno.EROFS, "Read-only file system", "/home/a"), "/home/a: it lies on a disk that cannot"),
        (PermissionError(errno.EACCES, "Permission denied", "/home/a"), "/home/a: there is no permission"),
        (OSError("Can't write data (errno = 28, error message = 'No space left')"), "the disk is full"),
        (shutil.Error([("a", "b", "[Errno 28] No space left on device: 'b'")]), "the disk is full"),
        (sqlite3.OperationalError("database or disk is full"), "Make room"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "Change the rights"),
        (RuntimeError("Timed out while attempting to connect to ephemeral Prefect API server."), "in time"),
    ],
)
def test_each_kind_says_how_to_mend_it(exc, expected):
    assert expected in str(explained(exc))


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "file").touch()
    error = explained(raised((tmp_path / "file" / "below").mkdir))
    assert str(tmp_path / "file" / "below") in str(error)
    assert "a folder is expected" in str(error)


def test_prefects_client_without_a_server_is_a_service_that_does_not_answer():
    import httpx

    error = explained(raised(lambda: httpx.get("http://127.0.0.1:9/api")))
    assert isinstance(error, ServiceError)
    assert "http://127.0.0.1:9/api: no answer" in str(error)


def test_a_fault_of_ours_is_none_of_these():
    def fault_while_handling():
        try:
            raise DataError("handled")  # noqa: TRY301
        except DataError:
            {}["absent"]

    assert explained(raised(fault_while_handling)) is None
    assert explained(raised(lambda: os.stat("/no/such/file"))) is None  # noqa: PTH116
    wrapped = RuntimeError("task failed")
    wrapped.__cause__ = DataError("too few works")
    assert str(explained(wrapped)) == "too few works"
