"""The gate's verdict, kept as report.json."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from components.data.manifest import Rejected
from components.errors import DataError, ValidationFailed

if TYPE_CHECKING:
    from components.data.gate.expectations import Severity

REPORT = "report.json"


@dataclass(frozen=True)
class Check:
    """One expectation and what came, in plain words; `hint` says what to do when it did not pass."""

    name: str
    severity: Severity
    passed: bool
    expected: str
    observed: str
    hint: str


@dataclass(frozen=True)
class Change:
    """A property of the works in the previous data version and in this one, and how far they lie apart."""

    property: str
    before: str
    now: str
    measure: str
    distance: float
    allowed: float


@dataclass(frozen=True)
class Report:
    """The gate's result for a data version.

    Attributes:
        passed: no critical check failed.
        checks: in the order in which they were run.
        fingerprint: the data version.
        seconds: the gate took, importing Great Expectations included.
        source: the collection's name.
        synthetic: its pictures were drawn by code.
        works: how many.
        classes: works by class and part; the part is "" before the split.
        rejected: files that were left out, with the reason.
        task: what is learnt from it, "" where that is not known.
        protocol: the split's name, "" where that is not known.
        previous: fingerprint of the data version it was compared with, "" for none.
        changes: how it compares with that version.
        docs: where Great Expectations' Data Docs begin, below the report's folder; "" for none.
        key: what was asked, so that a kept report is taken for no other question's answer.
    """

    passed: bool
    checks: list[Check]
    fingerprint: str
    seconds: float
    source: str
    synthetic: bool
    works: int
    classes: dict[str, dict[str, int]]
    rejected: list[Rejected]
    task: str = ""
    protocol: str = ""
    previous: str = ""
    changes: list[Change] = field(default_factory=list)
    docs: str = ""
    key: str = ""

    def failed(self, severity: Severity) -> list[Check]:
        """The checks of that severity that did not pass."""
        return [check for check in self.checks if check.severity == severity and not check.passed]

    def raise_if_failed(self) -> None:
        """Stop what would train on this data version.

        Raises:
            ValidationFailed: a critical check did not pass; lists each with its hint.
        """
        if self.passed:
            return
        critical = self.failed("critical")
        lines = [
            f"- {check.name}: expected {check.expected}; observed {check.observed}. {check.hint}"
            for check in critical
        ]
        head = (
            f"{self.source} (data version {self.fingerprint}) did not pass "
            f"{len(critical)} critical check{'s' if len(critical) > 1 else ''} of {len(self.checks)}:"
        )
        raise ValidationFailed("\n".join([head, *lines]))

    def write(self, folder: Path) -> None:
        """Write report.json into a folder that is there."""
        (folder / REPORT).write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `write` wrote; Great Expectations is not needed.

        Raises:
            DataError: there is none, or it cannot be read.
        """
        try:
            about = json.loads((folder / REPORT).read_text(encoding="utf-8"))
            about["checks"] = [_check(check) for check in about["checks"]]
            about["changes"] = [Change(**change) for change in about.get("changes", [])]
            about["rejected"] = [Rejected(**rejected) for rejected in about["rejected"]]
            return cls(**about)
        except (OSError, ValueError, TypeError, KeyError) as exc:
            raise DataError(
                f"{folder}: no readable validation report there ({exc}). Run `atelier validate` again."
            ) from exc


def _check(values: dict[str, Any]) -> Check:
    # Older reports call the hint "mend".
    hint = values.pop("mend", "")
    return Check(**{"hint": hint} | values)


def kept(folder: Path, key: str) -> Report | None:
    """The report kept there if it answers the questions of that key, None otherwise."""
    try:
        report = Report.load(folder)
    except DataError:
        return None
    return report if report.key == key else None
