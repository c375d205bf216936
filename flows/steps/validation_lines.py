"""What the log says of the gate's report."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from components.data.gate.report import Report


def warnings(report: Report) -> list[str]:
    """A line for each check that did not pass and yet stops nothing, with its hint."""
    return [
        f"warning: {check.name}: {check.observed} (expected {check.expected}). {check.hint}"
        for check in report.failed("warning")
    ]
