"""What may have changed since the previous data version, and what must not."""

from __future__ import annotations

from components.data.gate.expectations.rules import Expectation, between

FEW_GONE, FEW_RELABELLED, FEW_MOVED = 2, 1, 1
"""Percent of the works of the previous version."""

CHANGES = (
    Expectation(
        "works gone",
        "warning",
        "changes",
        "gone",
        between(most=FEW_GONE),
        expected=f"at most {FEW_GONE} % of the previous version's works are missing",
        hint="`atelier data diff` names them; fetch them again if they were not meant to go.",
    ),
    Expectation(
        "works relabelled",
        "warning",
        "kept",
        "relabelled",
        between(most=0, mostly=1 - FEW_RELABELLED / 100),
        expected=f"at most {FEW_RELABELLED} % of the works kept bear another label than before",
        hint="Look at the works named: figures before and after are of different questions.",
        shows="tells",
    ),
    Expectation(
        "classes gone or new",
        "warning",
        "classes before",
        "on one side",
        between(most=0),
        expected="the same classes as in the previous version",
        hint="Figures of the two versions cannot be compared; say so, or select the same classes.",
        shows="tells",
    ),
    Expectation(
        "spread of labels and looks",
        "warning",
        "drift",
        "beyond",
        between(most=0),
        expected="labels, brightness, contrast, sharpness, shape and size spread as in the previous version",
        hint="Another source, scanner or resizing may be why: look at what came in since.",
        shows="tells",
    ),
)

CHANGES_OF_SPLIT = (
    Expectation(
        "test works stay out of training",
        "critical",
        "kept",
        "leaked",
        between(most=0),
        expected="no work that was in the test part is trained on now",
        hint="Split with the ledger of the previous version, or start all figures over under another seed.",
        shows="tells",
    ),
    Expectation(
        "works stay in their part",
        "warning",
        "kept",
        "moved",
        between(most=0, mostly=1 - FEW_MOVED / 100),
        expected=f"at most {FEW_MOVED} % of the works kept stand in another part than before",
        hint="Figures of the two versions are of different works; compare within one version.",
        shows="tells",
    ),
)
