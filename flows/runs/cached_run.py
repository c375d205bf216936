"""One MLflow run for one piece of work: found by its key when it was done before, else begun."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from components.errors import RegistryError
from components.tracking.claims import claimed
from components.tracking.runs import RunRecord, Tracker

if TYPE_CHECKING:
    from components.settings import Settings
    from components.tracking.recorder import Run


def find_or_run(
    settings: Settings,
    *,
    experiment: str,
    name: str,
    key: str,
    tags: Mapping[str, str],
    work: Callable[[Run], None],
    parent: str = "",
) -> tuple[RunRecord, bool]:
    """The finished run of `key`, and whether it was there already.

    A run that was found and hangs below none that is still there is shown below `parent` from now on. Where
    another process of the same home is at work on it, this one waits and finds it; see `claimed`.

    Raises:
        RegistryError: MLflow does not list the run that just ended.
    """
    tracker = Tracker(settings)
    if finished := _finished(tracker, experiment, key, parent):
        return finished, True
    with claimed(settings, experiment, name, key):
        if finished := _finished(tracker, experiment, key, parent):  # by the process that was waited for
            return finished, True
        with tracker.start(experiment, name, key, tags, parent=parent) as run:
            work(run)
    record = tracker.find(experiment, key)
    if record is None:
        raise RegistryError(f"{name}: the run ended, but MLflow at {settings.tracking_uri} does not list it.")
    return record, False


def _finished(tracker: Tracker, experiment: str, key: str, parent: str) -> RunRecord | None:
    record = tracker.find(experiment, key)
    if record is not None and parent and not (record.parent and tracker.exists(record.parent)):
        tracker.adopt(record.id, parent)
    return record
