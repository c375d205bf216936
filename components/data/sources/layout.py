"""Which folders of a collection are its classes, and which are parts that somebody else made of it.

    root/Cubism/*.jpg                 or            root/train/Cubism/*.jpg
    root/Pop Art/**/*.png                           root/val/Cubism/*.jpg

Parts are read together: the platform splits by content, so that copies of a work never stand on both sides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from components.data.sources.walk import Tree
from components.data.spelling import clean_name
from components.errors import DataError

_PART = re.compile(
    r"(train(ing)?|val(id(ation)?)?|dev(elopment)?|test(ing)?|eval(uation)?|hold[ _-]?out)"
    r"([ _.-]*(set|split|data|images|pictures))?([ _.-]*[0-9]+)?",
    re.IGNORECASE,
)
"""train, training_set, val, validation, Test, test-set, train_1, ..."""

_SHOWN = 5


def is_part(name: str) -> bool:
    """True for the usual names of parts of a collection, in any case."""
    return _PART.fullmatch(name.strip()) is not None


def class_folders(tree: Tree, place: Path) -> list[Path]:
    """The folders that bear a class's name; a class has several where the collection came in parts.

    Folders without pictures are none. Parts of parts ("train/train/Cubism") are gone through.

    Args:
        tree: the collection.
        place: its folder that holds the classes or the parts.

    Raises:
        DataError: parts stand beside other folders with pictures, or all folders hold the same folders
            and so are parts under other names.
    """
    folders = _with_pictures(tree, [place])
    while folders and all(is_part(folder.name) for folder in folders):
        folders = _with_pictures(tree, folders)
    refuse_parts_beside_classes(tree, folders)
    _refuse_unnamed_parts(tree, folders)
    return folders


def empty_folders(tree: Tree, place: Path) -> list[Path]:
    """The folders right below `place`, or below parts there, without pictures: no classes, but told of."""
    here = tree.folders_in(place)
    parts = [folder for folder in here if is_part(folder.name)]
    inside = [folder for part in parts for folder in tree.folders_in(part)]
    return [folder for folder in (*here, *inside) if not tree.pictures_below(folder)]


def _with_pictures(tree: Tree, places: Sequence[Path]) -> list[Path]:
    return [folder for place in places for folder in tree.folders_in(place) if tree.pictures_below(folder)]


def refuse_parts_beside_classes(tree: Tree, folders: Sequence[Path]) -> None:
    """Raises a DataError where some of these folders with pictures bear names of parts and others do not."""
    parts = [tree.name_of(folder) for folder in folders if is_part(folder.name)]
    classes = [tree.name_of(folder) for folder in folders if not is_part(folder.name)]
    if parts and classes:
        raise DataError(
            f"{tree.root}: {_shown(parts)} bear the usual names of parts (train, validation, test), but "
            f"stand beside {_shown(classes)}. If they are parts, move the other folders away, or give a "
            "folder that holds parts or classes alone; if they are classes, rename them."
        )


def _refuse_unnamed_parts(tree: Tree, folders: Sequence[Path]) -> None:
    """Folders are parts or collections, not classes, where each holds the classes anew.

    That is so where all hold the same two or more folders ("round 1/Cubism", "round 2/Cubism"), or each
    holds parts with classes in them ("old/train/Cubism", "new/train/Cubism").
    """
    inner = [_class_names(tree, [folder]) for folder in folders]
    if len(folders) < 2:
        return
    same = len(inner[0]) > 1 and all(names == inner[0] for names in inner)
    # Each class in parts of its own ("Cubism/train/*.jpg", "Cubism/test/*.jpg") is a usual layout.
    if (same and not all(map(is_part, inner[0]))) or all(_holds_parts(tree, folder) for folder in folders):
        raise DataError(
            f"{tree.root}: {_shown([tree.name_of(folder) for folder in folders])} all hold the same folders "
            f"({_shown(sorted(inner[0]))}), so they look like parts of a collection, not like classes. If "
            "they are parts, rename them to train, validation and test, or give one of them; if they are "
            "classes, put their pictures right into them."
        )


def _class_names(tree: Tree, places: Sequence[Path]) -> set[str]:
    return {clean_name(folder.name) for folder in _with_pictures(tree, places)}


def _holds_parts(tree: Tree, folder: Path) -> bool:
    """Whether a part with two classes or more lies below a folder, at any depth."""
    parts = (below for below in tree.folders_below(folder) if is_part(below.name))
    return any(len(_class_names(tree, [part])) > 1 for part in parts)


def _shown(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:_SHOWN])) + (f" and {len(names) - _SHOWN} more" * (len(names) > _SHOWN))
