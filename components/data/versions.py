"""Data versions that were trained on: kept by fingerprint, listed, compared.

<folder>/<fingerprint>/rows.parquet, manifest.json
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from components.data.manifest import Manifest, selected_several
from components.data.places import ABOUT, present_root, relocate
from components.data.version_difference import Difference, difference
from components.errors import DataError

_SELF = ("select ", "split ")
"""Steps of the lineage that say what was asked for: versions of the same belong together as data grow."""


@dataclass(frozen=True)
class Version:
    """What is known of a kept version without reading its rows.

    Attributes:
        fingerprint: 16 hex digits.
        source: the collection's name.
        task: what its labels name; "" is not known.
        protocol: what it was split by; "" is not split.
        works: how many.
        classes: works by label.
        parts: works by part.
        created: when it was kept, UTC.
        lineage: what was done to the collection, a line a step.
        parents: fingerprints it was made from, nearest first.
        synthetic: drawn by code.
        root: the folder that its pictures lay in when the collection was last ingested.
        rejected: how many files or works were left out.
        multi_label: a work may have several labels; `classes` counts it for each.
    """

    fingerprint: str
    source: str
    task: str
    protocol: str
    works: int
    classes: dict[str, int]
    parts: dict[str, int]
    created: datetime
    lineage: tuple[str, ...]
    parents: tuple[str, ...]
    synthetic: bool
    root: str
    rejected: int
    multi_label: bool


class Versions:
    """The versions kept below `folder`.

    Args:
        folder: `settings.collections / "versions"`; need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, manifest: Manifest) -> Path:
        """Keep a version, once; its folder. Kept before, it learns where its pictures lie now."""
        final = self.folder / manifest.fingerprint
        if final.is_dir():
            _relocate(final, manifest, _paths(manifest))
        else:
            manifest.save(final)
        return final

    def relocate(self, collection: Manifest) -> Sequence[str]:
        """Let kept versions find their pictures in a collection that was just read; their fingerprints.

        A version learns the new place if all of its pictures are there by their bytes, under whatever names.
        Its fingerprint says nothing about places, and stays. Versions of other collections are looked into
        only where their own root is gone.
        """
        paths = _paths(collection)
        return [
            version.fingerprint
            for version in self.list()
            if (version.source == collection.source or not Path(version.root).is_dir())
            and _relocate(self.folder / version.fingerprint, collection, paths)
        ]

    def list(self) -> Sequence[Version]:
        """Every version, the newest first. One that cannot be read is left out: `get` says why."""
        versions = _readable(self.folder)
        return sorted(versions, key=lambda version: (version.created, version.fingerprint), reverse=True)

    def find(self, prefix: str) -> Version:
        """The version whose fingerprint begins with `prefix`.

        Raises:
            DataError: none or several do (they are listed), or it cannot be read.
        """
        fingerprints = sorted(folder.name for folder in _folders(self.folder))
        match [name for name in fingerprints if prefix and name.startswith(prefix.lower())]:
            case [fingerprint]:
                return _read(self.folder / fingerprint)
            case []:
                newest = ", ".join(version.fingerprint for version in self.list()[:5]) or "none yet"
                raise DataError(
                    f"{prefix!r}: no data version begins so; the newest: {newest}. "
                    f"See `atelier data list`; a training makes one."
                )
            case matches:
                raise DataError(
                    f"{prefix!r}: {len(matches)} data versions begin so ({', '.join(matches[:5])}); "
                    f"give more digits."
                )

    def get(self, prefix: str) -> Manifest:
        """The manifest of `find(prefix)`.

        Raises:
            DataError: as `find`.
        """
        return Manifest.load(self.folder / self.find(prefix).fingerprint)

    def diff(self, earlier: str, later: str) -> Difference:
        """What leads from one version to another, both given as in `find`.

        Raises:
            DataError: as `find`.
        """
        return difference(self.get(earlier), self.get(later))

    def previous(self, manifest: Manifest) -> Manifest | None:
        """The newest version of the same collection, task, selection and protocol that was kept before.

        Before the split (no protocol yet) any protocol's will do.
        """
        versions = self.list()
        kept = next((version for version in versions if version.fingerprint == manifest.fingerprint), None)
        for version in versions:
            if (
                version.fingerprint != manifest.fingerprint
                and (version.source, version.task) == (manifest.source, manifest.task)
                and (kept is None or version.created < kept.created)
                and _asked(version.lineage)[: len(_asked(manifest.lineage))] == _asked(manifest.lineage)
            ):
                return Manifest.load(self.folder / version.fingerprint)
        return None


def _paths(collection: Manifest) -> dict[str, set[str]]:
    """The paths of each picture's bytes; copies have several."""
    paths: defaultdict[str, set[str]] = defaultdict(set)
    for sha256, path in zip(collection.frame["sha256"], collection.frame["path"], strict=True):
        paths[sha256].add(path)
    return paths


def _relocate(folder: Path, collection: Manifest, paths: dict[str, set[str]]) -> bool:
    try:
        return relocate(folder, collection.root, paths)
    except (OSError, ValueError, KeyError, TypeError):  # one that cannot be read; `get` says why
        return False


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]


def _readable(folder: Path) -> Iterator[Version]:
    for version_folder in _folders(folder):
        try:
            yield _read(version_folder)
        except DataError:
            continue


def _asked(lineage: tuple[str, ...]) -> list[str]:
    return [step for step in lineage if step.startswith(_SELF)]


def _read(folder: Path) -> Version:
    try:
        about = json.loads((folder / ABOUT).read_text())
        return Version(
            fingerprint=folder.name,
            source=about["source"],
            task=about["task"],
            protocol=about["protocol"],
            works=about["works"],
            classes=about["classes"],
            parts=about["parts"],
            created=datetime.fromisoformat(about["created"]),
            lineage=tuple(about["lineage"]),
            parents=tuple(about["parents"]),
            synthetic=about["synthetic"],
            root=str(present_root(about["root"], folder)),
            rejected=len(about["rejected"]),
            multi_label=about.get("multi_label", selected_several(about["lineage"])),
        )
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise DataError(
            f"{folder}: no readable data version there ({exc!r}). Delete it, and run the training again."
        ) from exc
