"""Arrays that cost much to make and little to keep: made once, bounded in size, the oldest dropped first.

Decoded pictures and frozen features both live here. Each has a folder under a key of its content; any
number of processes may ask at once.
"""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from numpy.typing import NDArray

from components.data.cache import array_file
from components.data.cache.array_file import Layout
from components.errors import DataError
from components.settings import Settings
from components.storage import building

LIMIT_BYTES = 20 * 2**30

_LOCKS = ".locks"
_ROOM = "room"
_DRAFTS = ".*.part"

Rows = Callable[[], Iterable[NDArray[Any] | bytes]]


@dataclass(frozen=True)
class Usage:
    """What a store holds now."""

    entries: int
    bytes: int
    limit_bytes: int


@dataclass(frozen=True)
class Store:
    """A folder of kept arrays.

    Attributes:
        folder: safe to delete.
        limit_bytes: of all arrays together. What was asked for longest ago goes when another comes; what
            any process has open stays. An array that is larger than the bound, or finds the rest in use,
            is kept all the same, with a warning that names the bound.
    """

    folder: Path
    limit_bytes: int = LIMIT_BYTES

    def array(self, key: str, layout: Layout, rows: Rows, what: str) -> NDArray[Any]:
        """The array of `key`, memory-mapped and read-only; made by `rows` unless it is here and undamaged.

        One process makes it; whoever asks meanwhile waits and reads.

        Args:
            key: of everything that the array depends on.
            layout: its shape and type.
            rows: called if it must be made: its bytes in C order, in pieces of any length.
            what: it is, for messages ("decoded pictures").

        Raises:
            DataError: the disk is full or cannot be used. Nothing half-written is left.
        """
        entry = self.folder / key
        array = self._kept(entry, layout)
        if array is not None:
            return array
        try:
            with self._lock(key):
                array = self._kept(entry, layout)
                if array is None:
                    self._make(entry, layout, rows, what)
                    array = self._kept(entry, layout)
        except OSError as exc:
            raise DataError(
                f"{self.folder}: {layout.nbytes / 2**20:,.1f} MiB of {what} cannot be written "
                f"({exc.strerror or exc}). Free some, or set ATELIER_HOME to another disk."
            ) from exc
        if array is None:
            raise DataError(f"{entry}: the {what} just written cannot be read back. Check the disk.")
        return array

    def usage(self) -> Usage:
        """How many arrays there are, and their bytes on the disk, those being written included."""
        kept = self._entries()
        return Usage(len(kept), sum(map(_size, kept + self._drafts())), self.limit_bytes)

    def clear(self) -> int:
        """Drop every array that nobody has open, and what killed processes left; the bytes freed."""
        if not self.folder.is_dir():
            return 0
        with self._lock(_ROOM):
            before = self.usage().bytes
            self._sweep()
            for entry in self._entries():
                self._evict(entry)
            return before - self.usage().bytes

    def _kept(self, entry: Path, layout: Layout) -> NDArray[Any] | None:
        array = array_file.opened(entry, layout)
        if array is not None:
            with suppress(OSError):  # a folder that may only be read serves all the same
                os.utime(entry / array_file.ABOUT)
        return array

    def _make(self, entry: Path, layout: Layout, rows: Rows, what: str) -> None:
        shutil.rmtree(entry, ignore_errors=True)
        for left in self.folder.glob(f".{entry.name}.*.part"):  # we hold its lock: its maker is dead
            shutil.rmtree(left, ignore_errors=True)
        with building(entry) as draft:
            with self._lock(_ROOM):
                self._make_room(layout.nbytes, what, draft)
                array_file.reserve(draft, layout)
            with _closed(rows()) as pieces:
                array_file.write(draft, layout, pieces)

    def _make_room(self, needed: int, what: str, draft: Path) -> None:
        """Drop the oldest until `needed` bytes fit below the bound and on the disk."""
        self._sweep()
        kept = sorted(self._entries(), key=_asked_for)
        used = sum(map(_size, kept)) + sum(_size(other) for other in self._drafts() if other != draft)
        for entry in kept:
            if used + needed <= self.limit_bytes and needed <= shutil.disk_usage(self.folder).free:
                return
            size = _size(entry)
            if self._evict(entry):
                used -= size
        if used + needed > self.limit_bytes:
            # Not a log line: MLflow's migrations switch off the loggers that are there before them.
            warnings.warn(
                f"{self.folder}: {needed / 2**30:.2f} GiB of {what} beside {used / 2**30:.2f} GiB in use are "
                f"over the bound of {self.limit_bytes / 2**30:.2f} GiB. Raise ATELIER_CACHE_BYTES, or take "
                "fewer or smaller pictures.",
                UserWarning,
                stacklevel=2,
            )

    def _sweep(self) -> None:
        """Remove drafts of killed processes: those whose lock nobody holds."""
        for draft in self._drafts():
            with suppress(Timeout), self._lock(draft.name.split(".")[1], timeout=0):
                shutil.rmtree(draft, ignore_errors=True)

    def _evict(self, entry: Path) -> bool:
        """Drop an entry unless someone makes or has it."""
        with suppress(Timeout, OSError), self._lock(entry.name, timeout=0):
            with array_file.unused(entry) as free:
                if not free:
                    return False
                # Gone in one step; a process killed from here on leaves what _sweep removes.
                gone = entry.rename(entry.with_name(f".{entry.name}.gone.part"))
            shutil.rmtree(gone, ignore_errors=True)
            return True
        return False

    def _entries(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return [path for path in self.folder.iterdir() if path.is_dir() and not path.name.startswith(".")]

    def _drafts(self) -> list[Path]:
        return list(self.folder.glob(_DRAFTS))

    def _lock(self, name: str, timeout: float = -1) -> FileLock:
        """One file a name. They stay, empty: to remove a lock that others may wait for is a race."""
        (self.folder / _LOCKS).mkdir(parents=True, exist_ok=True)
        return FileLock(self.folder / _LOCKS / f"{name}.lock", timeout=timeout)


def of(settings: Settings) -> Store:
    """The store of this home: decoded pictures and features, bounded together."""
    return Store(settings.cache / "arrays", settings.cache_bytes)


@contextmanager
def _closed(pieces: Iterable[NDArray[Any] | bytes]) -> Iterator[Iterable[NDArray[Any] | bytes]]:
    """End a generator with its threads and its bar now, not when an exception's trace is forgotten."""
    try:
        yield pieces
    finally:
        if isinstance(pieces, Generator):
            pieces.close()


def _asked_for(entry: Path) -> float:
    """When an entry was last asked for; a damaged one never."""
    try:
        return (entry / array_file.ABOUT).stat().st_mtime
    except OSError:
        return 0.0


def _size(folder: Path) -> int:
    size = 0
    with suppress(OSError):  # it may vanish meanwhile
        size = sum(path.stat().st_size for path in folder.iterdir())
    return size
