"""Whether a local file is the object S3 holds: size, ETag, and the object's checksum where it has one."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from components.storage import s3

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import HeadObjectOutputTypeDef

_MIB = 2**20
_PART_SIZES = tuple(size * _MIB for size in (5, 8, 10, 15, 16, 20, 25, 32, 50, 64, 100, 128, 256, 512, 1024))
"""What uploaders cut objects into, for stores that do not say: 8 MiB is what boto3 and aws-cli take."""


@dataclass(frozen=True)
class Remote:
    """One version of one object: `name` below the prefix, `etag` without quotes, `size` in bytes."""

    name: str
    key: str
    etag: str
    size: int


def is_whole(client: S3Client, bucket: str, remote: Remote, path: Path) -> bool:
    """True when `path` holds the object's bytes, as far as S3 lets one know.

    | ETag | what is checked, beside the size |
    |---|---|
    | 32 hex digits | it is the MD5 of the bytes |
    | ... -N: uploaded in N parts | it is the MD5 of the parts' MD5s; sizes are asked for, else guessed |
    | any other, and of SSE-KMS or SSE-C | the object's own checksum of its whole (SHA-256, SHA-1, CRC32) |

    Where none of these can be had (no ETag that means something, no checksum) the size alone is checked.
    """
    if not path.is_file() or path.stat().st_size != remote.size:
        return False
    count = re.fullmatch(r"[0-9a-f]{32}(?:-([0-9]+))?", remote.etag)
    if count and count[1] is None and next(_md5s(path, [remote.size])).hexdigest() == remote.etag:
        return True
    if count and count[1] and _is_in_parts(client, bucket, remote, path, int(count[1])):
        return True
    # What is left: damaged, or an ETag that says nothing of the bytes.
    head = client.head_object(
        Bucket=bucket, Key=remote.key, IfMatch=f'"{remote.etag}"', ChecksumMode="ENABLED"
    )
    matches = _matches_checksum(head, path)
    if matches is not None:
        return matches
    encrypted = "SSECustomerAlgorithm" in head or "kms" in head.get("ServerSideEncryption", "")
    if encrypted or count is None:
        return True
    return count[1] is not None and _part_sizes(client, bucket, remote, int(count[1])) is None


def _is_in_parts(client: S3Client, bucket: str, remote: Remote, path: Path, count: int) -> bool:
    sizes = _part_sizes(client, bucket, remote, count)
    if sizes is not None:
        return _etag_in_parts(path, sizes) == remote.etag
    return any(
        _etag_in_parts(path, _cut(remote.size, size)) == remote.etag
        for size in _PART_SIZES
        if len(_cut(remote.size, size)) == count
    )


def _part_sizes(client: S3Client, bucket: str, remote: Remote, count: int) -> list[int] | None:
    """Bytes of each part as the store tells them; None where it does not."""

    def size_of(number: int) -> int:
        # Without If-Match: some stores compare it with the part's ETag.
        head = client.head_object(Bucket=bucket, Key=remote.key, PartNumber=number)
        return head["ContentLength"] if head.get("PartsCount", count) == count else 0

    if count == 1:
        return [remote.size]
    try:
        first = size_of(1)
        if not 0 < first < remote.size:
            return None
        even = _cut(remote.size, first)
        if len(even) == count and size_of(count) == even[-1]:
            return even
        sizes = [first, *(size_of(number) for number in range(2, count + 1))]
    except s3.refusals():
        return None
    return sizes if sum(sizes) == remote.size else None


def _cut(size: int, part: int) -> list[int]:
    return [min(part, size - start) for start in range(0, size, part)]


def _etag_in_parts(path: Path, sizes: Sequence[int]) -> str:
    digests = b"".join(digest.digest() for digest in _md5s(path, sizes))
    return f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(sizes)}"


def _md5s(path: Path, sizes: Sequence[int]) -> Iterator[hashlib._Hash]:
    """The MD5 of each part: guards against damage, not against people."""
    with path.open("rb") as file:
        for size in sizes:
            digest = hashlib.md5(usedforsecurity=False)
            left = size
            while left and (chunk := file.read(min(left, _MIB))):
                digest.update(chunk)
                left -= len(chunk)
            yield digest


def _matches_checksum(head: HeadObjectOutputTypeDef, path: Path) -> bool | None:
    """None where the object carries no checksum of its whole that can be computed here."""
    for expected, algorithm in ((head.get("ChecksumSHA256"), "sha256"), (head.get("ChecksumSHA1"), "sha1")):
        if wanted := _whole_checksum(expected):
            with path.open("rb") as file:
                return hashlib.file_digest(file, algorithm).digest() == wanted
    if wanted := _whole_checksum(head.get("ChecksumCRC32")):
        crc = 0
        with path.open("rb") as file:
            while chunk := file.read(_MIB):
                crc = zlib.crc32(chunk, crc)
        return crc.to_bytes(4, "big") == wanted
    return None


def _whole_checksum(checksum: str | None) -> bytes:
    """Its bytes; empty for none, and for a checksum of checksums ("...-3")."""
    return base64.b64decode(checksum) if checksum and "-" not in checksum else b""
