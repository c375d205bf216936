"""Rows of kept arrays, found again one by one: what was computed of a picture is copied, not made anew.

A fold, a refit or a grown collection has other arrays than the training before, of mostly the same pictures.
Beside an array stands what each of its rows was computed from, as a digest:

    KEY/rows-KIND.bin   16 bytes a row, and last a digest of all of them
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from components.data.cache import array_file
from components.data.cache.array_file import Layout
from components.data.cache.store import Store
from components.storage import write_atomically

DIGEST_BYTES = 16


def digest(*content: bytes) -> bytes:
    """What a row is computed from, in 16 bytes."""
    made = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for part in content:
        made.update(part)
    return made.digest()


def note(store: Store, key: str, kind: str, digests: Sequence[bytes]) -> None:
    """Write beside the array of `key` what its rows were computed from; a store that is full does without.

    Args:
        store: where the array is kept.
        key: of the array.
        kind: of how its rows are computed: rows of one kind may stand for each other. Hex digits.
        digests: one a row, in order.
    """
    content = b"".join(digests)
    with suppress(OSError):  # the array serves without it
        if (store.folder / key).is_dir():
            write_atomically(store.folder / key / _name(kind), content + digest(content))


class KeptRows:
    """The rows of one kind that a store holds, by what they were computed from."""

    def __init__(self, store: Store, kind: str, shape: tuple[int, ...], dtype: str) -> None:
        """Look through the store; arrays are opened, and checked, only when one of their rows is wanted.

        Args:
            store: of arrays.
            kind: as in `note`.
            shape: of a row.
            dtype: as `Layout` spells it.
        """
        self._shape, self._dtype = shape, dtype
        self._places: dict[bytes, tuple[Path, int]] = {}
        self._counts: dict[Path, int] = {}
        self._arrays: dict[Path, NDArray[Any] | None] = {}
        for file in sorted(store.folder.glob(f"*/{_name(kind)}")):
            digests = _read(file)
            self._counts[file.parent] = len(digests)
            self._places.update((row, (file.parent, number)) for number, row in enumerate(digests))

    def find(self, row: bytes) -> NDArray[Any] | None:
        """The row computed from that digest's content; None where none is kept whole."""
        if row not in self._places:
            return None
        entry, number = self._places[row]
        if entry not in self._arrays:
            layout = Layout((self._counts[entry], *self._shape), self._dtype)
            self._arrays[entry] = array_file.opened(entry, layout)
        array = self._arrays[entry]
        return None if array is None else array[number]


def _name(kind: str) -> str:
    return f"rows-{kind}.bin"


def _read(file: Path) -> list[bytes]:
    """The digests in a file; none where it is gone or damaged."""
    try:
        content = file.read_bytes()
    except OSError:  # dropped meanwhile
        return []
    rows = content[:-DIGEST_BYTES]
    if len(content) % DIGEST_BYTES or digest(rows) != content[-DIGEST_BYTES:]:
        return []
    return [rows[at : at + DIGEST_BYTES] for at in range(0, len(rows), DIGEST_BYTES)]
