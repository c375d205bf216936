"""Train, validation and test: exact, stratified, never through a group, and stable as a collection grows."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from components.data.manifest import Manifest, Split
from components.errors import DataError, SettingsError


@dataclass(frozen=True)
class Protocol:
    """Shares of the works in each part; they add up to 1."""

    name: str
    train: float
    validation: float
    test: float

    @property
    def shares(self) -> dict[Split, float]:
        """The parts that are not empty, smallest first: the small ones take their fill before train does."""
        shares = {Split.TEST: self.test, Split.VALIDATION: self.validation, Split.TRAIN: self.train}
        return {part: share for part, share in shares.items() if share > 0}


PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        Protocol("81/9/10", train=0.81, validation=0.09, test=0.10),  # study B1
        Protocol("80/20", train=0.80, validation=0.20, test=0.0),  # study A1
    )
}


def named(name: str) -> Protocol:
    """The protocol of that name.

    Raises:
        SettingsError: there is none; the message lists those there are.
    """
    if name not in PROTOCOLS:
        raise SettingsError(f"{name!r} is no split protocol; expected one of {', '.join(PROTOCOLS)}.")
    return PROTOCOLS[name]


def placements(manifest: Manifest) -> dict[str, str]:
    """Where each group of an earlier version stands: `keep` for `assign`."""
    frame = manifest.frame[manifest.frame["split"] != ""]
    return dict(zip(frame["group"], frame["split"], strict=True))


def assign(
    manifest: Manifest, protocol: Protocol, *, seed: int = 0, keep: Mapping[str, str] | None = None
) -> Manifest:
    """Fill `split`, class by class, with whole groups.

    Within a class the parts have largest-remainder quotas of works, met exactly where every group is
    one work. Groups come in the order of a hash of (seed, group), so neither the order of the rows nor
    the other classes matter. Groups in `keep` stay where they were; new ones fill up what is missing.

    Args:
        manifest: labelled works.
        protocol: the shares.
        seed: another seed, another split.
        keep: part by group, of an earlier version.

    Raises:
        DataError: a class too small to be in every part (named, with its count), or an unknown part.
    """
    keep = keep or {}
    unknown = sorted(set(keep.values()) - set(Split))
    if unknown:
        raise DataError(f"{unknown} is no part of a split; expected one of {', '.join(Split)}.")
    sizes = Counter(manifest.frame["group"])
    places: dict[str, str] = {}
    for label, groups in sorted(_groups_by_label(manifest).items()):
        places |= _place(label, {group: sizes[group] for group in groups}, protocol, seed, keep)
    return manifest.with_frame(manifest.frame.assign(split=manifest.frame["group"].map(places)))


def _groups_by_label(manifest: Manifest) -> dict[str, list[str]]:
    """The groups of each class; one whose works bear several labels counts for the most frequent."""
    labels: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for group, label in zip(manifest.frame["group"], manifest.frame["label"], strict=True):
        labels[group][label] += 1
    by_label: defaultdict[str, list[str]] = defaultdict(list)
    for group, counts in labels.items():
        by_label[min(counts, key=lambda name: (-counts[name], name))].append(group)
    return by_label


def _place(
    label: str, sizes: Mapping[str, int], protocol: Protocol, seed: int, keep: Mapping[str, str]
) -> dict[str, str]:
    """The part of each group of one class."""
    parts = protocol.shares
    if len(sizes) < len(parts):
        raise DataError(
            f"the class {label!r} has {len(sizes)} different work(s); {protocol.name} needs at least "
            f"{len(parts)}, one for each of {', '.join(sorted(parts))}. Add works, or leave the class out."
        )
    missing = quotas(sum(sizes.values()), protocol)
    places = {group: Split(keep[group]) for group in sizes if group in keep}
    for group, part in places.items():
        missing[part] = missing.get(part, 0) - sizes[group]
    empty = [part for part in parts if part not in places.values()]
    new = sorted((group for group in sizes if group not in keep), key=lambda group: _rank(seed, group))
    for done, group in enumerate(new):
        # The last groups go to parts that would else stay empty.
        open_parts = empty if empty and len(new) - done <= len(empty) else list(parts)
        fitting = [part for part in open_parts if missing[part] >= sizes[group]]
        part = fitting[0] if fitting else max(open_parts, key=lambda part: missing[part])
        places[group] = part
        missing[part] -= sizes[group]
        empty = [other for other in empty if other != part]
    if empty:
        raise DataError(
            f"the class {label!r} has no work in {', '.join(empty)}: all {len(sizes)} are kept where an "
            f"earlier split put them. Add works of this class, leave it out, or split anew."
        )
    return {group: part.value for group, part in places.items()}


def quotas(works: int, protocol: Protocol) -> dict[Split, int]:
    """Works of each part by largest remainder; at least one in each where there are enough."""
    shares = protocol.shares
    exact = {part: works * share for part, share in shares.items()}
    whole = {part: int(value + 1e-9) for part, value in exact.items()}
    by_remainder = sorted(shares, key=lambda part: (whole[part] - exact[part], part.value))
    for part in by_remainder[: works - sum(whole.values())]:
        whole[part] += 1
    if works >= len(whole):
        for part in [part for part, count in whole.items() if count == 0]:
            whole[max(whole, key=lambda other: whole[other])] -= 1
            whole[part] = 1
    return whole


def _rank(seed: int, group: str) -> str:
    return hashlib.sha256(f"{seed}:{group}".encode()).hexdigest()
