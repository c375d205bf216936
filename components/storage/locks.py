"""Locks among the processes of one machine; a lock goes with its process, however that ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from components.errors import ServiceError

LOCK_SECONDS = 120.0


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Within the block no other process of this machine holds the lock at `path`.

    Raises:
        ServiceError: another one holds it for too long.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(timeout=LOCK_SECONDS)
    except Timeout as exc:
        raise ServiceError(
            f"{path}: another process has held this for {LOCK_SECONDS:.0f} s. Wait for it or end it; "
            "the lock goes with the process."
        ) from exc
    try:
        yield
    finally:
        lock.release()
