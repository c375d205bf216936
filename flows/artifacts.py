"""What the Prefect UI shows with a flow run: the gate's verdict, the scores, the runs in MLflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from flows.run_table import run_rows

if TYPE_CHECKING:
    from components.data.gate.report import Report
    from components.data.manifest import Manifest
    from components.settings import Settings
    from components.tracking.promotion.journal import Entry
    from components.tracking.runs import RunRecord
    from flows.runs.attempts import StepFailure


def leave_verdict(report: Report, settings: Settings) -> None:
    """Let the Prefect UI show the gate's verdict with the flow run, also where it ends the run.

    The link leads to the dashboard: browsers follow none from a served page to a file.
    """
    stage = "" if report.protocol else "-before-split"
    create_markdown_artifact(checks_markdown(report), key=f"validation{stage}", description=_verdict(report))
    create_link_artifact(
        f"{settings.dashboard_ui}/?report={report.fingerprint}",
        link_text="Validation report and Data Docs in the dashboard",
        key=f"validation-report{stage}",
        description=_verdict(report),
    )


def leave_results(
    works: Manifest,
    runs: list[RunRecord],
    decision: Entry,
    failures: list[StepFailure],
    settings: Settings,
) -> None:
    """Let the Prefect UI show the scores, the runs in MLflow and the report they keep with the flow run."""
    create_table_artifact(run_rows(runs), key="scores", description=f"{works.source}: {decision.reason}")
    if failures:
        rows = [failure.row for failure in failures]
        create_table_artifact(rows, key="failures", description="Steps that could not be done")
    for run in runs:
        family = run.family.replace("_", "-") + ("-refit" if run.refit_of else "")
        page = f"{settings.mlflow_ui}/#/experiments/{run.experiment_id}/runs/{run.id}"
        create_link_artifact(
            page, link_text=f"{run.name} in MLflow", key=f"mlflow-{family}", description=run.name
        )
        create_link_artifact(
            f"{page}/artifacts/validation/report.html",
            link_text=f"Validation report kept with {run.name} in MLflow",
            key=f"mlflow-validation-{family}",
            description="The gate's report as it stood when this run was trained",
        )


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


def _cell(text: str) -> str:
    """A text that leaves a Markdown table whole."""
    return text.replace("|", "\\|").replace("\n", " ")
