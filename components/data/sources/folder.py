"""One folder a class: the folder's name is the label of the task it is read for.

    root/Cubism/*.jpg                 or            root/train/Cubism/*.jpg
    root/Pop Art/**/*.png                           root/val/Cubism/*.jpg

Parts made by somebody else (train, val, test) are read together: the platform splits by content, so
that copies of a work never stand on both sides.
"""

from __future__ import annotations

from pathlib import Path

from components.data.images.scan import Work, files_below, manifest_of
from components.data.manifest import Manifest, Rejected, Task
from components.errors import DataError

PARTS = frozenset({"train", "training", "val", "valid", "validation", "test", "testing"})


def read(root: Path, task: Task) -> Manifest:
    """Every picture below a class folder; the folder's name fills the column of `task`.

    Raises:
        DataError: fewer than two classes, or no picture that can be read.
    """
    works: list[Work] = []
    rejected: list[Rejected] = []
    for folder in _class_folders(root):
        files = files_below(folder)
        works += [Work(path, **{task.value: folder.name}) for path in files]
        if not files:
            rejected.append(Rejected(folder.relative_to(root).as_posix(), "an empty class folder", "empty"))
    names = sorted({folder.name for folder in _class_folders(root)})
    if len(names) < 2:
        raise DataError(
            f"{root}: at least 2 classes are needed, found {names or 'none'}; one folder a class is expected."
        )
    inside = {work.path for work in works}
    rejected += [
        Rejected(path.relative_to(root).as_posix(), "outside any class folder", "outside")
        for path in files_below(root)
        if path not in inside
    ]
    return manifest_of(works, root=root, source=root.name, rejected=rejected)


def _class_folders(root: Path) -> list[Path]:
    """The folders that bear a class's name; a class has several where the collection came in parts."""
    folders = _folders(root)
    if folders and all(folder.name.lower() in PARTS for folder in folders):
        return [inner for folder in folders for inner in _folders(folder)]
    return folders


def _folders(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
