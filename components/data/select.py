"""What a task learns: the label column, and which classes of it."""

from __future__ import annotations

from collections.abc import Sequence

from components.data.manifest import Manifest, Task
from components.errors import DataError


def labelled(
    manifest: Manifest, task: Task, *, classes: Sequence[str] | None = None, top: int | None = None
) -> Manifest:
    """The works whose label for `task` is known and kept; `label` is filled.

    Args:
        manifest: a collection as read.
        task: the column that becomes the label.
        classes: only these; all when None.
        top: of those, the classes with most works (ties by name).

    Raises:
        DataError: a class named is not there, or fewer than two classes are left; lists those there are.
    """
    frame = manifest.frame.assign(label=manifest.frame[task.value])
    frame = frame[frame["label"] != ""]
    counts = sorted(frame["label"].value_counts().items(), key=lambda pair: (-pair[1], str(pair[0])))
    there = ", ".join(f"{name} ({count})" for name, count in counts) or "none"
    absent = sorted(set(classes or ()) - {str(name) for name, _ in counts})
    if absent:
        raise DataError(
            f"{manifest.source}: no works of {absent} for the task {task.value!r}; there: {there}."
        )
    kept = [str(name) for name, _ in counts if classes is None or name in classes][:top]
    if len(kept) < 2:
        raise DataError(
            f"{manifest.source}: the task {task.value!r} needs at least 2 classes, {len(kept)} kept; "
            f"there: {there}. Choose more classes, another task, or a source that knows them."
        )
    return manifest.with_frame(frame[frame["label"].isin(kept)])
