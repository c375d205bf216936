"""What was left out, and copies: of the same bytes, and nearly the same pictures."""

from __future__ import annotations

from components.data.gate.expectations.rules import Expectation, between

FEW_LEFT_OUT, FEW_OF_A_KIND, MOST_LEFT_OUT = 1, 5, 20
"""Percent of the files looked at."""
FEW_CONTRADICTORY, MANY_COPIES = 1, 10
"""Percent of the works."""

FILES = (
    Expectation(
        "files left out, most",
        "critical",
        "collection",
        "left out",
        between(most=MOST_LEFT_OUT),
        expected=f"at most {MOST_LEFT_OUT} % of the files",
        hint="Check the folder and the source's layout; the report gives each file's reason.",
    ),
    Expectation(
        "files left out, few",
        "warning",
        "collection",
        "left out",
        between(most=FEW_LEFT_OUT),
        expected=f"at most {FEW_LEFT_OUT} % of the files",
        hint="Fetch the files listed below again.",
    ),
    Expectation(
        "files left out, of one kind",
        "warning",
        "kinds",
        "percent",
        between(most=FEW_OF_A_KIND),
        expected=f"no one reason leaves out more than {FEW_OF_A_KIND} % of the files",
        hint="A reason this frequent lies in the source, not in the files: look at some of them.",
        shows="tells",
    ),
    Expectation(
        "contradictory labels",
        "critical",
        "collection",
        "contradictory",
        between(most=FEW_CONTRADICTORY),
        expected=f"at most {FEW_CONTRADICTORY} % of the works are copies of one under another label",
        hint="Decide on one label for each picture and remove the other copies.",
    ),
    Expectation(
        "one label a picture",
        "warning",
        "contents",
        "labels",
        between(most=1),
        expected="the same picture never under two labels",
        hint="Decide on one label for each picture named and remove the other copies.",
        shows="tells",
    ),
    Expectation(
        "one label a group",
        "warning",
        "groups",
        "labels",
        between(most=1),
        expected="pictures that are nearly the same all under one label",
        hint="Look at the pictures named: a copy after another's work, or a wrong label.",
        shows="tells",
    ),
    Expectation(
        "copies",
        "warning",
        "collection",
        "copies",
        between(most=MANY_COPIES),
        expected=f"at most {MANY_COPIES} % of the works are copies of another, or nearly",
        hint="They count more than once in training and in every figure: keep one of each.",
    ),
)
