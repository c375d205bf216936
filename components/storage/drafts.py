"""Drafts: what is being written under a temporary name, and what killed processes left of it.

A draft is called `.NAME.RANDOM.part` and is locked by the process that writes it. The lock goes with the
process, so a draft that can be locked is nobody's any more.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SUFFIX = ".part"
YOUNG_SECONDS = 60
"""A draft may be this young and not locked yet."""


@contextmanager
def held(draft: Path) -> Iterator[None]:
    """Within the block `draft` is being written: no sweep takes it away."""
    handle = os.open(draft, os.O_RDONLY)
    try:
        with suppress(OSError):  # a network drive without locks: drafts there are left to their age
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def sweep(folder: Path, *, passing_over: frozenset[str] = frozenset()) -> int:
    """Remove the drafts below `folder` whose process is gone; how many there were.

    Args:
        folder: where to look; need not be there.
        passing_over: names of folders in it that are not looked into.
    """
    removed = 0
    for place, folders, files in os.walk(folder):
        drafts = [Path(place, name) for name in (*folders, *files) if is_draft(name)]
        removed += sum(map(_remove, drafts))
        folders[:] = [name for name in folders if not is_draft(name) and name not in passing_over]
    return removed


@contextmanager
def without_drafts(folder: Path) -> Iterator[Path]:
    """`folder`, or where there are drafts in it a copy that has none."""
    if not any(is_draft(path.name) for path in folder.rglob(f"*{SUFFIX}")):
        yield folder
        return
    with tempfile.TemporaryDirectory() as place:
        yield shutil.copytree(folder, Path(place) / folder.name, ignore=shutil.ignore_patterns(f".*{SUFFIX}"))


def is_draft(name: str) -> bool:
    """Whether a file or folder of that name is a draft."""
    return name.startswith(".") and name.endswith(SUFFIX)


def _remove(draft: Path) -> bool:
    try:
        if time.time() - draft.lstat().st_mtime < YOUNG_SECONDS:
            return False
        handle = os.open(draft, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return False  # finished meanwhile, or not ours to read
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(draft) if draft.is_dir() else draft.unlink()
    except OSError:
        return False
    finally:
        os.close(handle)
    return True
