"""The gate's newest verdict on a collection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from components.data.gate.data_docs import pages
from components.data.gate.report import Report
from components.settings import Settings
from components.tracking.runs import RunRecord


@dataclass(frozen=True)
class ValidationReport:
    """A report, when it was written, and its pages for people where there are some.

    Attributes:
        page: the report to read.
        docs: Great Expectations' pages by their suite.
    """

    report: Report
    when: datetime
    page: Path | None
    docs: dict[str, Path] = field(default_factory=dict)

    @property
    def passed(self) -> int:
        """How many checks passed."""
        return sum(check.passed for check in self.report.checks)

    def is_newer_than(self, other: ValidationReport) -> bool:
        """Whether it was written later, of another data version."""
        return self.when > other.when and self.report.fingerprint != other.report.fingerprint

    @property
    def open(self) -> list[str]:
        """The checks that did not pass, with what was found."""
        return [f"{check.name}: {check.observed}" for check in self.report.checks if not check.passed]


def newest(settings: Settings) -> ValidationReport | None:
    """The verdict given last, None where nothing was examined yet.

    Raises:
        DataError: the report cannot be read.
    """
    reports = list((settings.collections / "validation").glob("*/report.json"))
    if not reports:
        return None
    return _read(max(reports, key=lambda path: path.stat().st_mtime))


def of(settings: Settings, fingerprint: str) -> ValidationReport | None:
    """The verdict on that data version, None where there is none.

    Raises:
        DataError: the report cannot be read.
    """
    reports = (settings.collections / "validation").glob("*/report.json")
    return next((_read(path) for path in reports if path.parent.name == fingerprint), None)


def in_mlflow(settings: Settings, runs: Iterable[RunRecord], fingerprint: str) -> str | None:
    """The page of the report that a run on that data version keeps, None where there is no such run."""
    run = next((run for run in runs if run.data_version == fingerprint), None)
    if run is None:
        return None
    folder = f"experiments/{run.experiment_id}/runs/{run.id}/artifacts/validation"
    return f"{settings.mlflow_ui}/#/{folder}/report.html"


def _read(report: Path) -> ValidationReport:
    page = report.with_name("report.html")
    return ValidationReport(
        report=Report.load(report.parent),
        when=datetime.fromtimestamp(report.stat().st_mtime, UTC),
        page=page if page.is_file() else None,
        docs=pages(report.with_name("data_docs")),
    )
