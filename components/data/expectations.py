"""What a collection must be before anything trains on it: one entry a check, in plain words.

`validate` hands these to Great Expectations. Each speaks of one column of a table in `summaries`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from components.data.manifest import COLUMNS, Manifest, Split

if TYPE_CHECKING:
    from components.data.split import Protocol

Severity = Literal["critical", "warning"]

SMALLEST_SIDE = 32
"""Pixels; below this a picture says too little to any of the families."""
LARGEST_IMBALANCE = 20
"""Works of the largest class to one of the smallest."""
FEW_LEFT_OUT, MOST_LEFT_OUT = 1, 20
"""Percent of the files looked at."""
FEW_CONTRADICTORY = 1
"""Percent of the works."""
SPLIT_TOLERANCE = 2
"""Percentage points between a part's share and the protocol's."""
READABLE_MODES = [
    *("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV"),
    *("I", "I;16", "I;16B", "I;16L", "F"),
]


@dataclass(frozen=True)
class Rule:
    """A Great Expectations class and its arguments."""

    kind: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Expectation:
    """A check.

    Attributes:
        name: short; stands in the report.
        severity: a failed critical one stops the flow, a failed warning is shown.
        table: a name in summaries.TABLES.
        column: whose values are looked at; "" for the table as a whole.
        rule: what they must do.
        expected: the rule in plain words.
        mend: what to do when it fails.
    """

    name: str
    severity: Severity
    table: str
    column: str
    rule: Rule
    expected: str
    mend: str


UNIQUE = Rule("ExpectColumnValuesToBeUnique")
FILLED = Rule("ExpectColumnValueLengthsToBeBetween", {"min_value": 1})
SHA256 = Rule("ExpectColumnValuesToMatchRegex", {"regex": "^[0-9a-f]{64}$"})
ALL_COLUMNS = Rule("ExpectTableColumnsToMatchSet", {"column_set": list(COLUMNS), "exact_match": False})


def between(least: float | None = None, most: float | None = None) -> Rule:
    """Every value lies within."""
    return Rule("ExpectColumnValuesToBeBetween", {"min_value": least, "max_value": most})


def one_of(values: Sequence[str]) -> Rule:
    """Every value is one of these."""
    return Rule("ExpectColumnValuesToBeInSet", {"value_set": list(values)})


def expectations(
    manifest: Manifest,
    *,
    min_per_class: int,
    classes: Sequence[str] | None = None,
    protocol: Protocol | None = None,
) -> list[Expectation]:
    """Every check that applies; those of the split only where one was assigned."""
    chosen = [*ROWS, *FILES, *_of_classes(min_per_class)]
    if classes is not None:
        named = Expectation(
            "labels are the classes asked for",
            "critical",
            "rows",
            "label",
            one_of(classes),
            expected=f"every label is one of {', '.join(classes)}",
            mend="Select those classes anew, or correct the labels at the source.",
        )
        chosen.append(named)
    if (manifest.frame["split"] != "").any():
        chosen += [*SPLIT, *_of_shares(protocol)]
    return chosen


ROWS = (
    Expectation(
        "columns",
        "critical",
        "rows",
        "",
        ALL_COLUMNS,
        expected=f"the columns {', '.join(COLUMNS)}",
        mend="Run `atelier ingest` again: another version wrote this manifest.",
    ),
    Expectation(
        "paths are unique",
        "critical",
        "rows",
        "path",
        UNIQUE,
        expected="no file stands in two rows",
        mend="Run `atelier ingest` again.",
    ),
    Expectation(
        "every work has a label",
        "critical",
        "rows",
        "label",
        FILLED,
        expected="no label is empty",
        mend="Select the task's works first; those without a label are left out there.",
    ),
    Expectation(
        "content hashes",
        "critical",
        "rows",
        "sha256",
        SHA256,
        expected="64 hexadecimal digits (SHA-256)",
        mend="Run `atelier ingest` again.",
    ),
    Expectation(
        "width",
        "warning",
        "rows",
        "width",
        between(least=SMALLEST_SIDE),
        expected=f"at least {SMALLEST_SIDE} pixels",
        mend="Replace the files named by larger ones.",
    ),
    Expectation(
        "height",
        "warning",
        "rows",
        "height",
        between(least=SMALLEST_SIDE),
        expected=f"at least {SMALLEST_SIDE} pixels",
        mend="Replace the files named by larger ones.",
    ),
    Expectation(
        "colour mode",
        "critical",
        "rows",
        "mode",
        one_of(READABLE_MODES),
        expected="a mode that can be turned to RGB",
        mend="Export the files named as JPEG or PNG.",
    ),
)

FILES = (
    Expectation(
        "files left out, most",
        "critical",
        "collection",
        "left out",
        between(most=MOST_LEFT_OUT),
        expected=f"at most {MOST_LEFT_OUT} % of the files",
        mend="Check the folder and the source's layout; the report gives each file's reason.",
    ),
    Expectation(
        "files left out, few",
        "warning",
        "collection",
        "left out",
        between(most=FEW_LEFT_OUT),
        expected=f"at most {FEW_LEFT_OUT} % of the files",
        mend="Fetch the files listed below again.",
    ),
    Expectation(
        "contradictory labels",
        "critical",
        "collection",
        "contradictory",
        between(most=FEW_CONTRADICTORY),
        expected=f"at most {FEW_CONTRADICTORY} % of the works are copies of one under another label",
        mend="Decide on one label for each picture and remove the other copies.",
    ),
    Expectation(
        "one label a picture",
        "warning",
        "contents",
        "labels",
        between(most=1),
        expected="the same picture never under two labels",
        mend="Decide on one label for each picture named and remove the other copies.",
    ),
)

SPLIT = (
    Expectation(
        "every work has a part",
        "critical",
        "rows",
        "split",
        one_of([part.value for part in Split]),
        expected=f"one of {', '.join(Split)}",
        mend="Split the collection again.",
    ),
    Expectation(
        "no group in two parts",
        "critical",
        "groups",
        "parts",
        between(most=1),
        expected="copies of a work all in one part, so that none is tested on what it was trained on",
        mend="Split the collection again; do not edit the split by hand.",
    ),
    Expectation(
        "every class in every part",
        "critical",
        "classes",
        "fewest in a part",
        between(least=1),
        expected="at least one work of each class in each part",
        mend="Add works to the classes named, or leave them out (--classes, --top).",
    ),
    Expectation(
        "classes alike in every part",
        "warning",
        "classes",
        "astray",
        between(most=0),
        expected="each class shared out like the whole, within 2 works or 5 % of the class",
        mend="The collection grew unevenly since it was first split; a new split starts all figures over.",
    ),
)


def _of_classes(min_per_class: int) -> list[Expectation]:
    return [
        Expectation(
            "works per class",
            "critical",
            "classes",
            "works",
            between(least=min_per_class),
            expected=f"at least {min_per_class} works in each class",
            mend="Add works to the classes named, or leave them out (--classes, --top).",
        ),
        Expectation(
            "balance of the classes",
            "warning",
            "classes",
            "times smaller",
            between(most=LARGEST_IMBALANCE),
            expected=f"no class more than {LARGEST_IMBALANCE} times smaller than the largest",
            mend="Train with class weights, and look at the figures class by class.",
        ),
    ]


def _of_shares(protocol: Protocol | None) -> list[Expectation]:
    return [
        Expectation(
            f"share of {part.value}",
            "warning",
            "collection",
            part.value,
            between(100 * share - SPLIT_TOLERANCE, 100 * share + SPLIT_TOLERANCE),
            expected=f"{100 * share:g} % of the works, within {SPLIT_TOLERANCE} points",
            mend="Large groups or an earlier split may be why; a new split starts all figures over.",
        )
        for part, share in (protocol.shares.items() if protocol else ())
    ]
