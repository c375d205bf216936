"""The gate's newest verdict on a collection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from components.settings import Settings


@dataclass(frozen=True)
class Verdict:
    """What a person wants to know of a report; `page` is the readable report where there is one."""

    good: bool
    passed: int
    total: int
    failures: list[str]
    when: datetime
    page: Path | None


def newest(settings: Settings) -> Verdict | None:
    """The verdict given last, None where nothing was examined yet.

    Raises:
        DataError: the report cannot be read.
    """
    reports = list((settings.collections / "validation").glob("*/report.json"))
    if not reports:
        return None
    from components.data.validate import Report

    last = max(reports, key=lambda path: path.stat().st_mtime)
    report = Report.load(last.parent)
    failures = [check.name for check in report.checks if not check.passed]
    page = last.with_name("report.html")
    return Verdict(
        good=report.passed,
        passed=len(report.checks) - len(failures),
        total=len(report.checks),
        failures=failures,
        when=datetime.fromtimestamp(last.stat().st_mtime, UTC),
        page=page if page.is_file() else None,
    )
