"""As many training works of each class (study D4), on the parts that the other rows are judged by."""

from __future__ import annotations

from dataclasses import replace

from components.data.manifest import Manifest, Split
from components.data.splits import balance


def training_balanced(works: Manifest, seed: int = 0) -> Manifest:
    """Of a split version's training works as many of each class as the smallest has; the other parts stay.

    Args:
        works: split, labelled.
        seed: of which works are taken.

    Raises:
        DataError: the classes' groups can reach no common number.
    """
    frame = works.frame
    training = frame[frame["split"] == Split.TRAIN]
    taken = balance.subset(training, seed=seed).index
    kept = works.derived(frame.drop(index=training.index.difference(taken)), "")
    # A selection of its own: as a step behind the split it would pass for a later version of the whole.
    lineage = [f"{one}; training balanced" if one.startswith("select ") else one for one in works.lineage]
    return replace(kept, lineage=tuple(lineage))
