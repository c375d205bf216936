"""Sharing units of works out into bins, by label: iterative stratification with exact quotas.

After Sechidis, Tsoumakas and Vlahavas 2011, "On the Stratification of Multi-Label Data" (ECML PKDD): the
label with fewest units first, each unit to the bin that wants its label; units that bear several labels
(an artist of two movements) count for all of them.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

Bin = TypeVar("Bin", bound=str | int)

Units = Mapping[str, Mapping[str, int]]
"""Works by label of each unit."""


def largest_remainder(works: int, shares: Mapping[Bin, float]) -> dict[Bin, int]:
    """Works of each bin, adding up to `works`; at least one in each where there are enough."""
    exact = {place: works * share for place, share in shares.items()}
    whole = {place: int(value + 1e-9) for place, value in exact.items()}
    by_remainder = sorted(shares, key=lambda place: (round(whole[place] - exact[place], 9), place))
    for place in by_remainder[: works - sum(whole.values())]:
        whole[place] += 1
    if works >= len(whole):
        for place in [place for place, count in whole.items() if count == 0]:
            whole[max(whole, key=lambda other: whole[other])] -= 1
            whole[place] = 1
    return whole


def ranked(order: str, unit: str) -> str:
    """A unit's place in a random order that depends on nothing else."""
    return hashlib.sha256(f"{order}:{unit}".encode()).hexdigest()


@dataclass
class Sharing(Generic[Bin]):
    """Which bin each unit is in, and how many works each bin still lacks.

    Attributes:
        units: works by label of each unit.
        shares: of the works of each label, by bin; the first bins take their fill first.
        places: bin by unit.
        missing: works by label and bin that the quotas still want; negative where there are too many.
        empty: bins without a work, of each label that has such.
    """

    units: Units
    shares: Mapping[Bin, float]
    places: dict[str, Bin]
    missing: dict[str, defaultdict[Bin, int]] = field(default_factory=dict)
    empty: dict[str, list[Bin]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        units: Units,
        shares: Mapping[Bin, float],
        orders: Sequence[str],
        kept: Mapping[str, Bin],
        *,
        least: int = 1,
    ) -> Sharing[Bin]:
        """Share `units` out.

        Args:
            units: works by label of each unit.
            shares: of each bin.
            orders: of the units, as seeds; for each label the one that comes nearest to its quotas is taken.
            kept: bin by unit, of those that stay where they are; others in it are ignored.
            least: units of each label that every bin should have.
        """
        by_label: defaultdict[str, list[str]] = defaultdict(list)
        works: defaultdict[str, int] = defaultdict(int)
        for unit, labels in units.items():
            for label, count in labels.items():
                by_label[label].append(unit)
                works[label] += count
        sharing = cls(units, shares, {})
        for label, count in works.items():
            sharing.missing[label] = defaultdict(int, largest_remainder(count, shares))
        for unit in units.keys() & kept.keys():
            sharing._place(unit, kept[unit])
        for label in sorted(by_label, key=lambda label: (len(by_label[label]), label)):
            sharing._fill(label, by_label[label], orders, least)
        for label, those in by_label.items():
            filled = {sharing.places[unit] for unit in those}
            if lacking := [place for place in shares if place not in filled]:
                sharing.empty[label] = lacking
        return sharing

    def _place(self, unit: str, place: Bin) -> None:
        self.places[unit] = place
        for label, count in self.units[unit].items():
            self.missing[label][place] -= count

    def _fill(self, label: str, those: list[str], orders: Sequence[str], least: int) -> None:
        """Place the units of a label that have no place yet."""
        units_in = Counter(self.places[unit] for unit in those if unit in self.places)
        wanting = [place for place in self.shares for _ in range(least - units_in[place])]
        sizes = {unit: self.units[unit][label] for unit in those if unit not in self.places}
        wanted = {place: self.missing[label][place] for place in self.shares}
        ordered = (sorted(sizes, key=partial(ranked, order)) for order in orders)
        tries = [_arranged(sizes, order, wanted, wanting) for order in ordered]
        for unit, place in min(tries, key=lambda arrangement: arrangement.stray).places.items():
            self._place(unit, place)


@dataclass(frozen=True)
class _Arrangement(Generic[Bin]):
    places: dict[str, Bin]
    stray: int


def _arranged(
    sizes: Mapping[str, int], order: Sequence[str], wanted: Mapping[Bin, int], wanting: Sequence[Bin]
) -> _Arrangement[Bin]:
    """Each unit, in order, to the first bin that has room for it, else to the emptiest.

    Args:
        sizes: works of each unit.
        order: of the units.
        wanted: works that each bin still lacks.
        wanting: bins that must get a unit, as often as they stand here: the last units go to them.
    """
    missing, wanting = dict(wanted), list(wanting)
    places: dict[str, Bin] = {}
    for done, unit in enumerate(order):
        chosen = wanting if wanting and len(order) - done <= len(wanting) else list(missing)
        fitting = [candidate for candidate in chosen if missing[candidate] >= sizes[unit]]
        place = fitting[0] if fitting else max(chosen, key=lambda candidate: missing[candidate])
        places[unit] = place
        missing[place] -= sizes[unit]
        if place in wanting:
            wanting.remove(place)
    return _Arrangement(places, sum(map(abs, missing.values())))
