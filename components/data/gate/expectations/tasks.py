"""What a task asks of a collection beyond what all ask."""

from __future__ import annotations

from components.data.gate.expectations.rules import Expectation, between, unlike
from components.data.manifest import Task

FEW_KNOWN_HANDS = 50
"""Percent of a part's works whose artist is also in training, above which a figure says little of style."""
NOBODY = (
    r"(?i)^\s*(?:unknown|anonym\w*|various|unidentified|n/?a|none|\?+|-+)\s*(?: artists?| painters?)?\s*$"
)
NO_SUBJECT = r"(?i)^\s*(?:unknown|other|others|various|misc\w*|n/?a|none|\?+|-+)\s*$"

_SEVERAL_HANDS = Expectation(
    "several artists a class",
    "warning",
    "classes",
    "artists",
    between(least=2),
    expected="at least 2 known artists in each class",
    hint="A class of one artist is learnt by the hand: say so with the figures, or add other artists.",
)

_KNOWN_HANDS = Expectation(
    "artists apart between the parts",
    "warning",
    "parts",
    "known hands",
    between(most=FEW_KNOWN_HANDS),
    expected=f"at most {FEW_KNOWN_HANDS} % of a part's works by artists who are also in training",
    hint="The figures also measure the recognition of artists; a split with whole artists held out tells.",
    shows="tells",
)

TASKS: dict[Task, tuple[Expectation, ...]] = {
    Task.ARTIST: (
        Expectation(
            "artists are people",
            "warning",
            "classes",
            "class",
            unlike(NOBODY),
            expected='no artist called "unknown", "anonymous", "various" or the like',
            hint="Leave that label out (--classes): its works have no common hand.",
        ),
    ),
    Task.STYLE: (_SEVERAL_HANDS,),
    Task.GENRE: (
        Expectation(
            "genres are subjects",
            "warning",
            "classes",
            "class",
            unlike(NO_SUBJECT),
            expected='no genre called "unknown", "other", "various" or the like',
            hint="Leave that label out (--classes): its works have no common subject.",
        ),
        _SEVERAL_HANDS,
    ),
}
"""Checks by task, of a collection before its split and after it."""

TASKS_SPLIT: dict[Task, tuple[Expectation, ...]] = {
    Task.ARTIST: (),
    Task.STYLE: (_KNOWN_HANDS,),
    Task.GENRE: (_KNOWN_HANDS,),
}
"""Checks by task that only a split can be put to."""
