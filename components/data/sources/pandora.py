"""Pandora, paintings by art movement (Florea et al. 2016, arXiv:1602.08855: 7K, 12 movements; and 2017: 18K).

    01_Byzantin_Iconography/<Artist>/*.jpg
    16_AbstractArt/<Kind>/<Artist>/*.jpg        a movement in parts
    05_Baroque/*.jpg                            pictures of no named artist

The movements are numbered folders, whatever they are called, in `root`, in one folder below it, or in
train/ and test/ there. The style
is the movement in words ("Byzantin Iconography", "Abstract Art"; the makers' spelling is kept, as their
papers' tables are). The genre of a work is not known.

18K's movements, in order: Byzantin Iconography, Early Renaissance, Northern Renaissance, High Renaissance,
Baroque, Rococo, Romanticism, Realism, Impressionism, Post Impressionism, Expressionism, Symbolism,
Fauvism, Cubism, Surrealism, Abstract Art, Naive Art, Pop Art.
"""

from __future__ import annotations

import re
from pathlib import Path

from components.data.images.scan import Work, manifest_of
from components.data.manifest import Manifest, Rejected, Task
from components.data.sources.layout import is_part, refuse_parts_beside_classes
from components.data.sources.names import repair_name
from components.data.sources.walk import Tree, walk
from components.data.spelling import clean_name
from components.errors import DataError

NAME = "pandora"
_NUMBERED = re.compile(r"(?:[0-9]+[\s._-]+|[0-9]{2})(?=[^\W\d_])")
"""The number before a movement's name; a folder "7k" has none."""


def read(root: Path, _task: Task | None = None) -> Manifest:
    """Every picture below a movement's folder, with style and, from the folder right above it, artist.

    Raises:
        DataError: fewer than two numbered folders, or no picture that can be read.
    """
    tree = walk(root)
    movements = _movements(tree)
    works: list[Work] = []
    rejected = list(tree.rejected)
    for folder in movements:
        files = tree.below(folder)
        works += [Work(path, artist=_artist(path, folder), style=movement(folder.name)) for path in files]
        if not files:
            rejected.append(Rejected(tree.name_of(folder), "an empty movement", "empty"))
    inside = {work.path for work in works}
    rejected += [
        Rejected(tree.name_of(path), "outside any numbered movement", "outside")
        for path in tree.files
        if path not in inside
    ]
    return manifest_of(works, root=root, source=NAME, rejected=rejected)


def movement(folder: str) -> str:
    """The movement in words: "16_AbstractArt" → "Abstract Art"."""
    return _words(_NUMBERED.sub("", repair_name(folder), count=1))


def _words(name: str) -> str:
    return clean_name(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.replace("_", " ")))


def _artist(path: Path, movement_folder: Path) -> str:
    if path.parent == movement_folder:
        return ""
    return clean_name(repair_name(path.parent.name).replace("_", " "))


def _movements(tree: Tree) -> list[Path]:
    """The numbered folders, in `root`, in the one folder of it that holds several, or in all its parts."""
    here = tree.folders_in(tree.root)
    parts = [folder for folder in here if is_part(folder.name)]
    named = [folder for folder in here if folder in parts or _NUMBERED.match(folder.name)]
    refuse_parts_beside_classes(tree, [folder for folder in named if tree.pictures_below(folder)])
    for places in ([tree.root], parts, *([folder] for folder in here)):
        numbered = [
            folder for place in places for folder in tree.folders_in(place) if _NUMBERED.match(folder.name)
        ]
        if len({movement(folder.name) for folder in numbered}) > 1:
            return numbered
    names = [folder.name for folder in here]
    raise DataError(
        f"{tree.root}: at least 2 numbered movement folders ('05_Baroque') are expected, found "
        f"{names or 'none'}. Give the folder that holds them; collections of other folders are read by the "
        "source 'folder'."
    )
