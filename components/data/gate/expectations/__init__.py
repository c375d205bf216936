"""What a collection must be before anything trains on it: one entry a check, in plain words.

`validate` hands these to Great Expectations. Each speaks of one column of a table in `summaries` or
`drift`. A new check is an entry in the file of its kind; a new source's checks are a line in SOURCES.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from components.data.corrections import LINE
from components.data.gate.expectations.changes import CHANGES, CHANGES_OF_SPLIT
from components.data.gate.expectations.classes import of_classes
from components.data.gate.expectations.files import FILES
from components.data.gate.expectations.rules import Expectation, Rule, Severity
from components.data.gate.expectations.sources import of_source
from components.data.gate.expectations.splits import holds_out_artists, of_parts
from components.data.gate.expectations.tasks import TASKS, TASKS_SPLIT
from components.data.gate.expectations.works import WORKS
from components.data.manifest import Manifest, Task

if TYPE_CHECKING:
    from components.data.splits.protocols import Protocol

__all__ = ["SUITES", "Expectation", "Rule", "Severity", "expectations"]

SUITES = 3
"""Counted up when the checks change: a report kept from fewer is made anew."""


def expectations(  # noqa: PLR0913 (each by name, each with a default)
    manifest: Manifest,
    *,
    min_per_class: int,
    classes: Sequence[str] | None = None,
    protocol: Protocol | None = None,
    task: Task | None = None,
    previous: Manifest | None = None,
    suite: str | None = None,
) -> list[Expectation]:
    """Every check that applies; those of the split only where one was assigned.

    Args:
        manifest: the data version.
        min_per_class: fewer in a class is critical.
        classes: the labels that may occur; any when None.
        protocol: the shares its split should have.
        task: what is learnt of it; checks of the tasks are left out when None.
        previous: the version to compare with; not compared when None.
        suite: whose documented checks apply, a name in SOURCES or "folder"; the manifest's when None.
    """
    from components.data.gate import drift

    is_split = bool((manifest.frame["split"] != "").any())
    chosen = [*WORKS, *FILES, *of_classes(min_per_class, classes)]
    by_hand = any(LINE in step for step in manifest.lineage)
    chosen += of_source(suite or manifest.source, by_hand=by_hand, several=manifest.multi_label)
    chosen += TASKS[task] if task else ()
    if is_split:
        chosen += of_parts(protocol)
        chosen += TASKS_SPLIT[task] if task and not holds_out_artists(protocol) else ()
    if previous is not None:
        chosen += CHANGES
        chosen += CHANGES_OF_SPLIT if is_split and drift.split_alike(previous, manifest) else ()
    return chosen
