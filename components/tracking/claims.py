"""A run's work is done by one process at a time; whoever wants the same waits, and then finds it done."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from components.settings import Settings
from components.storage import key_of

_log = logging.getLogger("atelier")

POLL_SECONDS = 0.5


@contextmanager
def claimed(settings: Settings, experiment: str, name: str, key: str) -> Iterator[None]:
    """Within the block nobody else who shares `settings.home` works on the run of that key.

    Waits as long as another process or thread does, and logs so. The claim goes with its process, however
    that ends. Machines with homes of their own do not see each other's claims: both do the work, and each
    finds its own run. On a home that they share, the file system must know locks (flock).

    Args:
        settings: whose home.
        experiment: the run's, in MLflow.
        name: the run's, for people.
        key: content key of everything the run depends on.
    """
    path = settings.home / "locks" / f"run-{key_of(experiment, key)}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        _log.info("%-9s %s: another process is at work on it; its result will be used", "waiting", name)
        lock.acquire(poll_interval=POLL_SECONDS)
    try:
        yield
    finally:
        lock.release()
