"""Kaggle's *Best Artworks of All Time*: artists.csv, and pictures that bear their artist's name.

    artists.csv                                     id, name, years, genre, nationality, bio, ...
    images/images/<Artist_Name>/<Artist_Name>_<N>.jpg    as they came: nested, or
    resized/resized/<Artist_Name>_<N>.jpg                flat (also resized/, or beside the csv)

The csv's `genre` column holds the artist's movements, comma-separated, and so gives the style of each
work. Works by artists of more than one movement have no style (study B1 drops them), or all of the
movements where works may have several labels (study C9). The genre of a work is not known.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from components.data import labels
from components.data.images.scan import Work, manifest_of
from components.data.manifest import Manifest, Rejected, Task
from components.data.sources.names import ascii_key
from components.data.sources.tables import Row, read_table
from components.data.sources.walk import Tree, walk
from components.data.spelling import choose_spellings, clean_name, name_key
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
    """Every work whose artist stands in artists.csv, with the artist and, if there is only one, movement.

    Args:
        root: the folder with artists.csv.
        source: the collection's name.
        synthetic: drawn by code, in the same layout.
        several: give an artist of several movements all of them, as `labels.join_names` writes them.

    Raises:
        DataError: artists.csv is missing, lacks a column, or no picture can be used.
    """
    styles = read_artists(root / "artists.csv", several=several)
    artists = {tokens_of(name): name for name in styles}
    tree = walk(root)
    works: list[Work] = []
    pictures = _pictures(tree)
    rejected = list(tree.rejected)
    rejected += [
        Rejected(tree.name_of(path), "outside the pictures' folder", "outside")
        for path in _others(tree, pictures)
    ]
    for path in pictures:
        artist = artist_of(path, artists)
        if artist is None:
            reason = "its name begins with no artist of artists.csv followed by a number"
            rejected.append(Rejected(tree.name_of(path), reason, "unknown"))
        else:
            works.append(Work(path, artist=artist, style=styles[artist]))
    return manifest_of(works, root=root, source=source, synthetic=synthetic, rejected=rejected)


def read_artists(path: Path, *, several: bool = False) -> dict[str, str]:
    """The movement of each artist; for an artist of several "", or all of them where `several` is true.

    An artist who stands in two rows that agree is read once, as the first row spells the name.

    Raises:
        DataError: missing or unreadable, a column is missing (named, with those found), or two rows give
            one artist different movements.
    """
    rows = read_table(path, NEEDED, missing="Best Artworks has it beside its pictures")
    movements = {
        row.line: [name for name in map(clean_name, row["genre"].split(",")) if name] for row in rows
    }
    spelling = choose_spellings(Counter(name for names in movements.values() for name in names))
    styles: dict[str, str] = {}
    first: dict[Tokens, Row] = {}
    for row in rows:
        name, tokens = clean_name(row["name"]), tokens_of(row["name"])
        if not name:
            continue
        before = first.setdefault(tokens or (name,), row)
        if before is row:
            styles[name] = _style([spelling[movement] for movement in movements[row.line]], several=several)
        elif {*map(name_key, movements[row.line])} != {*map(name_key, movements[before.line])}:
            raise DataError(
                f"{path}: line {before.line} gives {clean_name(before['name'])!r} the movement(s) "
                f"{before['genre']!r}, line {row.line} {name!r} {row['genre']!r}. Keep one row for each "
                "artist; several movements stand in one cell, with commas between them."
            )
    return styles


def artist_of(path: Path, artists: dict[Tokens, str]) -> str | None:
    """The artist whose name, the longest that fits, stands before a number in the file's name.

    Where the file's name begins with none, the folder's name decides.

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
    return tuple(re.findall(r"[a-z]+|[0-9]+", ascii_key(name)))


def _style(movements: Sequence[str], *, several: bool) -> str:
    if several:
        return labels.join_names(movements)
    return movements[0] if len(movements) == 1 else ""


def _pictures(tree: Tree) -> Sequence[Path]:
    """The pictures of the first layout that has any; full size before resized: both hold the same works."""
    for folder in (tree.root / "images", tree.root / "resized"):
        if files := tree.below(folder):
            return files
    return [path for path in tree.files if path.suffix.lower() not in _TABLES and path.parent == tree.root]


def _others(tree: Tree, pictures: Sequence[Path]) -> list[Path]:
    """The files that lie elsewhere, without tables and the same works at another size."""
    taken = set(pictures)
    return [
        path
        for path in tree.files
        if path not in taken
        and path.suffix.lower() not in _TABLES
        and path.relative_to(tree.root).parts[0] != "resized"
    ]
