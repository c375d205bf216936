"""Train, validation and test: exact, stratified, never through a group, and stable as a collection grows.

What must not be parted is a *unit*: works of one group, copies of the same bytes and, where the protocol
holds whole artists out, an artist's works. A unit may change as a collection grows (a new work can tie two
groups together), a work's SHA-256 does not: so that is what earlier placements are kept by. Where works of
one unit were put in different places before, the unit goes to the most protected of them.
"""

from __future__ import annotations

import csv
import io
import shlex
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from components.data.groups import components
from components.data.manifest import Manifest, Rejected, Split
from components.data.splits.protocols import FOLD_VALIDATION, PROTOCOLS, Protocol, find_protocol
from components.data.splits.stratify import Sharing, Units, largest_remainder
from components.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PROTOCOLS", "Protocol", "assign", "find_protocol", "placed", "placements", "quotas"]

_ARRANGEMENTS = 32
"""Orders of the artists tried; for each class the one that comes nearest to its shares is taken."""
_SHOWN = 12


def placements(manifest: Manifest) -> dict[str, str]:
    """The part of each SHA-256 of an earlier version: `keep` for `assign` (not for folds: see `placed`)."""
    frame = manifest.frame[manifest.frame["split"] != ""]
    return dict(zip(frame["sha256"], frame["split"], strict=True))


def quotas(works: int, protocol: Protocol) -> dict[Split, int]:
    """Works of each part by largest remainder; at least one in each where there are enough."""
    return largest_remainder(works, protocol.shares)


def assign(
    manifest: Manifest, protocol: Protocol, *, seed: int = 0, keep: Mapping[str, str] | None = None
) -> Manifest:
    """Fill `split`, class by class, with whole units; the version says by which protocol.

    Within a class the parts have largest-remainder quotas of works, met exactly where every unit is one
    work. Units come in the order of a hash of (seed, content), so neither the order of the rows nor the
    other classes matter. Whole artists differ so much in size that the quotas are met only about; works
    whose artist is not known cannot be told apart from those held out, and are set aside.

    Args:
        manifest: labelled works.
        protocol: how to part them.
        seed: another seed, another split.
        keep: place by SHA-256, of an earlier version.

    Raises:
        DataError: classes too small to be in every part (named, with their counts), no artists known, or
            a place that the protocol does not have.
    """
    return placed(manifest, protocol, seed=seed, keep=keep)[0]


def placed(
    manifest: Manifest, protocol: Protocol, *, seed: int = 0, keep: Mapping[str, str] | None = None
) -> tuple[Manifest, dict[str, str]]:
    """As `assign`, and the place of each SHA-256: `keep` for the next version."""
    works, nameless = _with_artist(manifest) if protocol.whole_artists else (manifest, [])
    places = _places(works, protocol, seed, keep or {})
    parts = {content: protocol.part_of(place).value for content, place in places.items()}
    frame = works.frame.assign(split=works.frame["sha256"].map(parts))
    step = f"split {protocol.name}, seed {seed}"
    return replace(manifest.derived(frame, step, nameless), protocol=protocol.name), places


def _places(manifest: Manifest, protocol: Protocol, seed: int, keep: Mapping[str, str]) -> dict[str, str]:
    """The place of each SHA-256."""
    frame = manifest.frame
    unknown = sorted(set(keep.values()) - set(protocol.places))
    if unknown:
        raise DataError(
            f"{unknown} is no part of a {protocol.scheme} split; expected {', '.join(protocol.places)}."
        )
    names = _units(frame, whole_artists=protocol.whole_artists)
    kept = _kept(zip(names, frame["sha256"], strict=True), protocol, keep)
    units: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for name, label in zip(names, frame["label"], strict=True):
        units[name].update(manifest.names_of(label))
    _check_sizes(units, protocol)
    share_out = _in_folds if protocol.folds else _in_parts
    places = share_out(units, protocol, seed, kept)
    return {content: places[name] for name, content in zip(names, frame["sha256"], strict=True)}


def _units(frame: pd.DataFrame, *, whole_artists: bool) -> list[str]:
    """Each row's unit, by the smallest SHA-256 in it: connected components of what ties works together."""
    tied = [frame["group"], frame["sha256"]]
    if whole_artists:
        tied.append(frame["artist"].str.casefold())
    return components.named(frame["sha256"], [components.equal(column) for column in tied])


def _kept(works: Iterable[tuple[str, str]], protocol: Protocol, keep: Mapping[str, str]) -> dict[str, str]:
    """The place of each unit that has a work in `keep`: the most protected one of its works."""
    rank = {place: number for number, place in enumerate(protocol.places)}
    kept: dict[str, str] = {}
    for unit, content in works:
        if content in keep:
            kept[unit] = min(keep[content], kept.get(unit, keep[content]), key=rank.__getitem__)
    return kept


def _in_parts(units: Units, protocol: Protocol, seed: int, kept: Mapping[str, str]) -> dict[str, str]:
    """The part of each unit."""
    stay = {unit: Split(place) for unit, place in kept.items()}
    orders = [str(seed)]
    if protocol.whole_artists:
        orders += [f"{seed}.{number}" for number in range(1, _ARRANGEMENTS)]
    sharing = Sharing.of(units, protocol.shares, orders, stay)
    if sharing.empty:
        raise DataError(_without(sharing.empty, units, protocol, kept))
    return {unit: part.value for unit, part in sharing.places.items()}


def _in_folds(units: Units, protocol: Protocol, seed: int, kept: Mapping[str, str]) -> dict[str, str]:
    """The fold of each unit, and within each fold what validates when another one is the test part."""
    folds = dict.fromkeys(range(1, protocol.folds + 1), 1 / protocol.folds)
    pairs = {unit: place.split("/") for unit, place in kept.items()}
    stood = {unit: int(fold) for unit, (fold, _) in pairs.items()}
    dealt = Sharing.of(units, folds, [str(seed)], stood, least=2)
    if dealt.empty:
        raise DataError(_without(dealt.empty, units, protocol, kept))
    slices = {Split.VALIDATION: FOLD_VALIDATION, Split.TRAIN: 1 - FOLD_VALIDATION}
    stay = {unit: Split(part) for unit, (_, part) in pairs.items()}
    placed: dict[str, str] = {}
    for fold in folds:
        inside = {unit: labels for unit, labels in units.items() if dealt.places[unit] == fold}
        parts = Sharing.of(inside, slices, [f"{seed}.fold"], stay).places
        placed |= {unit: f"{fold}/{part.value}" for unit, part in parts.items()}
    if lacking := _lacking(units, placed):
        raise DataError(_without(lacking, units, protocol, kept))
    return placed


def _lacking(units: Units, placed: Mapping[str, str]) -> dict[str, list[str]]:
    """Classes that one fold alone validates or trains with, so that they lack it when that is tested."""
    folds: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for unit, labels in units.items():
        fold, _, part = placed[unit].partition("/")
        for label in labels:
            folds[label, part].add(fold)
    lacking: defaultdict[str, list[str]] = defaultdict(list)
    for label in {label for labels in units.values() for label in labels}:
        for part in (Split.VALIDATION.value, Split.TRAIN.value):
            if len(folds[label, part]) < 2:
                lacking[label].append(part)
    return dict(lacking)


def _with_artist(manifest: Manifest) -> tuple[Manifest, list[Rejected]]:
    """The works whose artist is known, and a line for each of the others."""
    known = manifest.frame["artist"].str.strip() != ""
    if not known.any():
        raise DataError(
            f"{manifest.source}: no work's artist is known, so that whole artists cannot be held out. "
            f"Choose another protocol, or a source that knows the artists."
        )
    reason = "its artist is not known, so it could be by one who is held out"
    nameless = [Rejected(path, reason, "no artist") for path in manifest.frame.loc[~known, "path"]]
    return manifest.with_frame(manifest.frame[known]), nameless


def _check_sizes(units: Units, protocol: Protocol) -> None:
    """Refuse classes of fewer units than there are places to fill.

    Raises:
        DataError: names each with its count, and those that are large enough.
    """
    needed = 2 * protocol.folds or len(protocol.shares)
    counts = Counter(label for labels in units.values() for label in labels)
    small = {label: count for label, count in sorted(counts.items()) if count < needed}
    if not small:
        return
    unit = "artist(s)" if protocol.whole_artists else "different work(s)"
    why = "two for each fold" if protocol.folds else f"one for each of {', '.join(sorted(protocol.shares))}"
    if protocol.whole_artists:
        why += " (artists who share a picture, or copies of one, count as one)"
    (label, count), *more = small.items()
    text = f"the class {label!r} has {count} {unit}"
    if more:
        text += f", and so have too few: {_some([f'{name!r} {number}' for name, number in more])}"
    raise DataError(
        f"{text}; {protocol.name} needs at least {needed}, {why}. Add works, or leave the class out"
        f"{_leaving(counts.keys() - small.keys())}."
    )


def _without(
    empty: Mapping[str, Sequence[object]], units: Units, protocol: Protocol, kept: Mapping[str, str]
) -> str:
    """Why classes are missing from parts although they are large enough."""
    counts = Counter(label for labels in units.values() for label in labels)
    classes = [
        f"the class {label!r} has no work in {', '.join(map(str, bins))} ({counts[label]} to share out)"
        for label, bins in sorted(empty.items())
    ]
    why = (
        "an earlier split put them elsewhere and works stay where they were"
        if kept
        else "works that must not be parted bear several labels"
    )
    return (
        f"{_some(classes)}, under {protocol.name}: {why}. Add works, leave the class out"
        f"{_leaving(counts.keys() - empty.keys())}, or split anew with another seed."
    )


def _some(lines: list[str]) -> str:
    more = f" (and {len(lines) - _SHOWN} more)" if len(lines) > _SHOWN else ""
    return ", ".join(lines[:_SHOWN]) + more


def _leaving(classes: set[str]) -> str:
    """The option that goes on with the classes that are left, where there are enough to learn."""
    if len(classes) < 2:
        return " and choose others: with --top 999 this message names all that are large enough"
    if len(classes) > 2 * _SHOWN:
        return " (--classes, --top)"
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(sorted(classes))  # a name with a comma stands in quotes
    return f": --classes {shlex.quote(line.getvalue())}"
