"""Ways to part a collection, by name: the studies' own, k folds, and whole artists held out.

81/9/10                 study B1: training, validation, test
80/20                   study A1: training and validation
pandora-d1              study D1: in the proportions 5,314 / 1,269 / 34
5-fold:2                the second of 5 folds is the test part; from 2-fold to 20-fold
artists-held-out        81/9/10, and no artist in two parts
artists-held-out:80/20  80/20, and no artist in two parts
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from components.data.manifest import Split
from components.errors import SettingsError

FEWEST_FOLDS, MOST_FOLDS = 2, 20
FOLD_VALIDATION = 0.1
"""Share of the works outside the test fold that validates: 10-fold has the shares of 81/9/10."""


@dataclass(frozen=True)
class Protocol:
    """Shares of the works in each part; they add up to 1.

    Works are put in *places*. A place is a part, or with folds "F/train" and "F/validation": the fold F
    that a work is tested in, and what it is for in all the others. So the folds of one scheme share
    their placements, and over all of them each work is in the test part exactly once.

    Attributes:
        name: as it is asked for.
        train: share of the works that are learnt from; so validation and test.
        fold: which of `folds` is the test part; 0 where there are none.
        folds: how many there are.
        whole_artists: all works of an artist stay together.
    """

    name: str
    train: float
    validation: float
    test: float
    fold: int = 0
    folds: int = 0
    whole_artists: bool = False

    @property
    def shares(self) -> dict[Split, float]:
        """The parts that are not empty, smallest first: the small ones take their fill before train does."""
        shares = {Split.TEST: self.test, Split.VALIDATION: self.validation, Split.TRAIN: self.train}
        return {part: share for part, share in shares.items() if share > 0}

    @property
    def scheme(self) -> str:
        """What placements are kept under: all folds of a k share theirs."""
        return f"{self.folds}-fold" if self.folds else self.name

    @property
    def places(self) -> tuple[str, ...]:
        """Every place, the most protected first: where works of several are tied together, it has them all.

        Test before validation before train, so that what a model was judged by is never learnt from. Of
        two folds neither is more protected: the first has them.
        """
        if not self.folds:
            return tuple(part.value for part in (Split.TEST, Split.VALIDATION, Split.TRAIN))
        folds = range(1, self.folds + 1)
        return tuple(f"{fold}/{part.value}" for fold in folds for part in (Split.VALIDATION, Split.TRAIN))

    def part_of(self, place: str) -> Split:
        """The part that a work of this place is in."""
        fold, _, part = place.rpartition("/")
        return Split.TEST if fold and int(fold) == self.fold else Split(part)


_FIXED = (
    Protocol("81/9/10", train=0.81, validation=0.09, test=0.10),  # study B1
    Protocol("80/20", train=0.80, validation=0.20, test=0.0),  # study A1
    Protocol("pandora-d1", train=5314 / 6617, validation=1269 / 6617, test=34 / 6617),  # study D1
    Protocol("artists-held-out", train=0.81, validation=0.09, test=0.10, whole_artists=True),
    Protocol("artists-held-out:80/20", train=0.80, validation=0.20, test=0.0, whole_artists=True),
)
PROTOCOLS = {protocol.name: protocol for protocol in _FIXED}
"""Those with a fixed name; `named` knows the folds as well."""

_FOLD = re.compile(r"(\d{1,3})-fold:(\d{1,3})")


def find_protocol(name: str) -> Protocol:
    """The protocol of that name.

    Raises:
        SettingsError: there is none; the message lists those there are.
    """
    if name in PROTOCOLS:
        return PROTOCOLS[name]
    if match := _FOLD.fullmatch(name):
        folds, fold = int(match[1]), int(match[2])
        if FEWEST_FOLDS <= folds <= MOST_FOLDS and 1 <= fold <= folds:
            return _fold(folds, fold)
    raise SettingsError(
        f"{name!r} is no split protocol; expected one of {', '.join(PROTOCOLS)}, or K-fold:F with K from "
        f"{FEWEST_FOLDS} to {MOST_FOLDS} and F from 1 to K, as in 5-fold:2."
    )


def _fold(folds: int, fold: int) -> Protocol:
    test = 1 / folds
    validation = (1 - test) * FOLD_VALIDATION
    name = f"{folds}-fold:{fold}"
    return Protocol(name, 1 - test - validation, validation, test, fold=fold, folds=folds)
