"""WikiArt as published with ArtGAN (Tan et al. 2019, doi:10.1109/TIP.2018.2866698): 81,446 works, 27 styles.

    <Style>/<artist-name>_<title-of-the-work>-<year>.jpg       in root, or in wikiart/ below it
    genre_train.csv, genre_val.csv     optional: "<Style>/<file>.jpg,<number>", no header
    genre_class.txt                    "<number> <genre>" a line; ArtGAN's ten where it is missing

The tables are looked for beside the styles, and in Genre/ and wikiart_csv/ there or in root. Their parts
(train, val) are read together: the platform splits by content.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from components.data.images.scan import Work, files_below, manifest_of
from components.data.manifest import Manifest, Rejected, Task
from components.data.sources.names import mended, person, tidy
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
"""In genre_class.txt's order."""

_TABLES = ("genre_train.csv", "genre_val.csv")
_BESIDE = (".", "Genre", "wikiart_csv")
_SUFFIXES = frozenset({".csv", ".txt", ".md"})


def read(root: Path, _task: Task | None = None) -> Manifest:
    """Every picture below a style's folder, with style, artist, and genre where ArtGAN's tables tell it.

    Raises:
        DataError: fewer than two styles, a table that cannot be read, or no picture that can be.
    """
    base = root / "wikiart" if (root / "wikiart").is_dir() else root
    genres = _genres([place / name for place in dict.fromkeys((base, root)) for name in _BESIDE])
    works: list[Work] = []
    rejected: list[Rejected] = []
    for path in files_below(root):
        style = _style(path, base)
        if style:
            works.append(Work(path, artist=artist(path.stem), style=style, genre=genres.get(_key(path), "")))
        elif path.suffix.lower() not in _SUFFIXES:
            rejected.append(
                Rejected(path.relative_to(root).as_posix(), "outside any style's folder", "outside")
            )
    styles = sorted({work.style for work in works})
    if len(styles) < 2:
        raise DataError(
            f"{root}: at least 2 style folders are expected, found {styles or 'none'}. Give the folder that "
            "holds them."
        )
    return manifest_of(works, root=root, source=NAME, rejected=rejected)


def artist(stem: str) -> str:
    """The artist a file is named after; "" where it names none: no "_", or nothing before it."""
    slug, found, _ = stem.partition("_")
    return person(slug) if found else ""


def _style(path: Path, base: Path) -> str:
    """The first folder below `base`, in words; "" for a file in none, and for a table's."""
    if not path.is_relative_to(base) or path.parent == base or path.suffix.lower() in _SUFFIXES:
        return ""
    return tidy(mended(path.relative_to(base).parts[0]).replace("_", " "))


def _key(path: Path) -> str:
    """Style folder and file, mended: tables and unpackers garble names each in their own way."""
    return mended(f"{path.parent.name}/{path.name}")


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
                lines = [
                    line.split(maxsplit=1)
                    for line in file.read_text("utf-8-sig").splitlines()
                    if line.strip()
                ]
                return {int(number): tidy(name.replace("_", " ")) for number, name in lines}
            except (OSError, ValueError) as exc:
                raise DataError(
                    f"{file}: lines as '4 landscape' are expected ({exc}). Fetch it again."
                ) from exc
    return dict(enumerate(GENRES))


def _rows(table: Path, names: dict[int, str]) -> Iterator[tuple[str, str]]:
    """(key, genre) of each row; a header is passed over.

    Raises:
        DataError: unreadable, or a row is not "path,number".
    """
    line = 0
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            for row in (reader := csv.reader(file)):
                line = reader.line_num
                if row and (line > 1 or row[-1].strip().isdigit()):
                    path, number = row
                    yield _key(Path(path.replace("\\", "/"))), names[int(number)]
    except (OSError, ValueError, KeyError, csv.Error) as exc:
        raise DataError(
            f"{table}: line {line}: '<Style>/<file>.jpg,<number>' is expected, numbers being those of "
            f"genre_class.txt ({exc}). Fetch it again."
        ) from exc
