"""Collections, one reader a file; a new one is a file here and a line in SOURCES."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from components.data.manifest import Manifest, Task
from components.errors import DataError, SettingsError


def _synthetic(root: Path, task: Task) -> Manifest:  # noqa: ARG001 (a reader's one shape)
    from components.data.sources import synthetic

    return synthetic.read(root)


def _folder(root: Path, task: Task) -> Manifest:
    from components.data.sources import folder

    return folder.read(root, task)


def _best_artworks(root: Path, task: Task) -> Manifest:  # noqa: ARG001 (a reader's one shape)
    from components.data.sources import best_artworks

    return best_artworks.read(root)


SOURCES: dict[str, Callable[[Path, Task], Manifest]] = {
    "synthetic": _synthetic,
    "folder": _folder,
    "best_artworks": _best_artworks,
}


def read(source: str, root: Path, task: Task) -> Manifest:
    """Read a collection into a manifest without label and split.

    Args:
        source: a name in SOURCES.
        root: the collection's folder.
        task: which label the class folders of `folder` mean; the others know theirs.

    Raises:
        SettingsError: no such source, or no such folder.
        DataError: the folder does not hold what the source expects.
    """
    if source not in SOURCES:
        raise SettingsError(f"{source!r} is no source; expected one of {', '.join(SOURCES)}.")
    root = root.expanduser().resolve()
    if not root.is_dir():
        raise SettingsError(f"{root}: no such folder. Give the folder that holds the {source!r} collection.")
    if not any(root.iterdir()):
        raise DataError(f"{root}: the folder is empty. Put the {source!r} collection there, or give another.")
    return SOURCES[source](root, task)
