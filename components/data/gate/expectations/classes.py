"""What the labels must be: enough of each, of one spelling, the ones asked for."""

from __future__ import annotations

from collections.abc import Sequence

from components.data.gate.expectations.rules import Expectation, between, one_of

LARGEST_IMBALANCE = 20
"""Works of the largest class to one of the smallest."""
_ADD = "Add works to the classes named, or leave them out (--classes, --top)."


def of_classes(min_per_class: int, named: Sequence[str] | None) -> list[Expectation]:
    """The checks of the label column; `named` are the only labels that may occur, any when None."""
    checks = [
        Expectation(
            "at least two classes",
            "critical",
            "whole",
            "classes",
            between(least=2),
            expected="2 classes or more: there is nothing to tell apart in one",
            hint="Choose more classes, another task, or a source that knows the labels.",
        ),
        Expectation(
            "works per class",
            "critical",
            "classes",
            "works",
            between(least=min_per_class),
            expected=f"at least {min_per_class} works in each class",
            hint=_ADD,
        ),
        Expectation(
            "balance of the classes",
            "warning",
            "classes",
            "times smaller",
            between(most=LARGEST_IMBALANCE),
            expected=f"no class more than {LARGEST_IMBALANCE} times smaller than the largest",
            hint="Train with class weights, and look at the figures class by class.",
        ),
        Expectation(
            "one spelling a class",
            "warning",
            "classes",
            "spellings",
            between(most=1),
            expected="no two labels that differ in capitals, blanks, hyphens or accents alone",
            hint="Correct the labels at the source; they are learnt as different classes.",
        ),
    ]
    if named is not None:
        checks.append(
            Expectation(
                "labels are the classes asked for",
                "critical",
                "rows",
                "label",
                one_of(named),
                expected=f"every label is one of {', '.join(named)}",
                hint="Select those classes anew, or correct the labels at the source.",
            )
        )
    return checks
