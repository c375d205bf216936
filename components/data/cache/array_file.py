"""One kept array on disk: written row by row, checked in full when it is opened, memory-mapped.

    KEY/array.npy     a plain NumPy file
    KEY/about.json    a CRC-32 for each block of it; its modification time says when it was last asked for

The check reads everything, as damage anywhere must show. CRC-32 finds every burst of up to 32 bits and
all but one in 4 billion of other damage, at 2 GB/s a core where SHA-256 does 1.2 and BLAKE2 0.5; the
reading also brings the array into memory, where the first epoch wants it. It guards against disks and
crashes; whoever may write the folder can forge it.
"""

from __future__ import annotations

import errno
import fcntl
import io
import json
import math
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from components.data.threads import in_order

ARRAY = "array.npy"
ABOUT = "about.json"
BLOCK_BYTES = 4 * 2**20

_SHOWN_BYTES = 2**30
"""Arrays from here on take over a second to check, so a bar shows it."""

_CANNOT_RESERVE = {errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS}


@dataclass(frozen=True)
class Layout:
    """What an entry must hold: C order, any shape; dtype as NumPy spells it ("|u1", "<f4")."""

    shape: tuple[int, ...]
    dtype: str

    @property
    def nbytes(self) -> int:
        """Of the array itself."""
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize

    @property
    def header(self) -> bytes:
        """The first bytes of array.npy."""
        file = io.BytesIO()
        about = {"descr": self.dtype, "fortran_order": False, "shape": self.shape}
        np.lib.format.write_array_header_1_0(file, about)
        return file.getvalue()


def reserve(draft: Path, layout: Layout) -> None:
    """Claim the disk space of an entry, so that a full disk shows before the work and not after it.

    Raises:
        OSError: there is not enough; also when the file would be larger than is allowed.
    """
    size = len(layout.header) + layout.nbytes
    with (draft / ARRAY).open("wb") as file:
        file.truncate(size)  # others count it, also where a file system cannot reserve
        try:
            os.posix_fallocate(file.fileno(), 0, size)
        except OSError as exc:
            if exc.errno not in _CANNOT_RESERVE:
                raise


def write(draft: Path, layout: Layout, rows: Iterable[NDArray[Any] | bytes]) -> None:
    """Fill a reserved entry, in bounded memory.

    Plain writes, as a full disk under a memory-mapped file kills the process instead of raising.

    Args:
        draft: the folder, `reserve`d.
        layout: what is written.
        rows: the array's bytes in C order, in pieces of any length.

    Raises:
        OSError: the disk.
        ValueError: `rows` are more or fewer bytes than the layout has.
    """
    digests = _Digests()
    with (draft / ARRAY).open("r+b") as file:
        file.write(layout.header)
        for row in rows:
            data = memoryview(row if isinstance(row, bytes) else row.data).cast("B")
            file.write(data)
            digests.add(data)
        file.flush()
    if digests.nbytes != layout.nbytes:
        raise ValueError(f"{layout} has {layout.nbytes} bytes, received {digests.nbytes}.")
    about = {"shape": layout.shape, "dtype": layout.dtype, "block": BLOCK_BYTES, "crc32": digests.blocks()}
    (draft / ABOUT).write_text(json.dumps(about))


def opened(entry: Path, layout: Layout) -> NDArray[Any] | None:
    """A finished entry's array, read-only; None where there is none, or any byte is not what was written.

    It counts as in use, here and for other processes, until the last view of it is gone: the lock belongs
    to the open file, of which the memory map holds a copy.
    """
    try:
        about = json.loads((entry / ABOUT).read_text())
        with (entry / ARRAY).open("rb") as file:
            with suppress(OSError):  # a file system without locks: evicted files live on while mapped
                fcntl.flock(file, fcntl.LOCK_SH)
            if not _whole(file, layout, about["crc32"]):
                return None
            return np.memmap(file, np.dtype(layout.dtype), "r", len(layout.header), layout.shape)
    except (OSError, ValueError, LookupError, TypeError):
        return None


@contextmanager
def unused(entry: Path) -> Iterator[bool]:
    """Whether nobody has the entry open; nobody can come in while the block runs."""
    try:
        file = (entry / ARRAY).open("rb")
    except OSError:
        yield True
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            yield exc.errno not in {errno.EWOULDBLOCK, errno.EAGAIN}
        else:
            yield True


def _whole(file: BinaryIO, layout: Layout, expected: list[int]) -> bool:
    header = layout.header
    starts = range(0, layout.nbytes, BLOCK_BYTES)
    if os.fstat(file.fileno()).st_size != len(header) + layout.nbytes or len(expected) != len(starts):
        return False
    if os.pread(file.fileno(), len(header), 0) != header:
        return False

    def right(block: int) -> bool:
        # Read, not mapped: a bad sector is an error here, and the end of the process there.
        length = min(BLOCK_BYTES, layout.nbytes - starts[block])
        data = os.pread(file.fileno(), length, len(header) + starts[block])
        return zlib.crc32(data) == expected[block]

    if len(starts) == 1:
        return right(0)
    title = f"Checking {layout.nbytes / 2**30:.1f} GiB" if layout.nbytes >= _SHOWN_BYTES else None
    return all(in_order(right, range(len(starts)), title))


class _Digests:
    """CRC-32 of each block of what is added."""

    def __init__(self) -> None:
        self._done: list[int] = []
        self._digest = 0
        self.nbytes = 0

    def add(self, data: memoryview) -> None:
        while data:
            part = data[: BLOCK_BYTES - self.nbytes % BLOCK_BYTES]
            self._digest = zlib.crc32(part, self._digest)
            self.nbytes += len(part)
            if not self.nbytes % BLOCK_BYTES:
                self._done.append(self._digest)
                self._digest = 0
            data = data[len(part) :]

    def blocks(self) -> list[int]:
        return [*self._done, self._digest] if self.nbytes % BLOCK_BYTES else self._done
