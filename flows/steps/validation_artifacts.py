"""The gate's report beside the flow run: artifacts for the Prefect UI, and lines for the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from components.data.gate.report import Report
    from components.settings import Settings


def checks_markdown(report: Report) -> str:
    """The gate's checks as a Markdown table, failed ones first."""
    lines = [f"## {_verdict(report)}", "", "| | check | expected | observed |", "|---|---|---|---|"]
    for check in sorted(report.checks, key=lambda check: (check.passed, check.severity)):
        sign = "✓" if check.passed else "✗" if check.severity == "critical" else "!"
        observed = check.observed if check.passed else f"{check.observed}. {check.hint}"
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
    """A line for each check that did not pass and yet stops nothing, with its hint."""
    return [
        f"warning: {check.name}: {check.observed} (expected {check.expected}). {check.hint}"
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
        f"{settings.dashboard_ui}/?report={report.fingerprint}",
        link_text="Validation report and Data Docs in the dashboard",
        key=f"validation-report{stage}",
        description=_verdict(report),
    )


def _cell(text: str) -> str:
    """A text that leaves a Markdown table whole."""
    return text.replace("|", "\\|").replace("\n", " ")
