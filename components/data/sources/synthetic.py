"""The synthetic gallery: invented painters, pictures drawn by seeded code; the embedded default.

It is laid out as Best Artworks of All Time is (artists.csv, resized/<Artist_Name>_<N>.jpg) and is read
by the same reader. Every manifest of it says `synthetic`; it is never passed off as real.

How hard the movements are, by `python -m tests.benchmarks.gallery_baseline` (macro-F1 on 20 % held out):
a linear model on mean colours .41, on their deviations too .61, study B's simple CNN at 64 pixels .85
after a minute on two cores; chance is .17.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path

from components.data.manifest import Manifest, Task
from components.data.sources.gallery.artists import ARTISTS, STYLES, Artist, artists_of
from components.data.threads import in_order
from components.errors import DataError, SettingsError
from components.storage import building, key_of

SOURCE = "synthetic-gallery"
DRAWING = 2
"""Raised when the same parameters draw other pictures than before, so that no old gallery is taken for it."""

_NOTICE = "Synthetic: drawn by code (Atelier's synthetic gallery). No real painter, no real painting.\n"


def draw(root: Path, *, works_per_style: int = 120, size: int = 160, seed: int = 7) -> Path:
    """Draw the gallery below `root`, or find it there; the folder's name tells the parameters apart.

    The same parameters and package versions give the same bytes, and a larger `works_per_style` holds
    the smaller gallery's works unchanged.

    Args:
        root: where galleries are kept.
        works_per_style: pictures in each of the six movements, shared out among its four artists.
        size: pixels a side, about; formats vary as in a real collection.
        seed: of every random choice.

    Returns:
        The gallery's folder, to be given to `read`.

    Raises:
        SettingsError: a number is too small to be drawn.
    """
    fewest = len(artists_of(STYLES[0]))
    if works_per_style < fewest or size < 32 or seed < 0:
        raise SettingsError(
            f"a gallery needs works_per_style >= {fewest} (one an artist), size >= 32 pixels and "
            f"seed >= 0; received {works_per_style}, {size} and {seed}."
        )
    parameters = {"drawing": DRAWING, "works_per_style": works_per_style, "size": size, "seed": seed}
    final = root / f"{SOURCE}-{key_of(parameters)}"
    if final.is_dir():
        return final
    with building(final) as draft:
        _draw_works(draft, works_per_style, size, seed)
        (draft / "gallery.json").write_text(json.dumps(parameters | {"notice": _NOTICE.strip()}, indent=1))
        (draft / "SYNTHETIC.txt").write_text(_NOTICE)
    return final


def read(root: Path, _task: Task | None = None) -> Manifest:
    """The gallery in folder `root` as a manifest with artist, style and genre filled.

    Raises:
        DataError: the folder holds no gallery, or a part of it is missing.
    """
    from components.data.sources import best_artworks

    if not (root / "gallery.json").is_file():
        raise DataError(
            f"{root}: this folder holds no synthetic gallery (gallery.json is missing). Draw one with "
            "synthetic.draw, or read the folder as another source."
        )
    manifest = best_artworks.read(root, source=SOURCE, synthetic=True)
    with (root / "works.csv").open(newline="") as file:
        genres = {row["file"]: row["genre"] for row in csv.DictReader(file)}
    frame = manifest.frame.assign(genre=[genres.get(Path(path).name, "") for path in manifest.frame["path"]])
    return manifest.with_frame(frame)


def _draw_works(folder: Path, works_per_style: int, size: int, seed: int) -> None:
    from components.data.sources.gallery import work

    (folder / "resized").mkdir()

    def paint(piece: tuple[Artist, int]) -> tuple[str, str]:
        artist, number = piece
        name = f"{artist.name.replace(' ', '_')}_{number}.jpg"
        image = work.paint(artist, number, size=size, seed=seed)
        image.save(folder / "resized" / name, quality=90, comment=_NOTICE.strip())
        return name, work.genre_of(artist, number)

    genres = list(in_order(paint, list(_works(works_per_style)), "Drawing the synthetic gallery"))
    (folder / "works.csv").write_text(_table(("file", "genre"), genres))
    (folder / "artists.csv").write_text(_artists(works_per_style))


def _works(works_per_style: int) -> Iterator[tuple[Artist, int]]:
    """(artist, number from 1): a movement's works go round its artists."""
    for style in STYLES:
        artists = artists_of(style)
        for place in range(works_per_style):
            yield artists[place % len(artists)], place // len(artists) + 1


def _artists(works_per_style: int) -> str:
    columns = ("id", "name", "years", "genre", "nationality", "bio", "wikipedia", "paintings")
    counts: dict[str, int] = {}
    for artist, number in _works(works_per_style):
        counts[artist.name] = number
    rows = []
    for number, artist in enumerate(ARTISTS):
        bio = (
            f"{artist.name} (synthetic) never lived; code draws these works in the manner of {artist.style}."
        )
        rows.append((number, artist.name, artist.years, artist.style, "none", bio, "", counts[artist.name]))
    return _table(columns, rows)


def _table(columns: tuple[str, ...], rows: Sequence[Sequence[object]]) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()
