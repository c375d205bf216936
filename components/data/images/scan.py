"""Makes rows of files: each is hashed, decoded whole and measured; what cannot be read is listed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from components.data.images.stats import image_stats, phashes
from components.data.manifest import COLUMNS, Manifest, Rejected
from components.data.processes import in_order
from components.data.spelling import choose_spellings
from components.errors import DataError, ImageError

SPELT = "differ in capitals or blanks alone and are read as"
"""In the lines of a lineage that say so."""


@dataclass(frozen=True)
class Work:
    """A file and its labels in the collection; "" is not known."""

    path: Path
    artist: str = ""
    style: str = ""
    genre: str = ""


def manifest_of(
    works: Sequence[Work],
    *,
    root: Path,
    source: str,
    synthetic: bool = False,
    rejected: Iterable[Rejected] = (),
) -> Manifest:
    """Read every file, on all cores, and make the rows, sorted by path.

    Labels are composed (NFC) and lose blanks around and repeated ones; spellings of one label that differ
    in capitals or blanks alone become the most frequent of them, which the lineage says.
    `group` is the SHA-256 of the bytes, so that copies of a file share one; `duplicates` widens it.

    Args:
        works: files below `root`.
        root: folder that the rows' paths are relative to.
        source: the collection's name.
        synthetic: drawn by code.
        rejected: what the source has left out already.

    Raises:
        DataError: there is no file, or not one can be read.
    """
    import pandas as pd

    rows: list[Mapping[str, object]] = []
    unreadable: list[Rejected] = []
    works, spelt = _in_one_spelling(works)
    ordered = sorted(works, key=lambda work: work.path.relative_to(root).as_posix())
    results = in_order(_looked_at, ordered, "Reading paintings", crashed=_crashed)
    for work, seen in zip(ordered, results, strict=True):
        path = work.path.relative_to(root).as_posix()
        if isinstance(seen, ImageError):
            unreadable.append(Rejected(path, str(seen).removeprefix(f"{work.path}: ")))
        else:
            rows.append({"path": path, **seen})
    everything = tuple(sorted([*rejected, *unreadable], key=lambda line: line.path))
    if not rows:
        raise DataError(_nothing(root, source, everything))
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame["phash"] = phashes(frame["thumbnail"].tolist())
    return Manifest(
        frame=frame,
        source=source,
        root=root,
        synthetic=synthetic,
        rejected=everything,
        files=len(rows) + len(everything),
        lineage=(f"read {source}: {len(rows)} works, {len(everything)} left out", *spelt),
    )


def _in_one_spelling(works: Sequence[Work]) -> tuple[list[Work], list[str]]:
    """The works with tidy labels, and a line for each label that was spelt in several ways."""
    lines: list[str] = []
    kept = list(works)
    for column in ("artist", "style", "genre"):
        counts = Counter(getattr(work, column) for work in kept)
        spelling = choose_spellings(counts)
        kept = [replace(work, **{column: spelling[getattr(work, column)]}) for work in kept]  # type: ignore[arg-type]
        for name in sorted(set(spelling.values()) - {""}):
            written = sorted(other for other, chosen in spelling.items() if chosen == name)
            if len(written) > 1:
                shown = ", ".join(f"{other!r} ({counts[other]} works)" for other in written)
                lines.append(f"{column}: {shown} {SPELT} {name!r}")
    return kept, lines


def _looked_at(work: Work) -> dict[str, object] | ImageError:
    """The row of one file without its path, or why it has none."""
    try:
        data = work.path.read_bytes()
    except OSError as exc:
        return ImageError(f"{work.path}: cannot be opened ({exc.strerror}). Check its rights.")
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        seen = image_stats(data)
    except ImageError as exc:
        return ImageError(str(exc).removeprefix("the picture: "))
    return {
        "artist": work.artist,
        "style": work.style,
        "genre": work.genre,
        "label": "",
        "sha256": sha256,
        "phash": "",
        **vars(seen),
        "group": sha256,
        "split": "",
    }


def _crashed(work: Work, how: str) -> dict[str, object] | ImageError:
    """The reason why a file has no row whose reading ended the process."""
    return ImageError(
        f"{work.path}: the process that decoded it crashed ({how}). Export it again with another program."
    )


def _nothing(root: Path, source: str, rejected: tuple[Rejected, ...]) -> str:
    if not rejected:
        return f"{root}: no pictures there for {source!r}. Check the folder and the source's layout."
    first = f"{rejected[0].path}: {rejected[0].reason}"
    return (
        f"{root}: not one of {len(rejected)} files is a painting that {source!r} can use; the first: {first}"
    )
