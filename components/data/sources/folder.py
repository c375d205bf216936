"""One folder a class: the folder's name is the label of the task it is read for; parts as in `layout`."""

from __future__ import annotations

from pathlib import Path

from components.data.images.scan import Work, manifest_of
from components.data.manifest import Manifest, Rejected, Task
from components.data.sources.layout import class_folders, empty_folders
from components.data.sources.walk import Tree, walk
from components.data.spelling import clean_name, name_key
from components.errors import DataError


def read(root: Path, task: Task) -> Manifest:
    """Every file below a class folder; the folder's name fills the column of `task`.

    Raises:
        DataError: fewer than two classes, parts beside classes, or no picture that can be read.
    """
    tree = walk(root)
    folders = class_folders(tree, root)
    names = sorted({name_key(folder.name): clean_name(folder.name) for folder in folders}.values())
    if len(names) < 2:
        raise DataError(
            f"{root}: at least 2 classes are needed, found {names or 'none'}; one folder a class is "
            f"expected.{_further_in(tree)}"
        )
    works = [Work(path, **{task.value: folder.name}) for folder in folders for path in tree.below(folder)]
    empty = empty_folders(tree, root)
    inside = {work.path for work in works}.union(*(tree.below(folder) for folder in empty))
    rejected = [
        *tree.rejected,
        *(
            Rejected(tree.name_of(folder), "a folder without pictures is no class", "empty")
            for folder in empty
        ),
        *(
            Rejected(tree.name_of(path), "outside any class folder", "outside")
            for path in tree.files
            if path not in inside
        ),
    ]
    return manifest_of(works, root=root, source=root.name, rejected=rejected)


def _further_in(tree: Tree) -> str:
    """A hint at a folder that holds several folders with pictures, where the one given does not."""
    for folder in tree.folders_in(tree.root):
        if len([inner for inner in tree.folders_in(folder) if tree.pictures_below(inner)]) > 1:
            return f" Perhaps --root {folder} is meant."
    return ""
