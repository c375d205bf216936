"""Writes that are whole or not there at all, and keys of content.

Anything Atelier keeps goes through `building` or `write_atomically`, so that a process killed at any
moment leaves nothing half-written under a final name.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from components.storage.drafts import SUFFIX, held


def key_of(*parts: Any) -> str:
    """A 16-digit content key of JSON-able parts: the same parts, the same key, on any machine."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def sha256_of(path: Path) -> str:
    """The hex SHA-256 of a file's bytes, read in bounded memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def content_of(address: str) -> str:
    """What stands in a key for an address: a local file's digest; of all else (a name, s3://) itself.

    So a file that was moved is the same, and one that was overwritten is another.
    """
    path = Path(address).expanduser()
    if "://" in address or not path.is_file():
        return address
    stat = path.stat()
    return f"sha256:{_digest(path, stat.st_size, stat.st_mtime_ns)}"


@contextmanager
def building(final: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes `final` when the block ends well, and vanishes if it fails.

    If another process finished `final` meanwhile, its work stands and ours is dropped: both were
    built from the same key.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{final.name}.", suffix=SUFFIX, dir=final.parent))
    try:
        with held(draft), _named(final):
            yield draft
            _sync_tree(draft)
            draft.chmod(0o755)
            try:
                draft.rename(final)
            except OSError:
                if not final.is_dir():
                    raise
        sync(final.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def write_atomically(final: Path, data: bytes | str, *, mode: int = 0o644) -> Path:
    """Write a small file in one step: readers see the old bytes or the new ones, never a part.

    Args:
        final: the file; folders above it are made.
        data: its whole content.
        mode: its rights; 0o600 for what holds a secret, which nobody else may then read at any moment.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{final.name}.", suffix=SUFFIX, dir=final.parent)
    draft = Path(name)
    try:
        with _named(final), os.fdopen(handle, "wb") as file:
            file.write(data.encode() if isinstance(data, str) else data)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(mode)
        draft.replace(final)
        sync(final.parent)
    finally:
        draft.unlink(missing_ok=True)
    return final


def append_line(path: Path, line: str) -> None:
    """Add one line to a journal; it is on the disk when this returns.

    A last line that a full disk cut off stays a line of its own: the new one never continues it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        cut = file.seek(0, os.SEEK_END) > 0 and file.seek(-1, os.SEEK_END) >= 0 and file.read(1) != b"\n"
        file.write((b"\n" if cut else b"") + line.rstrip("\n").encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def sync(path: Path) -> None:
    """Return when the file (or the folder's list of names) is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@lru_cache
def _digest(path: Path, size: int, mtime_ns: int) -> str:  # noqa: ARG001 (a file that changed is read again)
    return sha256_of(path)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """A full disk does not say which file it was that found no room: let the error name it."""
    try:
        yield
    except OSError as exc:
        if exc.errno in {errno.ENOSPC, errno.EDQUOT, errno.EIO} and exc.filename is None:
            exc.filename = str(path)
        raise


def _sync_tree(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            sync(path)
    sync(folder)
