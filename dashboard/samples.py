"""Sample pictures for the Predict page: works of the synthetic gallery that no training saw."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from components.data.manifest import Manifest, Split
from components.errors import DataError
from components.settings import Settings


@dataclass(frozen=True)
class Sample:
    """A drawn picture, its label for each task, and what to call it."""

    path: Path
    truth: dict[str, str]

    @property
    def caption(self) -> str:
        """Whose it is, and that there is no such painter."""
        return f"By {self.truth['artist']}, an invented painter" if self.truth["artist"] else self.path.name


def gallery(settings: Settings, *, limit: int = 6) -> list[Sample]:
    """A few works of the newest synthetic data version's test set, one of each style first."""
    folders = (settings.collections / "versions").glob("*/manifest.json")
    for about in sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True):
        try:
            manifest = Manifest.load(about.parent)
        except DataError:
            continue
        if manifest.synthetic and (found := _spread(manifest.part(Split.TEST), limit)):
            return found
    return []


def _spread(manifest: Manifest, limit: int) -> list[Sample]:
    frame = manifest.frame.sort_values("sha256")
    turn = frame.groupby("style").cumcount()
    chosen = frame.assign(turn=turn).sort_values(["turn", "style"]).head(limit)
    works = zip(chosen["path"], chosen["artist"], chosen["style"], chosen["genre"], strict=True)
    return [
        Sample(manifest.root / path, {"artist": artist, "style": style, "genre": genre})
        for path, artist, style, genre in works
        if (manifest.root / path).is_file()
    ]
