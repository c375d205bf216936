"""Bytes to and from a folder or S3, and writes that are whole or not there at all.

The only room that knows boto3. Anything Atelier keeps goes through `building` or `write_atomically`,
so that a process killed at any moment leaves nothing half-written under a final name.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from components.errors import AtelierError, SettingsError
from components.progress import steps


def key_of(*parts: Any) -> str:
    """A 16-digit content key of JSON-able parts: the same parts, the same key, on any machine."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def sha256_of(path: Path) -> str:
    """The hex SHA-256 of a file's bytes, read in bounded memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def building(final: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes `final` when the block ends well, and vanishes if it fails.

    If another process finished `final` meanwhile, its work stands and ours is dropped: both were
    built from the same key.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{final.name}.", suffix=".part", dir=final.parent))
    try:
        yield draft
        _sync_tree(draft)
        draft.chmod(0o755)
        try:
            draft.rename(final)
        except OSError:
            if not final.is_dir():
                raise
        _sync(final.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def write_atomically(final: Path, data: bytes | str) -> Path:
    """Write a small file in one step: readers see the old bytes or the new ones, never a part."""
    final.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{final.name}.", suffix=".part", dir=final.parent)
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data.encode() if isinstance(data, str) else data)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(0o644)
        draft.replace(final)
        _sync(final.parent)
    finally:
        draft.unlink(missing_ok=True)
    return final


def append_line(path: Path, line: str) -> None:
    """Add one line to a journal; it is on the disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(line.rstrip("\n") + "\n")
        file.flush()
        os.fsync(file.fileno())


def fetch(address: str, folder: Path, endpoint_url: str = "") -> Path:
    """A local file for `address`: a path as it is, an s3://bucket/key downloaded once into `folder`.

    Raises:
        SettingsError: the path is missing, or the address is of a kind not known here.
        AtelierError: S3 refused or broke off; nothing half-written is left.
    """
    parts = urlsplit(address)
    if parts.scheme in {"", "file"} or len(parts.scheme) == 1:  # one letter: a Windows drive
        path = Path(parts.path if parts.scheme == "file" else address).expanduser()
        if not path.is_file():
            raise SettingsError(f"{path}: no such file. Check the path, or give an s3:// address.")
        return path
    if parts.scheme != "s3" or not parts.netloc or not parts.path.strip("/"):
        raise SettingsError(f"{address}: a path or s3://bucket/key is expected.")
    return _fetch_s3(parts.netloc, parts.path.lstrip("/"), folder, endpoint_url)


def _fetch_s3(bucket: str, key: str, folder: Path, endpoint_url: str) -> Path:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    address = f"s3://{bucket}/{key}"
    try:
        client = boto3.client("s3", endpoint_url=endpoint_url or None)
        head = client.head_object(Bucket=bucket, Key=key)
        version = key_of(address, head["ETag"], head["ContentLength"])
        final = folder / version / Path(key).name
        if final.is_file():
            return final
        with (
            building(final.parent) as draft,
            steps(f"Fetching {address}", head["ContentLength"]) as advance,
            (draft / final.name).open("wb") as file,
        ):
            client.download_fileobj(bucket, key, file, Callback=advance)
    except (BotoCoreError, ClientError) as exc:
        raise AtelierError(
            f"{address}: S3 said: {exc}. Check the address, the credentials (boto3's own chain) and "
            f"ATELIER_S3_ENDPOINT_URL (now {endpoint_url or 'not set'!r})."
        ) from exc
    return final


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_tree(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            _sync(path)
    _sync(folder)
