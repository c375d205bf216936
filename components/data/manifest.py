"""Manifest: one row a painting. Its fingerprint is the data version that every run is logged with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.data import labels
from components.data.places import ABOUT, ROWS, kept_root, present_root
from components.errors import DataError, SettingsError
from components.storage import building

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

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

SEVERAL = "several labels a work"
"""How the lineage of a selection ends that keeps several labels to a work."""

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


UNREADABLE = "unreadable"
"""The kind of a file that is no picture, or one whose decoding ended in an error or a crash."""


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
    kind: str = UNREADABLE


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
        multi_label: True where a work may have several labels, written as `labels.join_names` does; the
            label of any other manifest is one class's name, whatever signs it holds.
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
    multi_label: bool = False

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
        kind = ["multi-label"] if self.multi_label else []
        return hashlib.sha256("\x1e".join([self.source, *kind, *rows]).encode()).hexdigest()[:16]

    @property
    def class_names(self) -> list[str]:
        """The task's classes, sorted; a name's place here is its class number."""
        return sorted({name for label in self.frame["label"].unique() for name in self.names_of(label)})

    @property
    def group_ids(self) -> list[str]:
        """The group of near-duplicates of each work, in row order; a work without one is its own."""
        return list(self.frame["group"].where(self.frame["group"] != "", self.frame["sha256"]))

    def names_of(self, label: str) -> tuple[str, ...]:
        """The classes that a label of this manifest names: one, several where works may have, none of ""."""
        return labels.split_names(label) if self.multi_label else (label,) if label else ()

    def a_row_a_label(self) -> pd.DataFrame:
        """The rows whose label is known; a work of several labels stands there once for each."""
        frame = self.frame[self.frame["label"] != ""]
        if not self.multi_label:
            return frame
        return frame.assign(label=frame["label"].map(lambda label: list(self.names_of(label)))).explode(
            "label"
        )

    @property
    def profile(self) -> dict[str, Any]:
        """Its size: works, works of each class, works of each part; "" is not known or not assigned.

        A work of several labels counts for each.
        """
        unknown = int((self.frame["label"] == "").sum())
        counts = self.a_row_a_label()["label"].value_counts()
        classes = {str(name): int(count) for name, count in counts.items()}
        return {
            "works": len(self),
            "classes": classes | ({"": unknown} if unknown else {}),
            "parts": {str(name): int(count) for name, count in self.frame["split"].value_counts().items()},
        }

    def part(self, split: Split) -> Manifest:
        """The works of one part, in row order."""
        return self.with_frame(self.frame[self.frame["split"] == split])

    def unsplit(self) -> Manifest:
        """The same works before they were split; itself where they never were."""
        if not self.protocol:
            return self
        before = replace(self.with_frame(self.frame.assign(split="")), protocol="")
        steps = tuple(step for step in self.lineage if not step.startswith("split "))
        return replace(before, lineage=steps)

    @property
    def judged_on(self) -> Split:
        """The part that judges a model: test, or validation where the protocol has no test part."""
        return Split.TEST if len(self.part(Split.TEST)) else Split.VALIDATION

    @property
    def held_out(self) -> Manifest:
        """The works that judge a model."""
        return self.part(self.judged_on)

    def targets(self, class_names: Sequence[str], *, hot: bool = False) -> NDArray[Any]:
        """What a model should answer: class numbers (N,); (N, C) of 0 and 1 where works have several labels.

        Args:
            class_names: C of them; a name's place is its class number.
            hot: (N, C) also where each work has one label.

        Raises:
            DataError: a work has a label that is not among `class_names`.
        """
        column = self.frame["label"].tolist()
        if hot or self.multi_label:
            return labels.multi_hot([self.names_of(label) for label in column], class_names)
        return labels.class_numbers(column, class_names)

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
            rejected=tuple(sorted([*self.rejected, *rejected], key=lambda rejection: rejection.path)),
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
            "multi_label": self.multi_label,
            **self.profile,
            "files": self.files,
            "lineage": self.lineage,
            "parents": self.parents,
            "rejected": [[rejection.path, rejection.reason, rejection.kind] for rejection in self.rejected],
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
            manifest = cls(
                source=about["source"],
                frame=pd.read_parquet(folder / about.get("rows", ROWS)),
                root=present_root(about["root"], folder),
                synthetic=about["synthetic"],
                rejected=tuple(Rejected(*rejection) for rejection in about["rejected"]),
                files=about["files"],
                lineage=tuple(about["lineage"]),
                parents=tuple(about["parents"]),
                task=about["task"],
                protocol=about["protocol"],
                multi_label=about.get("multi_label", selected_several(about["lineage"])),
            )
        except (OSError, ValueError, KeyError, TypeError) as exc:
            raise DataError(
                f"{folder}: no readable manifest there ({exc}). Run `atelier ingest` again."
            ) from exc
        if "multi_label" not in about and "fingerprint" in about:
            # Kept before there was such a field: its runs are logged with the fingerprint of then.
            vars(manifest)["fingerprint"] = about["fingerprint"]
        return manifest


def selected_several(lineage: Iterable[str]) -> bool:
    """Whether works may have several labels, by what was asked of a version from before that was a field."""
    return any(step.startswith("select ") and step.endswith(SEVERAL) for step in lineage)
