"""Sample pictures for the Predict page: works like those that the champion learnt from, but none of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from components.data.manifest import Manifest
from components.errors import DataError
from components.settings import Settings


@dataclass(frozen=True)
class Sample:
    """A picture that may be tried.

    Attributes:
        path: its file.
        artist: who painted it, "" where that is not known; an invented name for a drawn picture.
        label: its own label for the task that is asked about.
        synthetic: drawn by code.
    """

    path: Path
    artist: str
    label: str
    synthetic: bool

    @property
    def caption(self) -> str:
        """Whose work it is, and of a drawn one that there is no such painter."""
        if not self.artist:
            return self.path.name
        return f"By {self.artist}, an invented painter" if self.synthetic else f"By {self.artist}"


def fitting(
    settings: Settings, task: str, data_version: str, *, synthetic: bool, limit: int = 6
) -> list[Sample]:
    """A few works that a champion was judged on, one of each class first.

    They come from the data version that it learnt from. Where that is not kept here, a champion of the
    synthetic gallery gets works of the newest gallery; a real one gets none, for no other works fit it.
    """
    folder = settings.collections / "versions"
    candidates = [folder / data_version] if data_version else []
    for path in [*candidates, *(_newest_first(folder) if synthetic else ())]:
        try:
            manifest = Manifest.load(path)
        except DataError:
            continue
        if manifest.synthetic == synthetic and (works := _spread(manifest.held_out, task, limit)):
            return works
    return []


def _newest_first(folder: Path) -> Iterator[Path]:
    abouts = sorted(folder.glob("*/manifest.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    return (about.parent for about in abouts)


def _spread(manifest: Manifest, task: str, limit: int) -> list[Sample]:
    """Works whose files are there, taken from the classes in turn."""
    column = "label" if manifest.task == task else task  # classes may have been merged under another name
    frame = manifest.frame.assign(file=[str(path) for path in manifest.paths()]).sort_values("sha256")
    frame = frame[[Path(file).is_file() for file in frame["file"]]]
    chosen = frame.assign(turn=frame.groupby(column).cumcount()).sort_values(["turn", column]).head(limit)
    works = zip(chosen["file"], chosen["artist"], chosen[column], strict=True)
    return [Sample(Path(file), artist, label, manifest.synthetic) for file, artist, label in works]
