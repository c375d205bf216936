"""What a split must be: whole groups, no picture twice, every class, the protocol's shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.data.gate.expectations.rules import Expectation, between, one_of
from components.data.manifest import Split

if TYPE_CHECKING:
    from components.data.splits.protocols import Protocol

SPLIT_TOLERANCE, ARTISTS_TOLERANCE = 2, 10
"""Percentage points between a part's share and the protocol's; whole artists are large lumps."""
LABEL_DISTANCE = 5
"""Percent of a part's works that would have to bear another label to be like the whole."""
_ANEW = "a new split starts all figures over."

PARTS = (
    Expectation(
        "every work has a part",
        "critical",
        "rows",
        "split",
        one_of([part.value for part in Split]),
        expected=f"one of {', '.join(Split)}",
        hint="Split the collection again.",
    ),
    Expectation(
        "no group in two parts",
        "critical",
        "groups",
        "parts",
        between(most=1),
        expected="copies of a work all in one part, so that none is tested on what it was trained on",
        hint="Split the collection again; do not edit the split by hand.",
    ),
    Expectation(
        "no picture in two parts",
        "critical",
        "contents",
        "parts",
        between(most=1),
        expected="files of the same bytes all in one part",
        hint="Split the collection again; do not edit the split by hand.",
    ),
)


def of_parts(protocol: Protocol | None) -> list[Expectation]:
    """The checks of an assigned split; shares and artists by the protocol, where it is known."""
    by_artist = holds_out_artists(protocol)
    checks = [*PARTS, *(_OF_ARTISTS if by_artist else _OF_CLASSES)]
    tolerance = ARTISTS_TOLERANCE if by_artist else SPLIT_TOLERANCE
    for part, share in protocol.shares.items() if protocol else ():
        checks.append(
            Expectation(
                f"share of {part.value}",
                "warning",
                "collection",
                part.value,
                between(100 * share - tolerance, 100 * share + tolerance),
                expected=f"{100 * share:g} % of the works, within {tolerance} points",
                hint=f"Large groups or an earlier split may be why; {_ANEW}",
            )
        )
    return checks


def holds_out_artists(protocol: Protocol | None) -> bool:
    """Whether the protocol puts all works of an artist into one part."""
    return protocol is not None and protocol.whole_artists


_OF_CLASSES = (
    Expectation(
        "every class in every part",
        "critical",
        "classes",
        "fewest in a part",
        between(least=1),
        expected="at least one work of each class in each part",
        hint="Add works to the classes named, or leave them out (--classes, --top).",
    ),
    Expectation(
        "classes alike in every part",
        "warning",
        "classes",
        "astray",
        between(most=0),
        expected="each class shared out like the whole, within 2 works or 5 % of the class",
        hint=f"The collection grew unevenly since it was first split; {_ANEW}",
    ),
    Expectation(
        "labels alike in every part",
        "warning",
        "parts",
        "label distance",
        between(most=LABEL_DISTANCE),
        expected=f"each part's labels spread like the whole's, within {LABEL_DISTANCE} % of its works",
        hint=f"The collection grew unevenly since it was first split; {_ANEW}",
    ),
)

_OF_ARTISTS = (
    Expectation(
        "no artist in two parts",
        "critical",
        "artists",
        "parts",
        between(most=1),
        expected="all works of an artist in one part: what is tested was not learnt by the hand",
        hint="Split the collection again by this protocol; do not edit the split by hand.",
    ),
    Expectation(
        "every class in every part",
        "warning",
        "classes",
        "fewest in a part",
        between(least=1),
        expected="at least one work of each class in each part",
        hint="A class of too few artists cannot be in every part: add artists, or leave it out (--classes).",
    ),
)
