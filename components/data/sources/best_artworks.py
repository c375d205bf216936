"""Kaggle's *Best Artworks of All Time*: artists.csv, and pictures that bear their artist's name.

    artists.csv                                     id, name, years, genre, nationality, bio, ...
    images/images/<Artist_Name>/<Artist_Name>_<N>.jpg    as they came: nested, or
    resized/resized/<Artist_Name>_<N>.jpg                flat (also resized/, or beside the csv)

The csv's `genre` column holds the artist's movements, comma-separated, and so gives the style of each
work; artists of more than one movement give none (study B1 drops them), or all of them where works may
bear several labels (study C9). What is painted is not known.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

from components.data import labels
from components.data.images.scan import Work, files_below, manifest_of
from components.data.manifest import Manifest, Rejected, Task
from components.data.sources.names import plain, tidy
from components.errors import DataError

NAME = "best-artworks"
NEEDED = ("name", "genre")

_TABLES = frozenset({".csv", ".json", ".txt", ".md"})

Tokens = tuple[str, ...]


def read(
    root: Path,
    _task: Task | None = None,
    *,
    source: str = NAME,
    synthetic: bool = False,
    several: bool = False,
) -> Manifest:
    """Every work whose artist stands in artists.csv, with artist and, where it is one only, movement.

    Args:
        root: the folder with artists.csv.
        source: the collection's name.
        synthetic: drawn by code, in the same layout.
        several: give an artist of several movements all of them, as `labels.joined` writes them.

    Raises:
        DataError: artists.csv is missing, lacks a column, or no picture can be used.
    """
    styles = read_artists(root / "artists.csv", several=several)
    artists = {tokens_of(name): name for name in styles}
    works: list[Work] = []
    pictures = _pictures(root)
    rejected = [
        Rejected(path.relative_to(root).as_posix(), "outside the pictures' folder", "outside")
        for path in _others(root, pictures)
    ]
    for path in pictures:
        artist = artist_of(path, artists)
        if artist is None:
            reason = "its name begins with no artist of artists.csv followed by a number"
            rejected.append(Rejected(path.relative_to(root).as_posix(), reason, "unknown"))
        else:
            works.append(Work(path, artist=artist, style=styles[artist]))
    return manifest_of(works, root=root, source=source, synthetic=synthetic, rejected=rejected)


def read_artists(path: Path, *, several: bool = False) -> dict[str, str]:
    """Each artist's one movement; for those with several "", or all of them where `several` may be.

    Raises:
        DataError: missing or unreadable, or a column is missing (named, with those found).
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            found = [name.strip() for name in rows.fieldnames or []]
            rows.fieldnames = found
            missing = [name for name in NEEDED if name not in found]
            if missing:
                raise DataError(f"{path}: the column(s) {missing} are missing; found {found}.")
            return {
                tidy(row["name"]): _style(row["genre"], several=several) for row in rows if tidy(row["name"])
            }
    except FileNotFoundError as exc:
        raise DataError(f"{path}: missing; Best Artworks has it beside its pictures.") from exc
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise DataError(f"{path}: not a readable UTF-8 table ({exc}). Fetch it again.") from exc


def artist_of(path: Path, artists: dict[Tokens, str]) -> str | None:
    """The longest artist's name that leads the file's name before a number, else the folder's name.

    Args:
        path: the picture.
        artists: name by its `tokens_of`.
    """
    for tokens in (tokens_of(path.stem), (*tokens_of(path.parent.name), "0")):
        for end in range(len(tokens) - 1, 0, -1):
            if tokens[:end] in artists and tokens[end].isdigit():
                return artists[tokens[:end]]
    return None


def tokens_of(name: str) -> Tokens:
    """A name's words in plain ASCII: "Albrecht_DuΓòá├¬rer_12" → ("albrecht", "durer", "12")."""
    return tuple(re.findall(r"[a-z]+|[0-9]+", plain(name)))


def _style(genre: str | None, *, several: bool) -> str:
    movements = [movement for movement in map(tidy, (genre or "").split(",")) if movement]
    return labels.joined(movements) if several or len(movements) == 1 else ""


def _pictures(root: Path) -> list[Path]:
    """The pictures of the first layout there is; full size before resized, as both hold the same works."""
    for folder in (root / "images", root / "resized"):
        if folder.is_dir() and (files := files_below(folder)):
            return files
    return [path for path in files_below(root) if path.suffix.lower() not in _TABLES and path.parent == root]


def _others(root: Path, pictures: list[Path]) -> list[Path]:
    """What lies elsewhere, but for tables and the same works at another size."""
    taken = set(pictures)
    return [
        path
        for path in files_below(root)
        if path not in taken
        and path.suffix.lower() not in _TABLES
        and path.relative_to(root).parts[0] != "resized"
    ]
