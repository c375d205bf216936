"""A local copy of everything below an s3:// address: parallel, resumable, verified, equal to what is there.

folder/files/<last part of the address>/...    the objects, and nothing else; this is what is returned
folder/index.json                              address, and of each object its ETag, size and file's time
folder/parts/                                  what is not whole yet
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from components.errors import AtelierError, SettingsError
from components.progress import steps
from components.storage import s3
from components.storage.etags import Remote, is_whole
from components.storage.files import sync, write_atomically
from components.storage.objects import Transfer, download

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

INDEX = "index.json"

Entry = dict[str, str | int]
"""etag, size in bytes, and the local file's mtime_ns."""


def mirror(address: str, folder: Path, endpoint_url: str = "", *, threads: int = 8) -> Path:
    """Make a local folder equal to what lies below `address`.

    Objects already here are skipped when neither they (ETag, size) nor their files (size, time) changed;
    changed ones are fetched anew, removed ones removed. A broken object goes on where it stopped, in this
    run or the next, and only if it is still the same version. What is checked of each is told by
    `components.storage.etags.is_whole`. A file appears under its name whole, or not at all.

    Args:
        address: s3://bucket/prefix, read as a folder: s3://b/pandora is not s3://b/pandora-18k; or s3://bucket.
        folder: kept for this one address; two processes may ask at once, the second waits.
        endpoint_url: another store than Amazon's; credentials come by boto3's own chain.
        threads: objects at a time.

    Returns:
        The folder that holds the files.

    Raises:
        SettingsError: no such address, too few threads, or `folder` mirrors another address.
        AtelierError: nothing lies there, a key would leave the folder, S3 refused, or an object would not
            come whole; what is here already is kept for the next run.
    """
    from filelock import FileLock

    bucket, prefix = s3.bucket_and_key(address)
    if threads < 1:
        raise SettingsError(f"threads={threads}: at least 1 is needed.")
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"), s3.translated(address, endpoint_url):
        entries = _entries(folder / INDEX, address)
        client = s3.client_for(endpoint_url, connections=threads)
        remotes = _list_objects(client, bucket, prefix, address)
        files = folder / "files" / (prefix.rpartition("/")[2] or bucket)
        files.mkdir(parents=True, exist_ok=True)
        _prune(files, {remote.name for remote in remotes})
        kept = {remote.name: entries[remote.name] for remote in remotes if _is_kept(remote, entries, files)}
        try:
            missing = [remote for remote in remotes if remote.name not in kept]
            if missing:
                with _transfer(client, address, folder / "parts", missing) as transfer:
                    # One by one: a failure loses none of those before it.
                    kept.update(_downloads(transfer, missing, files, threads))
        finally:
            if kept != entries or not (folder / INDEX).exists():
                index = {"address": address, "objects": kept}
                write_atomically(folder / INDEX, json.dumps(index, ensure_ascii=False, indent=0))
        _prune(files, set(kept))
    return files


def _list_objects(client: S3Client, bucket: str, prefix: str, address: str) -> list[Remote]:
    """Every object below the prefix, sorted by name; markers of empty folders are none.

    Raises:
        AtelierError: there is none, or a key cannot be a file below a folder.
    """
    below = f"{prefix}/" if prefix else ""
    remotes = []
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=below):
        for item in page.get("Contents", []):
            name = item["Key"].removeprefix(below)
            if item["Key"].endswith("/") and item["Size"] == 0:
                continue
            remotes.append(Remote(name, item["Key"], item["ETag"].strip('"'), item["Size"]))
    if not remotes:
        raise AtelierError(
            f"{address}: no object lies below it. Check the address; it is read as a folder's."
        )
    _refuse_bad_keys({remote.name: remote.key for remote in remotes}, bucket, prefix)
    return sorted(remotes, key=lambda remote: remote.name)


def _refuse_bad_keys(keys: dict[str, str], bucket: str, prefix: str) -> None:
    hint = "Rename the object, or mirror another prefix."
    if {".", ".."} & set(prefix.split("/")):
        raise AtelierError(f"s3://{bucket}/{prefix}: its parts may not be '.' or '..'. {hint}")
    for name, key in keys.items():
        parts = name.split("/")
        if {"", ".", ".."} & set(parts) or re.search(r"[\\\0]|^[A-Za-z]:", name):
            raise AtelierError(f"s3://{bucket}/{key}: such a key names no file below the folder. {hint}")
        for end in range(1, len(parts)):
            if (parent := "/".join(parts[:end])) in keys:
                raise AtelierError(
                    f"s3://{bucket}/{key}: {keys[parent]!r} would be a file and a folder at once. {hint}"
                )


def _entries(path: Path, address: str) -> dict[str, Entry]:
    """What the index says is here; nothing where it cannot be read: then the files themselves are checked."""
    try:
        index = json.loads(path.read_text())
        of, entries = str(index["address"]), dict(index["objects"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    if s3.bucket_and_key(of) != s3.bucket_and_key(address):
        raise SettingsError(f"{path.parent}: it mirrors {of}, not {address}. Give another folder.")
    return entries


def _is_kept(remote: Remote, entries: dict[str, Entry], files: Path) -> bool:
    path = files / remote.name
    if not path.is_file() or path.stat().st_size != remote.size:
        return False
    return entries.get(remote.name) == _entry(remote.etag, path)


def _entry(etag: str, path: Path) -> Entry:
    stat = path.stat()
    return {"etag": etag, "size": stat.st_size, "mtime_ns": stat.st_mtime_ns}


def _prune(files: Path, names: set[str]) -> None:
    """Remove what is not below the address (any more), and folders left empty."""
    for folder, _, names_here in os.walk(files, topdown=False):
        here = Path(folder)
        for file in names_here:
            if (here / file).relative_to(files).as_posix() not in names:
                (here / file).unlink()
        if here != files and not any(here.iterdir()):
            here.rmdir()


@contextmanager
def _transfer(client: S3Client, address: str, parts: Path, missing: list[Remote]) -> Iterator[Transfer]:
    """Progress, room and leftovers looked after.

    Raises:
        AtelierError: the disk has not the room.
    """
    parts.mkdir(exist_ok=True)
    lock = Lock()
    with steps(f"Mirroring {address}", sum(remote.size for remote in missing)) as log_bytes:

        def advance(count: int) -> None:
            with lock:
                log_bytes(count)

        transfer = Transfer(client, s3.bucket_and_key(address)[0], parts, advance)
        wanted = {transfer.part_of(remote) for remote in missing}
        for part in parts.iterdir():
            if part in wanted:
                advance(part.stat().st_size)
            else:
                part.unlink()
        here = sum(part.stat().st_size for part in parts.iterdir())
        needed, free = sum(remote.size for remote in missing) - here, shutil.disk_usage(parts).free
        if needed > free:
            raise AtelierError(
                f"{address}: {needed:,} bytes are still to come, and {parts} has room for {free:,}. Make "
                "room, or set ATELIER_HOME to a larger disk."
            )
        yield transfer


def _downloads(
    transfer: Transfer, missing: list[Remote], files: Path, threads: int
) -> Iterator[tuple[str, Entry]]:
    """(name, entry) of each object as it is whole; the first failure stops the rest."""
    pool = ThreadPoolExecutor(max_workers=threads)
    try:
        waiting = [pool.submit(_download_to, transfer, remote, files / remote.name) for remote in missing]
        for done in as_completed(waiting):
            if (entry := done.result()) is not None:
                yield entry
    finally:
        transfer.stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


def _download_to(transfer: Transfer, remote: Remote, final: Path) -> tuple[str, Entry] | None:
    """Make `final` the object, if it is not by now; None if the object was removed meanwhile."""
    with suppress(s3.refusals()):  # the object is another one by now, or gone: `download` sees to it
        # An index was lost, or the file touched.
        if is_whole(transfer.client, transfer.bucket, remote, final):
            return remote.name, _entry(remote.etag, final)
    downloaded = download(transfer, remote)
    if downloaded is None:
        return None
    version, part = downloaded
    final.parent.mkdir(parents=True, exist_ok=True)
    sync(part)
    part.replace(final)
    return remote.name, _entry(version.etag, final)
