"""Manifest: one row a painting. Its fingerprint is the data version that every run is logged with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.data.places import ABOUT, ROWS, kept_root, present_root
from components.errors import DataError, SettingsError
from components.storage import building

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "path",
    "artist",
    "style",
    "genre",
    "label",
    "sha256",
    "phash",
    "thumbnail",
    "width",
    "height",
    "mode",
    "brightness",
    "contrast",
    "sharpness",
    "group",
    "split",
)
"""`path` is relative to the root; the labels are "" where not known; `label` is the task's own column,
"" until `select` filled it; `phash` and `thumbnail` are what `duplicates` compares and `brightness`,
`contrast`, `sharpness` what `quality` judges by, as `looks` measures them; `group` ties works that must
not be parted; `split` is "" until assigned."""

_CONTENT = ["artist", "style", "genre", "label", "sha256", "split"]


class Task(StrEnum):
    """What is learnt of a painting."""

    ARTIST = "artist"
    STYLE = "style"
    GENRE = "genre"

    @classmethod
    def named(cls, name: str) -> Task:
        """The task of that name.

        Raises:
            SettingsError: there is none; the message lists those there are.
        """
        try:
            return cls(name)
        except ValueError as exc:
            raise SettingsError(f"{name!r} is no task; expected one of {', '.join(cls)}.") from exc


class Split(StrEnum):
    """The part of a collection a work belongs to."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True)
class Rejected:
    """A file or a row that was left out, and why: nothing disappears without a line.

    Attributes:
        path: below the collection's root.
        reason: in words, with what was measured and what was expected.
        kind: a short name that many share, to be counted by ("unreadable", "too small", "blurred", ...).
    """

    path: str
    reason: str
    kind: str = "unreadable"


@dataclass(frozen=True)
class Manifest:
    """Paintings of one collection.

    Attributes:
        frame: columns as in COLUMNS, one row a painting, index 0..N-1.
        source: the collection's name, as shown in MLflow ("synthetic-gallery", "best-artworks", ...).
        root: folder that `path` is relative to.
        synthetic: True when the pictures were drawn by code; carried to every place a model is shown.
        rejected: files that were left out, with the reason.
        files: how many were looked at when the collection was read, whatever was selected since.
        lineage: what was done so far, a line a step, as in "split 81/9/10, seed 0".
        parents: fingerprints this version was made from, nearest first.
        task: what `label` names, "" until `select` filled it.
        protocol: what `split` was assigned by, "" until it was.
    """

    frame: pd.DataFrame
    source: str
    root: Path
    synthetic: bool = False
    rejected: tuple[Rejected, ...] = field(default=())
    files: int = 0
    lineage: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    task: str = ""
    protocol: str = ""

    def __post_init__(self) -> None:
        missing = [name for name in COLUMNS if name not in self.frame.columns]
        if missing:
            raise DataError(
                f"{self.source}: the manifest lacks the column(s) {missing}; expected {list(COLUMNS)}."
            )

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits over the rows' content (not their place or order): the data version."""
        rows = sorted("\x1f".join(row) for row in self.frame[_CONTENT].astype(str).itertuples(index=False))
        return hashlib.sha256("\x1e".join([self.source, *rows]).encode()).hexdigest()[:16]

    @property
    def class_names(self) -> list[str]:
        """The task's labels, sorted; a label's place here is its class number."""
        return sorted(label for label in self.frame["label"].unique() if label)

    @property
    def profile(self) -> dict[str, Any]:
        """Its size: works, works of each class, works of each part; "" is not known or not assigned."""
        return {
            "works": len(self),
            "classes": {str(name): int(count) for name, count in self.frame["label"].value_counts().items()},
            "parts": {str(name): int(count) for name, count in self.frame["split"].value_counts().items()},
        }

    def part(self, split: Split) -> Manifest:
        """The works of one part, in row order."""
        return self.with_frame(self.frame[self.frame["split"] == split])

    @property
    def judged_on(self) -> Split:
        """The part that judges a model: test, or validation where the protocol has no test part."""
        return Split.TEST if len(self.part(Split.TEST)) else Split.VALIDATION

    @property
    def held_out(self) -> Manifest:
        """The works that judge a model."""
        return self.part(self.judged_on)

    def class_numbers(self, class_names: list[str]) -> list[int]:
        """Each row's label as its place in `class_names`."""
        places = {name: place for place, name in enumerate(class_names)}
        return [places[label] for label in self.frame["label"]]

    def paths(self) -> list[Path]:
        """Absolute paths, in row order."""
        return [self.root / path for path in self.frame["path"]]

    def with_frame(self, frame: pd.DataFrame) -> Manifest:
        """The same collection with other rows."""
        return replace(self, frame=frame.reset_index(drop=True))

    def derived(self, frame: pd.DataFrame, step: str, rejected: Iterable[Rejected] = ()) -> Manifest:
        """Another version of the collection, made from this one by `step`.

        Args:
            frame: its rows.
            step: what was done, for people; added to the lineage.
            rejected: what this step set aside; added to what was left out before.
        """
        return replace(
            self,
            frame=frame.reset_index(drop=True),
            rejected=tuple(sorted([*self.rejected, *rejected], key=lambda one: one.path)),
            lineage=(*self.lineage, step),
            parents=tuple(dict.fromkeys((self.fingerprint, *self.parents))),
        )

    def save(self, folder: Path) -> None:
        """Write `folder` (rows as Parquet, the rest as JSON), whole or not at all.

        A root in the same home as `folder` is written relative to it, so that the home can be moved.
        """
        about = {
            "source": self.source,
            "root": kept_root(self.root, folder),
            "synthetic": self.synthetic,
            "fingerprint": self.fingerprint,
            "created": datetime.now(UTC).isoformat(),
            "task": self.task,
            "protocol": self.protocol,
            **self.profile,
            "files": self.files,
            "lineage": self.lineage,
            "parents": self.parents,
            "rejected": [[one.path, one.reason, one.kind] for one in self.rejected],
        }
        with building(folder) as draft:
            self.frame.to_parquet(draft / ROWS, index=False)
            (draft / ABOUT).write_text(json.dumps(about, indent=1, ensure_ascii=False))

    @classmethod
    def load(cls, folder: Path) -> Manifest:
        """Read what `save` wrote.

        Raises:
            DataError: there is none, or it cannot be read.
        """
        import pandas as pd

        try:
            about = json.loads((folder / ABOUT).read_text())
            return cls(
                source=about["source"],
                frame=pd.read_parquet(folder / about.get("rows", ROWS)),
                root=present_root(about["root"], folder),
                synthetic=about["synthetic"],
                rejected=tuple(Rejected(*one) for one in about["rejected"]),
                files=about["files"],
                lineage=tuple(about["lineage"]),
                parents=tuple(about["parents"]),
                task=about["task"],
                protocol=about["protocol"],
            )
        except (OSError, ValueError, KeyError, TypeError) as exc:
            raise DataError(
                f"{folder}: no readable manifest there ({exc}). Run `atelier ingest` again."
            ) from exc
