"""What an expectation is made of: a rule of Great Expectations, by name, and what it means to people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["critical", "warning"]


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
        table: a name in summaries.TABLES or drift.TABLES.
        column: whose values are looked at; "" for the table as a whole.
        rule: what they must do.
        expected: the rule in plain words.
        hint: what to do when it fails.
        shows: the column that tells of an offender what is wrong with it; the values themselves when "".
    """

    name: str
    severity: Severity
    table: str
    column: str
    rule: Rule
    expected: str
    hint: str
    shows: str = ""


UNIQUE = Rule("ExpectColumnValuesToBeUnique")
FILLED = Rule("ExpectColumnValueLengthsToBeBetween", {"min_value": 1})


def between(least: float | None = None, most: float | None = None, *, mostly: float = 1.0) -> Rule:
    """Every value lies within, or `mostly` of them do (a share)."""
    arguments = {"min_value": least, "max_value": most}
    return Rule("ExpectColumnValuesToBeBetween", arguments | ({} if mostly == 1 else {"mostly": mostly}))


def one_of(values: Sequence[object]) -> Rule:
    """Every value is one of these."""
    return Rule("ExpectColumnValuesToBeInSet", {"value_set": list(values)})


def like(pattern: str) -> Rule:
    """Every value matches the regular expression."""
    return Rule("ExpectColumnValuesToMatchRegex", {"regex": pattern})


def unlike(pattern: str) -> Rule:
    """No value matches the regular expression."""
    return Rule("ExpectColumnValuesToNotMatchRegex", {"regex": pattern})


def columns(names: Sequence[str]) -> Rule:
    """The table has these columns, and may have others."""
    return Rule("ExpectTableColumnsToMatchSet", {"column_set": list(names), "exact_match": False})
