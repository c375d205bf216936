"""Selects what a task learns: the label column, which classes of it, and how many works of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from components.data import class_names, labels
from components.data.manifest import SEVERAL, Manifest, Task
from components.data.spelling import name_key
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
        """In words without counts, so that they stay the same as the collection grows."""
        clauses = [f"{old} as {new}" for old, new in sorted(self.merge.items())]
        if self.classes is not None:
            clauses.append(f"of {', '.join(sorted(self.classes))}")
        if self.top is not None:
            clauses.append(f"the {self.top} largest")
        if self.per_class is not None:
            clauses.append(f"{self.per_class} of each, seed {self.seed}")
        elif self.balanced:
            clauses.append(f"balanced, seed {self.seed}")
        if self.several:
            clauses.append(SEVERAL)
        return "; ".join(clauses) or "all classes"


EVERYTHING = Selection()


def select_works(manifest: Manifest, task: Task, selection: Selection = EVERYTHING) -> Manifest:
    """The works whose label for `task` is known and wanted; `label` is filled.

    Args:
        manifest: a collection as read.
        task: the column that becomes the label.
        selection: classes and numbers.

    Raises:
        DataError: a class named is not there (lists those there are), fewer than two classes are left, or
            a class has fewer than `per_class` works.
        SettingsError: as many works of each class are asked for where works bear several labels, or a
            class is to become two.
    """
    if selection.several and (selection.balanced or selection.per_class is not None):
        raise SettingsError(
            "Works of several labels cannot be counted out class by class: leave balanced and per_class "
            "out, or learn one label a work."
        )
    selection = _with_known_names(manifest, task, selection)
    merged = _merged(manifest, task, selection)
    frame = manifest.frame.assign(label=merged)[merged != ""]
    counts = _counts(frame["label"].tolist(), selection)
    _all_there(manifest, task, selection.classes or (), counts)
    kept = list(counts) if selection.classes is None else [c for c in counts if c in selection.classes]
    kept = kept[: selection.top]
    if len(kept) < 2:
        raise DataError(
            f"{manifest.source}: the task {task.value!r} needs at least 2 classes, {len(kept)} kept; "
            f"there: {class_names.listed(counts)} ({len(manifest.rejected)} files were left out as the "
            f"collection was read). Choose more classes, another task, or a source that knows them."
        )
    frame = _of(frame, kept, selection)
    if selection.balanced or selection.per_class is not None:
        frame = balance.subset(frame, per_class=selection.per_class, seed=selection.seed)
    derived = manifest.derived(frame, f"select {task.value}: {selection}")
    return replace(derived, task=task.value, multi_label=selection.several)


def with_classes_of(manifest: Manifest, names: Sequence[str]) -> Manifest:
    """Another collection's works, with the classes' names in the spelling of `names`.

    Args:
        manifest: selected works, each of one label.
        names: the classes that a network knows.

    Raises:
        DataError: the classes are not the same; names both lists.
    """
    known = {name_key(name): name for name in names}
    own = manifest.class_names
    if {name_key(name) for name in own} != known.keys():
        raise DataError(
            f"{manifest.source}: its classes are not those that are learnt, so nothing can be judged on it. "
            f"Expected: {', '.join(names)}. Received: {', '.join(own)}. Merge classes, or give them their "
            f'other name, as in --also-judge-on-merge "Still life=Naturmort".'
        )
    spelt = manifest.frame["label"].map(lambda name: known[name_key(name)])
    return manifest.with_frame(manifest.frame.assign(label=spelt))


def _with_known_names(manifest: Manifest, task: Task, selection: Selection) -> Selection:
    """The selection with the classes as the collection spells them.

    Raises:
        DataError: a class to be merged is not there.
        SettingsError: a class is to become two.
    """
    column = _column(manifest, task, selection)
    counts = _counts(column[column != ""].tolist(), selection)
    merge = class_names.resolve_merges(selection.merge, counts)
    _all_there(manifest, task, list(merge), counts)
    if selection.classes is None:
        return replace(selection, merge=merge)
    known = dict.fromkeys(merge.get(name, name) for name in counts)
    return replace(selection, merge=merge, classes=class_names.resolve_names(selection.classes, known))


def _column(manifest: Manifest, task: Task, selection: Selection) -> pd.Series[str]:
    """The task's labels, written as several a work are where those are wanted."""
    column = manifest.frame[task.value]
    return column.map(labels.escaped) if selection.several and not manifest.multi_label else column


def _merged(manifest: Manifest, task: Task, selection: Selection) -> pd.Series[str]:
    column = _column(manifest, task, selection)
    if not selection.merge:
        return column
    if selection.several:
        return labels.map_names(column, lambda name: selection.merge.get(name, name))
    return column.replace(dict(selection.merge))


def _of(frame: pd.DataFrame, kept: Sequence[str], selection: Selection) -> pd.DataFrame:
    """The works of the classes kept; of several labels those that are."""
    if not selection.several:
        return frame[frame["label"].isin(kept)]
    frame = frame.assign(label=labels.map_names(frame["label"], lambda name: name if name in kept else ""))
    return frame[frame["label"] != ""]


def _counts(column: Sequence[str], selection: Selection) -> dict[str, int]:
    """Works of each class, the largest first, ties by name; one of several labels counts for each."""
    names = [name for label in column for name in labels.split_names(label)] if selection.several else column
    return dict(sorted(Counter(names).items(), key=lambda pair: (-pair[1], pair[0])))


def _all_there(manifest: Manifest, task: Task, names: Sequence[str], counts: Mapping[str, int]) -> None:
    absent = sorted(set(names) - counts.keys())
    if absent:
        raise DataError(
            f"{manifest.source}: no works of {absent} for the task {task.value!r}; "
            f"{class_names.absent_text(absent, counts)}."
        )
