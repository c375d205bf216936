"""Bagging (Breiman 1996; study B10): what each member learns from, and what it never saw."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from components.frozen import Frozen, Seed
from components.storage import key_of

Rows = NDArray[np.intp]


class Resample(Frozen):
    """Training works drawn with replacement, for one member of an ensemble.

    What is drawn are groups: near-duplicates come together or not at all, else what a member never saw would
    be a copy of what it learnt. Within a class as many groups are drawn as it has, so that a rare class is
    never lost; one of a single group is always there.
    """

    member: int = Field(ge=1, description="counted from 1; each draws otherwise")
    seed: Seed = 0

    @property
    def key(self) -> str:
        """16 hex digits: the same draw of the same works, the same key."""
        return key_of("resample", self.model_dump(mode="json"))

    def rows(self, groups: Sequence[str], labels: NDArray[np.integer]) -> Rows:
        """Places of the drawn works, rising; a work stands there as often as its group was drawn.

        Args:
            groups: (N,) name of each work's group.
            labels: (N,) class numbers; a group is drawn in the class of its first work. Of several labels to
                a work, (N, C) of 0 and 1, none says how to part them: all groups are drawn alike.
        """
        _, first, number = np.unique(np.asarray(groups, str), return_index=True, return_inverse=True)
        strata = np.asarray(labels)[first] if np.ndim(labels) == 1 else np.zeros(len(first), int)
        random = np.random.default_rng((self.seed, self.member))
        times = np.zeros(len(first), int)
        for stratum in np.unique(strata):
            there = np.flatnonzero(strata == stratum)
            np.add.at(times, random.choice(there, len(there)), 1)
        return np.repeat(np.arange(len(number)), times[number])


def left_out(rows: Rows, works: int) -> Rows:
    """Places of the works that were not drawn, of so many: about 37 % of them."""
    return np.setdiff1d(np.arange(works), rows)


class OutOfBag:
    """What members answer on works they never learnt from: an honest score without a work set aside.

    A work's answer is the mean over the members that did not draw it.
    """

    def __init__(self, works: int, num_classes: int) -> None:
        self._sums = np.zeros((works, num_classes))
        self._times = np.zeros(works, int)

    def add(self, places: Rows, probabilities: NDArray[np.floating]) -> None:
        """A member's answers (M, C) on the works it left out."""
        self._sums[places] += probabilities
        self._times[places] += 1

    @property
    def places(self) -> Rows:
        """The works that at least one member left out."""
        return np.flatnonzero(self._times)

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """Of those works, (M, C)."""
        mean: NDArray[np.float64] = self._sums[self.places] / self._times[self.places, None]
        return mean
