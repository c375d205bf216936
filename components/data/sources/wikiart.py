"""WikiArt as published with ArtGAN (Tan et al. 2019, doi:10.1109/TIP.2018.2866698): 81,446 works, 27 styles.

    <Style>/<artist-name>_<title-of-the-work>-<year>.jpg       in root, or in wikiart/ below it;
                                                               also in train/ and test/ there
    genre_train.csv, genre_val.csv     optional: "<Style>/<file>.jpg,<number>", no header
    genre_class.txt                    "<number> <genre>" a line; ArtGAN's ten where it is missing

The tables are looked for beside the styles, and in Genre/ and wikiart_csv/ there or in root. Their parts
(train, val) are read together: the platform splits by content.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from components.data.images.scan import Work, manifest_of
from components.data.manifest import Manifest, Rejected, Task
from components.data.sources.layout import class_folders
from components.data.sources.names import person_name, repair_name
from components.data.sources.tables import SAVE_AS, delimiter_of, read_text
from components.data.sources.walk import walk
from components.data.spelling import clean_name
from components.errors import DataError

NAME = "wikiart"
GENRES = (
    "abstract painting",
    "cityscape",
    "genre painting",
    "illustration",
    "landscape",
    "nude painting",
    "portrait",
    "religious painting",
    "sketch and study",
    "still life",
)
"""In the order of genre_class.txt: a genre's place is its number."""

_TABLES = ("genre_train.csv", "genre_val.csv")
_BESIDE = (".", "Genre", "wikiart_csv")
_SUFFIXES = frozenset({".csv", ".txt", ".md"})


def read(root: Path, _task: Task | None = None) -> Manifest:
    """Every picture below a style's folder, with style, artist, and genre where ArtGAN's tables have it.

    Raises:
        DataError: fewer than two styles, a table that cannot be read, or no picture that can be.
    """
    tree = walk(root)
    base = root / "wikiart" if (root / "wikiart").is_dir() else root
    genres = _genres([place / name for place in dict.fromkeys((base, root)) for name in _BESIDE])
    works = [
        Work(path, artist=artist(path.stem), style=_style(folder), genre=genres.get(_key(path), ""))
        for folder in class_folders(tree, base)
        for path in tree.below(folder)
        if path.suffix.lower() not in _SUFFIXES
    ]
    inside = {work.path for work in works}
    rejected = list(tree.rejected)
    rejected += [
        Rejected(tree.name_of(path), "outside any style's folder", "outside")
        for path in tree.files
        if path not in inside and path.suffix.lower() not in _SUFFIXES
    ]
    styles = sorted({work.style for work in works})
    if len(styles) < 2:
        raise DataError(
            f"{root}: at least 2 style folders are expected, found {styles or 'none'}. Give the folder that "
            "holds them."
        )
    return manifest_of(works, root=root, source=NAME, rejected=rejected)


def artist(stem: str) -> str:
    """The artist that a file's name begins with; "" where it has no "_", or nothing before it."""
    slug, sign, _ = stem.partition("_")
    return person_name(slug) if sign else ""


def _style(folder: Path) -> str:
    """The folder's name in words."""
    return clean_name(repair_name(folder.name).replace("_", " "))


def _key(path: Path) -> str:
    """Style folder and file, repaired: tables and unpackers garble names each in their own way."""
    return repair_name(f"{path.parent.name}/{path.name}")


def _genres(places: list[Path]) -> dict[str, str]:
    """Genre by style folder and file name; works that the tables put in two genres are left out."""
    names = _genre_names(places)
    genres: dict[str, str] = {}
    for table in (place / name for place in places for name in _TABLES):
        if table.is_file():
            for key, genre in _rows(table, names):
                genres[key] = genre if genres.get(key, genre) == genre else ""
    return genres


def _genre_names(places: list[Path]) -> dict[int, str]:
    for file in (place / "genre_class.txt" for place in places):
        if file.is_file():
            try:
                lines = [line.split(maxsplit=1) for line in read_text(file).splitlines() if line.strip()]
                return {int(number): clean_name(name.replace("_", " ")) for number, name in lines}
            except ValueError as exc:
                raise DataError(
                    f"{file}: lines as '4 landscape' are expected ({exc}). Fetch it again."
                ) from exc
    return dict(enumerate(GENRES))


def _rows(table: Path, names: dict[int, str]) -> Iterator[tuple[str, str]]:
    """(key, genre) of each row; a header is passed over.

    Raises:
        DataError: unreadable, or a row is not "path,number".
    """
    text = read_text(table)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter_of(text))
    try:
        for row in reader:
            if row and (reader.line_num > 1 or row[-1].strip().isdigit()):
                path, number = row
                yield _key(Path(path.replace("\\", "/"))), names[int(number)]
    except (ValueError, KeyError, csv.Error) as exc:
        raise DataError(
            f"{table}: line {reader.line_num}: '<Style>/<file>.jpg,<number>' is expected, numbers being "
            f"those of genre_class.txt ({exc}). Fetch it again. {SAVE_AS}"
        ) from exc
