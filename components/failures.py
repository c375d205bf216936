"""Failures of disks, databases and servers in one sentence: what failed where, and how to mend it.

They may come from any line of any library, so they are translated in one place: where a command or a
server ends with them.
"""

from __future__ import annotations

import errno
import re
import sqlite3
import sys
from collections.abc import Iterator

from components.addresses import masked
from components.errors import AtelierError, ServiceError, StorageError

_ROOM = "Make room, or set ATELIER_HOME to a larger disk, and run it again: what was finished is kept."
_RIGHTS = "Change the rights on it, or choose another folder with ATELIER_HOME."
_DISK = {
    errno.ENOSPC: ("the disk is full", _ROOM),
    errno.EDQUOT: ("the disk quota is used up", _ROOM),
    errno.EROFS: ("it lies on a disk that cannot be written", "Choose another folder with ATELIER_HOME."),
    errno.EACCES: ("there is no permission to use it", _RIGHTS),
    errno.EPERM: ("the operation is not permitted", _RIGHTS),
    errno.ENOTDIR: (
        "a folder is expected, but a file stands in the way",
        "Move the file, or choose another.",
    ),
    errno.EIO: ("the disk failed to read or write", "Check the disk, and run it again."),
    errno.EMFILE: ("too many files are open", "Raise the limit (`ulimit -n 4096`), and run it again."),
    errno.ENAMETOOLONG: ("the name is too long", "Choose a shorter folder with ATELIER_HOME."),
}
_DATABASE = {
    "is full": _ROOM,
    "readonly": _RIGHTS,
    "unable to open": _RIGHTS,
    "not a database": "The file is damaged: restore a copy of it, or move it away.",
    "malformed": "The file is damaged: restore a copy of it, or move it away.",
    "locked": "Another process has been writing for too long: wait for it or end it.",
    "disk I/O": "Check the disk's room and health, and run it again.",
}
_NUMBER = re.compile(r"(?:\[Errno |errno = )(\d+)")


def explained(exc: BaseException) -> AtelierError | None:
    """Return an error that tells a person how to mend what caused `exc`; None where Atelier is at fault.

    What it was raised from counts, too: libraries wrap a full disk in errors of their own.
    """
    raised: BaseException | None = exc
    while raised is not None:  # not through __context__: a fault while one was being handled is a fault
        if isinstance(raised, AtelierError):
            return raised
        raised = raised.__cause__
    for cause in _causes(exc):
        error = _disk(cause) or _database(cause) or _prefect(cause) or _unanswered(cause)
        if error is not None:
            return error
    return None


def in_one_line(exc: BaseException) -> str:
    """What an exception says, without further lines, the dot at the end and SQLAlchemy's class in front."""
    first_line = str(exc).strip().partition("\n")[0].rstrip(".")
    return re.sub(r"^\([\w.]+\) ", "", first_line)  # "(sqlite3.DatabaseError) file is not a database"


def _causes(exc: BaseException) -> Iterator[BaseException]:
    """The exception, what it gathers, and what they were raised from, nearest first."""
    waiting: list[BaseException | None] = [exc]
    seen: set[int] = set()
    while waiting:
        cause = waiting.pop(0)
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting += getattr(cause, "exceptions", ())  # an exception group's
        waiting.append(cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__))


def _disk(exc: BaseException) -> AtelierError | None:
    if not isinstance(exc, OSError):
        return None
    number = exc.errno
    if number not in _DISK and (in_text := _NUMBER.search(str(exc))):  # shutil's and HDF5's
        number = int(in_text[1])
    if number not in _DISK:
        return None
    what, hint = _DISK[number]
    names = " and ".join(str(name) for name in (exc.filename, exc.filename2) if name not in (None, ""))
    return StorageError(f"{names or 'A file that was being written'}: {what}. {hint}")


def _database(exc: BaseException) -> AtelierError | None:
    if not isinstance(exc, sqlite3.DatabaseError):
        return None
    text = str(exc)
    hint = next((hint for sign, hint in _DATABASE.items() if sign in text), None)
    return StorageError(f"A database below ATELIER_HOME cannot be used: {text}. {hint}") if hint else None


def _prefect(exc: BaseException) -> AtelierError | None:
    if not (isinstance(exc, RuntimeError) and "ephemeral Prefect API server" in str(exc)):
        return None
    return ServiceError(
        "Prefect's temporary server did not start in time; this machine is busy, or the server's database "
        "(below ATELIER_HOME, or ATELIER_PREFECT_DATABASE_URL) cannot be used. Run it again when less runs "
        "beside it, or keep a server running with `atelier up`."
    )


def _unanswered(exc: BaseException) -> AtelierError | None:
    httpx = sys.modules.get("httpx")  # Prefect's client; where it is not loaded, it raised nothing
    if httpx is None or not isinstance(exc, httpx.TransportError):
        return None
    try:
        where = str(exc.request.url)
    except RuntimeError:  # it was raised before there was a request
        where = "A server"
    return ServiceError(
        f"{where}: no answer ({exc}). Check that the server runs, and that ATELIER_PREFECT_API_URL and "
        "ATELIER_API_URL are right."
    )


def reason_of(exc: Exception) -> str:
    """One sentence on what went wrong, for a table or a log; without secrets."""
    error = explained(exc)
    return masked(str(error) if error else f"{type(exc).__name__}: {exc}")
