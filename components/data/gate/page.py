"""A validation report as one HTML page that needs nothing else: verdict, failed checks, classes, files."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from components.data.gate.report import Check, Report
from components.data.html import counted, render

_LISTED = 500
"""Files left out that the page names, so that it stays quick to open."""
_BAR_REM = 12
"""Length of the largest class's bar, in the page's unit of length."""
_PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class _ClassRow:
    name: str
    works: int
    by_part: dict[str, int]
    bar_rem: float


def page(report: Report) -> str:
    """The whole page."""
    look, verdict, summary = _verdict(report)
    classes = _classes(report)
    totals = {part: sum(row.by_part.get(part, 0) for row in classes) for part in _PARTS}
    return render(
        "validation_report.html",
        report=report,
        look=look,
        verdict=verdict,
        summary=summary,
        failed=_critical_first(report, passed=False),
        passed=_critical_first(report, passed=True),
        classes=classes,
        totals={part: total for part, total in totals.items() if total},
        kinds=Counter(rejected.kind for rejected in report.rejected).most_common(),
        listed=report.rejected[:_LISTED],
    )


def _verdict(report: Report) -> tuple[str, str, str]:
    """The style, the verdict, and what it means."""
    critical, warnings = len(report.failed("critical")), len(report.failed("warning"))
    if critical:
        summary = (
            f"{counted(critical, 'critical check')} did not pass; nothing is trained on this data version."
        )
        return "bad", "Stopped at the gate", summary
    if warnings:
        summary = f"Training may go on; {counted(warnings, 'warning')} should be looked at."
        return "warn", "Passed, with warnings", summary
    return "good", "Passed", f"All {len(report.checks)} checks passed."


def _critical_first(report: Report, *, passed: bool) -> list[Check]:
    checks = [check for check in report.checks if check.passed is passed]
    return sorted(checks, key=lambda check: check.severity != "critical")


def _classes(report: Report) -> list[_ClassRow]:
    """The largest first."""
    works = {name: sum(by_part.values()) for name, by_part in report.classes.items()}
    largest = max(works.values(), default=1)
    rows = [
        _ClassRow(name, works[name], by_part, _BAR_REM * works[name] / largest)
        for name, by_part in report.classes.items()
    ]
    return sorted(rows, key=lambda row: (-row.works, row.name))
