"""A pipeline's outcome as rows: for the console, for JSON, for Prefect's artifacts."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from components.data.gate.validate import Report
    from components.settings import Settings
    from components.tracking.runs import RunRecord
    from flows.pipeline import Outcome


def run_rows(records: Iterable[RunRecord]) -> list[dict[str, Any]]:
    """One row a training run: macro-F1 with its 95 % bootstrap interval."""
    rows = []
    for record in records:
        metrics, tested = record.metrics, record.tags.get("atelier.judged_on", "test") == "test"
        rows.append(
            {
                "family": record.tags.get("atelier.family", record.name),
                "data": record.tags.get("atelier.source", ""),
                "val. F1": _interval(metrics, "validation"),
                "test F1": _interval(metrics, "test") if tested else "no test part",
                "accuracy": metrics.get("test/accuracy", metrics.get("test/subset_accuracy", float("nan"))),
                "parameters": f"{metrics.get('parameters', 0):,.0f}",
                "seconds": f"{metrics.get('training_seconds', 0):.0f}",
                "run": record.id[:8],
            }
        )
    return rows


def share(value: float | None, digits: int = 3) -> str:
    """A share without its leading zero, as in .873; "" for none."""
    return "" if value is None else f"{value:.{digits}f}".removeprefix("0")


def checks_markdown(report: Report) -> str:
    """The gate's checks as a Markdown table, failed ones first."""
    lines = [f"## {_verdict(report)}", "", "| | check | expected | observed |", "|---|---|---|---|"]
    for check in sorted(report.checks, key=lambda check: (check.passed, check.severity)):
        sign = "✓" if check.passed else "✗" if check.severity == "critical" else "!"
        observed = check.observed if check.passed else f"{check.observed}. {check.mend}"
        cells = [_cell(text) for text in (check.name, check.expected, observed)]
        lines.append(f"| {sign} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _verdict(report: Report) -> str:
    verdict = "passed" if report.passed else "did not pass"
    known = report.failed("warning")
    if report.passed and known:
        verdict += f", with {len(known)} warning{'s' if len(known) > 1 else ''}"
    return f"{report.source}: {verdict}"


def warnings(report: Report) -> list[str]:
    """A line for each check that did not pass and yet stops nothing, with its mend."""
    return [
        f"warning: {check.name}: {check.observed} (expected {check.expected}). {check.mend}"
        for check in report.failed("warning")
    ]


def leave_verdict(report: Report, settings: Settings) -> None:
    """Let the Prefect UI show the gate's verdict with the flow run, also where it ends the run.

    The link leads to the dashboard: browsers follow none from a served page to a file. Outside of a
    flow run nothing is left.
    """
    from prefect.artifacts import create_link_artifact, create_markdown_artifact
    from prefect.context import FlowRunContext

    if FlowRunContext.get() is None:
        return
    stage = "" if report.protocol else "-before-split"
    create_markdown_artifact(checks_markdown(report), key=f"validation{stage}", description=_verdict(report))
    create_link_artifact(
        f"http://{settings.host}:{settings.dashboard_port}/?report={report.fingerprint}",
        link_text="Validation report and Data Docs in the dashboard",
        key=f"validation-report{stage}",
        description=_verdict(report),
    )


def where(outcome: Outcome, settings: Settings) -> list[dict[str, Any]]:
    """What lies where, for the end of a run."""
    folder = settings.collections / "validation" / outcome.manifest.fingerprint
    explored = settings.collections / "explore" / outcome.manifest.fingerprint
    return [
        {"what": "paintings", "where": str(outcome.manifest.root)},
        {"what": "validation report", "where": str(folder / "report.html")},
        {"what": "Data Docs", "where": str(folder / "data_docs" / "index.html")},
        {"what": "figures of the paintings", "where": str(explored / "index.html")},
        {"what": "runs and registry", "where": settings.tracking_uri},
        {"what": "figures and models", "where": str(settings.artifacts)},
        {"what": "served releases", "where": str(settings.releases)},
        {"what": "journal", "where": str(settings.journal)},
    ]


def as_dict(outcome: Outcome, settings: Settings, seconds: float) -> dict[str, Any]:
    """The outcome as one JSON document."""
    return {
        "data_version": outcome.manifest.fingerprint,
        "source": outcome.manifest.source,
        "synthetic": outcome.manifest.synthetic,
        "seconds": round(seconds, 1),
        "runs": [asdict(record) for record in outcome.runs],
        "pictures": [asdict(record) for record in outcome.pictures],
        "decision": outcome.decision.model_dump(mode="json"),
        "where": {row["what"]: row["where"] for row in where(outcome, settings)},
    }


def _cell(text: str) -> str:
    """A text that leaves a Markdown table whole."""
    return text.replace("|", "\\|").replace("\n", " ")


def _interval(metrics: dict[str, float], part: str) -> str:
    try:
        score, low, high = (metrics[f"{part}/macro_f1{end}"] for end in ("", "_low", "_high"))
    except KeyError:
        return "-"
    return f"{share(score)} [{share(low, 2)}, {share(high, 2)}]"
