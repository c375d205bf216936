"""The gate's newest verdict on a collection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from components.data.report import Report
from components.settings import Settings


@dataclass(frozen=True)
class Verdict:
    """A report, when it was written, and its page for people where there is one."""

    report: Report
    when: datetime
    page: Path | None

    @property
    def passed(self) -> int:
        """How many checks passed."""
        return sum(check.passed for check in self.report.checks)

    @property
    def open(self) -> list[str]:
        """The checks that did not pass, with what was found."""
        return [f"{check.name}: {check.observed}" for check in self.report.checks if not check.passed]


def newest(settings: Settings) -> Verdict | None:
    """The verdict given last, None where nothing was examined yet.

    Raises:
        DataError: the report cannot be read.
    """
    reports = list((settings.collections / "validation").glob("*/report.json"))
    if not reports:
        return None
    last = max(reports, key=lambda path: path.stat().st_mtime)
    page = last.with_name("report.html")
    return Verdict(
        report=Report.load(last.parent),
        when=datetime.fromtimestamp(last.stat().st_mtime, UTC),
        page=page if page.is_file() else None,
    )
