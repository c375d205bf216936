"""What a task learns: the label column, which classes of it, and how many works of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from components.data import class_names, labels
from components.data.manifest import SEVERAL, Manifest, Task
from components.data.splits import balance
from components.errors import DataError, SettingsError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Selection:
    """Which classes, and how many works of each, in this order.

    Attributes:
        merge: the class that a class becomes (study B10), or several do, written with a plus between them.
        classes: only these; all when None. Names are found as `class_names` says.
        top: of those, the classes with most works (ties by name).
        balanced: as many works of each class as the smallest has (study D4).
        per_class: so many of each class, instead.
        seed: of which works are taken.
        several: works may bear several labels, as `labels.join_names` writes them: classes are named, merged
            and counted one by one, and a work keeps those of its labels that are wanted (study C9).
    """

    merge: Mapping[str, str] = field(default_factory=dict)
    classes: Sequence[str] | None = None
    top: int | None = None
    balanced: bool = False
    per_class: int | None = None
    seed: int = 0
    several: bool = False

    def __str__(self) -> str:
        """In words without any count found, so that they stay the same as the collection grows."""
        said = [f"{old} as {new}" for old, new in sorted(self.merge.items())]
        if self.classes is not None:
            said.append(f"of {', '.join(sorted(self.classes))}")
        if self.top is not None:
            said.append(f"the {self.top} largest")
        if self.per_class is not None:
            said.append(f"{self.per_class} of each, seed {self.seed}")
        elif self.balanced:
            said.append(f"balanced, seed {self.seed}")
        if self.several:
            said.append(SEVERAL)
        return "; ".join(said) or "all classes"


EVERYTHING = Selection()


def labelled(manifest: Manifest, task: Task, wanted: Selection = EVERYTHING) -> Manifest:
    """The works whose label for `task` is known and wanted; `label` is filled.

    Args:
        manifest: a collection as read.
        task: the column that becomes the label.
        wanted: classes and numbers.

    Raises:
        DataError: a class named is not there (lists those there are), fewer than two classes are left, or
            a class has fewer than `per_class` works.
        SettingsError: as many works of each class are asked for where works bear several labels, or a
            class is to become two.
    """
    if wanted.several and (wanted.balanced or wanted.per_class is not None):
        raise SettingsError(
            "Works of several labels cannot be counted out class by class: leave balanced and per_class "
            "out, or learn one label a work."
        )
    wanted = _with_known_names(manifest, task, wanted)
    chosen = _merged(manifest, task, wanted)
    frame = manifest.frame.assign(label=chosen)[chosen != ""]
    counts = _counts(frame["label"].tolist(), wanted)
    _all_there(manifest, task, wanted.classes or (), counts)
    kept = [name for name in counts if wanted.classes is None or name in wanted.classes][: wanted.top]
    if len(kept) < 2:
        raise DataError(
            f"{manifest.source}: the task {task.value!r} needs at least 2 classes, {len(kept)} kept; "
            f"there: {class_names.listed(counts)} ({len(manifest.rejected)} files were left out as the "
            f"collection was read). Choose more classes, another task, or a source that knows them."
        )
    frame = _of(frame, kept, wanted)
    if wanted.balanced or wanted.per_class is not None:
        frame = balance.subset(frame, per_class=wanted.per_class, seed=wanted.seed)
    derived = manifest.derived(frame, f"select {task.value}: {wanted}")
    return replace(derived, task=task.value, multi_label=wanted.several)


def _with_known_names(manifest: Manifest, task: Task, wanted: Selection) -> Selection:
    """The selection with the classes as the collection spells them.

    Raises:
        DataError: a class to be merged is not there.
        SettingsError: a class is to become two.
    """
    column = _column(manifest, task, wanted)
    counts = _counts(column[column != ""].tolist(), wanted)
    merge = class_names.merged_classes(wanted.merge, counts)
    _all_there(manifest, task, list(merge), counts)
    if wanted.classes is None:
        return replace(wanted, merge=merge)
    there = dict.fromkeys(merge.get(name, name) for name in counts)
    return replace(wanted, merge=merge, classes=class_names.meant(wanted.classes, there))


def _column(manifest: Manifest, task: Task, wanted: Selection) -> pd.Series[str]:
    """The task's labels, written as several a work are where those are wanted."""
    column = manifest.frame[task.value]
    return column.map(labels.escaped) if wanted.several and not manifest.multi_label else column


def _merged(manifest: Manifest, task: Task, wanted: Selection) -> pd.Series[str]:
    column = _column(manifest, task, wanted)
    if not wanted.merge:
        return column
    if wanted.several:
        return labels.map_names(column, lambda name: wanted.merge.get(name, name))
    return column.replace(dict(wanted.merge))


def _of(frame: pd.DataFrame, kept: Sequence[str], wanted: Selection) -> pd.DataFrame:
    """The works of the classes kept; of several labels those that are."""
    if not wanted.several:
        return frame[frame["label"].isin(kept)]
    frame = frame.assign(label=labels.map_names(frame["label"], lambda name: name if name in kept else ""))
    return frame[frame["label"] != ""]


def _counts(found: Sequence[str], wanted: Selection) -> dict[str, int]:
    """Works of each class, the largest first, ties by name; one of several labels counts for each."""
    names = [name for label in found for name in labels.split_names(label)] if wanted.several else found
    return dict(sorted(Counter(names).items(), key=lambda pair: (-pair[1], pair[0])))


def _all_there(manifest: Manifest, task: Task, wanted: Sequence[str], counts: Mapping[str, int]) -> None:
    absent = sorted(set(wanted) - counts.keys())
    if absent:
        raise DataError(
            f"{manifest.source}: no works of {absent} for the task {task.value!r}; "
            f"{class_names.absent_text(absent, counts)}."
        )
