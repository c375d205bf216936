"""One MLflow run a piece of work: found by its key when it was done before, else done and recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from components.errors import RegistryError

if TYPE_CHECKING:
    from components.settings import Settings
    from components.tracking.recorder import Run
    from components.tracking.runs import RunRecord


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

    A run that was found and hangs below none that is still there is shown below `parent` from now on.

    Raises:
        RegistryError: MLflow does not list the run that just ended.
    """
    from components.tracking.runs import Tracker

    tracker = Tracker(settings)
    found = tracker.find(experiment, key)
    if found is not None:
        if parent and not (found.parent and tracker.there(found.parent)):
            tracker.adopt(found.id, parent)
        return found, True
    with tracker.start(experiment, name, key, tags, parent=parent) as run:
        work(run)
    record = tracker.find(experiment, key)
    if record is None:
        raise RegistryError(f"{name}: the run ended, but MLflow at {settings.tracking_uri} does not list it.")
    return record, False
