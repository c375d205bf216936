"""One object to one file, over a connection that may break at any byte."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from components.errors import AtelierError
from components.storage import s3
from components.storage.etags import Remote, is_whole
from components.storage.files import key_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from types_boto3_s3 import S3Client

TRIES = 6
"""Breaks in a row, without a MiB won in between, after which an object is given up."""
VERSIONS = 4
"""Versions of an object that may replace each other while it is being fetched."""
PAUSE_SECONDS = 0.25
"""Before the second try; twice as long before each further one."""

_CHUNK = 64 * 1024
_PROGRESS_BYTES = 2**20


class _ChangedError(Exception):
    """The object is not the version that was listed any more."""


@dataclass(frozen=True)
class Transfer:
    """What the fetching of all objects of one mirror shares.

    Attributes:
        client: safe to use from many threads.
        bucket: where the objects are.
        parts: folder of what is not whole yet; a part's name tells object and version.
        advance: called with each number of bytes that came.
        stop: set when nothing more is to be fetched.
    """

    client: S3Client
    bucket: str
    parts: Path
    advance: Callable[[int], None]
    stop: Event = field(default_factory=Event)

    def part_of(self, remote: Remote) -> Path:
        """Where the object's bytes are gathered."""
        return self.parts / key_of(remote.name, remote.etag, remote.size)

    def address_of(self, remote: Remote) -> str:
        """s3://bucket/key, for people."""
        return f"s3://{self.bucket}/{remote.key}"


def download(transfer: Transfer, remote: Remote) -> tuple[Remote, Path] | None:
    """Fetch the object's bytes, going on where an earlier try stopped, and verify them.

    Returns:
        The version that came (another one than `remote` if it changed meanwhile) and its verified file,
        to be moved away; None if the object was removed meanwhile.

    Raises:
        AtelierError: the connection broke too often, the bytes are not the object's, or the disk is full.
            What came is kept and continued by the next call.
        BotoCoreError: the end point cannot be used at all; as is ClientError, when it refuses.
    """
    for _ in range(VERSIONS):
        part = transfer.part_of(remote)
        try:
            _download_whole(transfer, remote, part)
        except _ChangedError:
            part.unlink(missing_ok=True)
            now = _version_now(transfer, remote)
            if now is None:
                return None
            remote = now
        else:
            return remote, part
    raise AtelierError(
        f"{transfer.address_of(remote)}: it changed {VERSIONS} times while it was fetched. Fetch it when "
        "nobody writes there."
    )


def _download_whole(transfer: Transfer, remote: Remote, part: Path) -> None:
    """Gather bytes until they are the object's."""
    broken, damaged = 0, 0
    while True:
        before = _size(part)
        cause: Exception | None = None
        try:
            with _watching_version():
                if before < remote.size or not part.exists():
                    _download_rest(transfer, remote, part, before)
                if _size(part) >= remote.size:
                    if is_whole(transfer.client, transfer.bucket, remote, part):
                        return
                    part.unlink()
                    damaged += 1
        except s3.breaks() as exc:
            cause = exc
        if damaged > 1:
            raise AtelierError(
                f"{transfer.address_of(remote)}: twice the bytes that came were not those of its ETag "
                f"{remote.etag}. Something on the way alters them, or the object is damaged: upload it again."
            ) from cause
        broken = 1 if _size(part) - before >= _PROGRESS_BYTES else broken + 1
        if broken >= TRIES:
            raise AtelierError(
                f"{transfer.address_of(remote)}: the connection broke {TRIES} times in a row "
                f"({cause or 'it ended early'}); {_size(part):,} of {remote.size:,} bytes are kept. "
                "Run it again: it goes on from there."
            ) from cause
        if transfer.stop.wait(PAUSE_SECONDS * 2 ** (broken - 1)):
            raise AtelierError(
                f"{transfer.address_of(remote)}: stopped. Run it again: it goes on from there."
            )


def _download_rest(transfer: Transfer, remote: Remote, part: Path, have: int) -> None:
    """Ask for what is missing, of this version only, and write what comes."""
    version = f'"{remote.etag}"'
    if have:
        answer = transfer.client.get_object(
            Bucket=transfer.bucket, Key=remote.key, IfMatch=version, Range=f"bytes={have}-"
        )
    else:
        answer = transfer.client.get_object(Bucket=transfer.bucket, Key=remote.key, IfMatch=version)
    with closing(answer["Body"]) as body:
        if answer["ETag"].strip('"') != remote.etag:  # the end point does not know If-Match
            raise _ChangedError
        goes_on = have > 0 and answer.get("ContentRange", "").startswith(f"bytes {have}-")
        with part.open("ab" if goes_on else "wb") as file:
            for chunk in body.iter_chunks(_CHUNK):
                _write(file.write, chunk, transfer.address_of(remote))
                # What is fetched a second time, by an end point without ranges, has been counted.
                transfer.advance(len(chunk) if goes_on else max(0, min(len(chunk), file.tell() - have)))
                if transfer.stop.is_set():
                    raise AtelierError(f"{transfer.address_of(remote)}: stopped. Run it again.")


def _write(write: Callable[[bytes], object], chunk: bytes, address: str) -> None:
    try:
        write(chunk)
    except OSError as exc:  # not the connection's: must not be tried again
        raise AtelierError(
            f"{address}: cannot be written ({exc.strerror}). Make room and run it again: "
            "it goes on from there."
        ) from exc


@contextmanager
def _watching_version() -> Iterator[None]:
    """A refusal because the version is gone, and one because a part is longer than it, mean a new version."""
    try:
        yield
    except s3.refusals() as exc:
        if s3.code_of(exc) in {"PreconditionFailed", "412", "NoSuchKey", "404", "InvalidRange", "416"}:
            raise _ChangedError from exc
        raise


def _version_now(transfer: Transfer, remote: Remote) -> Remote | None:
    try:
        head = transfer.client.head_object(Bucket=transfer.bucket, Key=remote.key)
    except s3.refusals() as exc:
        if s3.code_of(exc) in {"NoSuchKey", "404"}:
            return None
        raise
    return Remote(remote.name, remote.key, head["ETag"].strip('"'), head["ContentLength"])


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
