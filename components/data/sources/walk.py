"""The one walk through a collection's folder: the files that are read are those that a change is noticed by.

Linked folders and files are followed. What an archive, a system or a storage box puts beside the pictures
(see SYSTEM_FOLDERS) is passed over without a line; all else that cannot be read gets one.
"""

from __future__ import annotations

import os
import re
import stat
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from components.data.manifest import Rejected
from components.data.spelling import is_utf8, printable

SYSTEM_FOLDERS = frozenset(
    {
        *("__macosx", "__pycache__"),  # zip archives made on a Mac; Python
        *("@eadir", "@tmp", "@recycle", "@recently-snapshot", "#recycle", "#snapshot"),  # Synology, QNAP
        *("$recycle.bin", "recycler", "system volume information", "lost+found", "found.000"),
    }
)
"""In lower case; folders whose name begins with a dot are passed over as well."""

SYSTEM_FILES = frozenset(
    {
        *("thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "picasa.ini", "zbthumbnail.info"),
        "icon\r",
    }
)
"""In lower case; files whose name begins with a dot are passed over as well."""

_SYNOLOGY_FILE = re.compile(r"^SYNO\w+_THUMB|@Syno\w+$", re.IGNORECASE)

NOT_PICTURES = frozenset(
    {
        *(".csv", ".tsv", ".xls", ".xlsx", ".ods", ".json", ".jsonl", ".xml", ".yaml", ".yml", ".parquet"),
        *(".txt", ".md", ".rst", ".rtf", ".doc", ".docx", ".odt", ".pdf", ".html", ".htm", ".url", ".nfo"),
        *(".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".npy", ".npz", ".h5", ".pkl", ".mat"),
        *(".db", ".sqlite", ".ini", ".log", ".py", ".ipynb", ".sh", ".bat", ".xmp", ".sha256", ".md5"),
    }
)
"""Endings, in lower case, of files that are certainly no pictures; any other file may be one."""

NOT_UTF8 = "name is not UTF-8"
BROKEN_LINK = "link to nothing"
LOOP = "link to a folder above"
CLOSED = "cannot be opened"
NO_FILE = "not a file"
_HOW_TO_RENAME = (
    "; an archive unpacked with another code page leaves such names. Rename it, as by "
    "`convmv -r -f latin1 -t utf8 --notest FOLDER`, or unpack the archive anew as UTF-8"
)
UNREADABLE_NAMES = (NOT_UTF8, BROKEN_LINK, LOOP, CLOSED, NO_FILE)
"""Kinds of what is set aside before any file is opened; a whole folder may stand behind one line."""


@dataclass(frozen=True)
class Tree:
    """What lies below a collection's folder.

    Attributes:
        root: the folder.
        files: absolute paths below `root`, sorted; links are named as they stand, not resolved.
        stamps: of each file its size in bytes and its time of change in ns.
        folders: absolute paths of the folders below `root`, sorted.
        rejected: what cannot be read, each with its reason; paths below `root`.
    """

    root: Path
    files: tuple[Path, ...]
    stamps: tuple[tuple[int, int], ...]
    folders: tuple[Path, ...]
    rejected: tuple[Rejected, ...]

    def below(self, folder: Path) -> tuple[Path, ...]:
        """The files below a folder, at any depth."""
        return _inside(self.files, folder)

    def pictures_below(self, folder: Path) -> list[Path]:
        """The files below a folder that may be pictures, by their ending."""
        return [path for path in self.below(folder) if may_be_picture(path)]

    def folders_in(self, folder: Path) -> list[Path]:
        """The folders right below a folder."""
        return [path for path in self.folders_below(folder) if path.parent == folder]

    def folders_below(self, folder: Path) -> list[Path]:
        """The folders below a folder, at any depth."""
        return [path for path in _inside(self.folders, folder) if path != folder]

    def name_of(self, path: Path) -> str:
        """The path below `root`, as the manifest writes it."""
        return path.relative_to(self.root).as_posix()

    def listing(self) -> list[tuple[str, int, int]]:
        """Name, size and time of each file: what must change for the collection to be read again.

        Folders and what cannot be read stand in it too, with a size and time of 0.
        """
        rows = [(self.name_of(path), *stamp) for path, stamp in zip(self.files, self.stamps, strict=True)]
        rows += [(self.name_of(path), 0, 0) for path in self.folders]
        return sorted(rows + [(line.path, 0, 0) for line in self.rejected])


def walk(root: Path) -> Tree:
    """Every file and folder below `root`, through links, without those of systems and archives.

    A link to a folder that it lies in is not followed; two links to one folder are both read.
    """
    files: list[tuple[Path, tuple[int, int]]] = []
    folders: list[Path] = []
    rejected: list[Rejected] = []
    # Folders still to be read, each with the identities of itself and of those above it.
    waiting = [(root, frozenset({_identity(root, root.stat())}))]
    while waiting:
        folder, above = waiting.pop()
        try:
            here = list(folder.iterdir())
        except OSError as exc:
            rejected.append(_line(root, folder, CLOSED, f" ({exc.strerror}); check the rights of the folder"))
            continue
        for path in (path for path in here if not _is_of_a_system(path.name)):
            status = _status(path)
            if not isinstance(status, os.stat_result):
                rejected.append(_line(root, path, *status))
            elif stat.S_ISREG(status.st_mode) and is_utf8(str(path)):
                files.append((path, (status.st_size, status.st_mtime_ns)))
            elif stat.S_ISREG(status.st_mode):
                rejected.append(_line(root, path, NOT_UTF8, _HOW_TO_RENAME))
            elif (identity := _identity(path, status)) in above:
                rejected.append(_line(root, path, LOOP, "; following it would never end, so remove the link"))
            else:
                # A folder whose name is not UTF-8 is gone through, so that each file in it gets its line.
                folders += [path] if is_utf8(str(path)) else []
                waiting.append((path, above | {identity}))
    files.sort()
    return Tree(
        root=root,
        files=tuple(path for path, _ in files),
        stamps=tuple(stamp for _, stamp in files),
        folders=tuple(sorted(folders)),
        rejected=tuple(sorted(rejected, key=lambda line: line.path)),
    )


def may_be_picture(path: Path) -> bool:
    """False for the endings of tables, texts and archives."""
    return path.suffix.lower() not in NOT_PICTURES


def _is_of_a_system(name: str) -> bool:
    plain = name.lower()
    return (
        plain.startswith(".")
        or plain in SYSTEM_FOLDERS
        or plain in SYSTEM_FILES
        or _SYNOLOGY_FILE.search(name) is not None
    )


def _status(path: Path) -> os.stat_result | tuple[str, str]:
    """What the system says of a file or folder, or (kind, further words) why it cannot be read."""
    try:
        status = path.stat()
    except OSError as exc:
        if path.is_symlink():
            return BROKEN_LINK, f" ({path.readlink()}: {exc.strerror}); mend or remove the link"
        return CLOSED, f" ({exc.strerror}); check its rights"
    if stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode):
        return status
    return NO_FILE, ": a device, pipe or socket holds no picture"


def _line(root: Path, path: Path, kind: str, further: str) -> Rejected:
    return Rejected(printable(path.relative_to(root).as_posix()), printable(f"{kind}{further}"), kind)


def _identity(folder: Path, status: os.stat_result) -> tuple[int, int] | str:
    """Device and inode; some network file systems number no inodes, there the resolved path."""
    return (status.st_dev, status.st_ino) if status.st_ino else os.path.realpath(folder)


def _inside(paths: Sequence[Path], folder: Path) -> tuple[Path, ...]:
    """Those of sorted paths that lie below a folder: they stand together."""
    parts = folder.parts
    first = bisect_left(paths, parts, key=lambda path: path.parts[: len(parts)])
    last = bisect_right(paths, parts, key=lambda path: path.parts[: len(parts)])
    return tuple(paths[first:last])
