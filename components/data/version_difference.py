"""What leads from one data version to another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from components.data.manifest import Manifest


@dataclass(frozen=True)
class Change:
    """A work that differs between two versions.

    Attributes:
        path: in the later version; in the earlier one for a work that is gone.
        sha256: its bytes.
        before: its label or part in the earlier version; "" where it was not there.
        after: in the later one; "" where it is gone.
    """

    path: str
    sha256: str
    before: str
    after: str


@dataclass(frozen=True)
class Difference:
    """What leads from one version to another; works are told apart by their bytes, not their names.

    Attributes:
        earlier: fingerprint.
        later: fingerprint.
        added: works that only the later has; `after` is the label.
        removed: works that only the earlier has; `before` is the label.
        relabelled: works of both, under another label.
        moved: works of both, in another part.
        kept: works of both.
    """

    earlier: str
    later: str
    added: tuple[Change, ...]
    removed: tuple[Change, ...]
    relabelled: tuple[Change, ...]
    moved: tuple[Change, ...]
    kept: int


def difference(earlier: Manifest, later: Manifest) -> Difference:
    """What leads from `earlier` to `later`.

    Works are matched by their bytes; of several copies those of the same path first, then in the order of
    their paths. A work that was only renamed has not changed.
    """
    old, new = _works(earlier), _works(later)
    pairs: list[tuple[_Work, _Work]] = []
    removed: list[_Work] = []
    added: list[_Work] = []
    for content in old.keys() | new.keys():
        before, after = old.get(content, {}), new.get(content, {})
        pairs += [(before[path], after[path]) for path in before.keys() & after.keys()]
        left = [before[path] for path in sorted(before.keys() - after.keys())]
        right = [after[path] for path in sorted(after.keys() - before.keys())]
        pairs += zip(left, right, strict=False)
        removed += left[len(right) :]
        added += right[len(left) :]
    return Difference(
        earlier=earlier.fingerprint,
        later=later.fingerprint,
        added=_sorted(Change(work.path, work.sha256, "", work.label) for work in added),
        removed=_sorted(Change(work.path, work.sha256, work.label, "") for work in removed),
        relabelled=_sorted(
            Change(now.path, now.sha256, was.label, now.label) for was, now in pairs if was.label != now.label
        ),
        moved=_sorted(
            Change(now.path, now.sha256, was.split, now.split) for was, now in pairs if was.split != now.split
        ),
        kept=len(pairs),
    )


class _Work(NamedTuple):
    path: str
    sha256: str
    label: str
    split: str


def _works(manifest: Manifest) -> dict[str, dict[str, _Work]]:
    """The rows, by their bytes and then by their path."""
    works: defaultdict[str, dict[str, _Work]] = defaultdict(dict)
    for row in zip(*(manifest.frame[name] for name in _Work._fields), strict=True):
        work = _Work(*row)
        works[work.sha256][work.path] = work
    return works


def _sorted(changes: Iterable[Change]) -> tuple[Change, ...]:
    return tuple(sorted(changes, key=lambda change: (change.path, change.sha256)))
