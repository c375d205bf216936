"""demo, pipeline, ingest, validate, train."""

from __future__ import annotations

import time
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.options import (
    COLLECTION,
    COMBINED,
    PIPELINE,
    SELECTION,
    JsonOption,
    load_settings,
    planned,
)
from flows.console import errors, output, show_json, show_table, talking

if TYPE_CHECKING:
    from components.data.manifest import Manifest
    from components.settings import Settings
    from flows.pipeline import PipelineResult
    from flows.plan import Plan


def demo(*, as_json: JsonOption = False) -> None:
    """Synthetic gallery to a served champion: three families, a GAN, a style transfer; takes minutes."""
    from flows.plan import Plan

    _pipeline(Plan(), "demo", as_json=as_json)


@planned(PIPELINE)
def pipeline(
    plan: Plan,
    *,
    keep_as: Annotated[
        str, typer.Option("--keep-as", help="Name under which `atelier up` schedules it.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Ingest, validate, split, train, promote, make pictures; a finished step is never done twice."""
    _pipeline(plan, keep_as or plan.default_name, as_json=as_json)


@planned(COLLECTION)
def ingest(plan: Plan, *, as_json: JsonOption = False) -> None:
    """Read a collection into a manifest: one row a painting, and a line for every file left out."""
    settings = load_settings()
    with talking():
        from flows.steps.ingest import ingest as stop

        manifest = stop(plan, settings)
    rejected = [{"file": one.path, "kind": one.kind, "reason": one.reason} for one in manifest.rejected]
    if as_json:
        show_json(
            {
                "source": manifest.source,
                "works": len(manifest),
                "data_version": manifest.fingerprint,
                "lineage": manifest.lineage,
                "rejected": rejected,
            }
        )
        return
    show_table(
        f"{manifest.source}: {len(manifest)} works, data version {manifest.fingerprint}", _counts(manifest)
    )
    if rejected:
        show_table(f"{len(rejected)} files left out", rejected)


@planned(SELECTION)
def validate(plan: Plan, *, as_json: JsonOption = False) -> None:
    """Put a collection and its split before the gate; exit code 2 and a report when it does not pass."""
    settings = load_settings()
    with talking():
        from flows.steps.ingest import examined

        manifest, report = examined(plan, settings)
    checks = [
        {
            "check": check.name,
            "severity": check.severity,
            "passed": check.passed,
            "expected": check.expected,
            "observed": check.observed,
        }
        for check in report.checks
    ]
    page = settings.collections / "validation" / manifest.fingerprint / "report.html"
    if as_json:
        show_json(
            {
                "data_version": manifest.fingerprint,
                "passed": report.passed,
                "report": str(page),
                "checks": checks,
            }
        )
        return
    show_table(f"{manifest.source}: passed", checks)
    output.print(f"report: {page}", markup=False, highlight=False)


@planned(COMBINED)
def train(plan: Plan, *, as_json: JsonOption = False) -> None:
    """Train families on a validated data version; nothing is promoted."""
    from flows.run_table import run_rows

    settings = load_settings()
    with talking():
        from flows.runs.attempts import attempt_each
        from flows.steps.ensemble import run_ensembling
        from flows.steps.ingest import prepared
        from flows.steps.refit_best import refit_best
        from flows.steps.train import train as stop

        _say_what_is_left_out(plan)
        manifest = prepared(plan, settings)
        records, failures = attempt_each(
            {f"train {family}": partial(stop, family, manifest, plan, settings) for family in plan.families}
        )
        if plan.ensemble and len(records) > 1:
            records.append(run_ensembling(records, settings))
        if records and plan.refit != "none":
            records.append(refit_best(records, manifest, plan, settings))
    if as_json:
        show_json([asdict(record) for record in records])
    elif records:
        show_table(f"{plan.task} on {manifest.source}", run_rows(records, with_data=False))
    if failures:  # one sentence and exit code 2, after the runs of those that succeeded
        raise failures[0].error


def _pipeline(plan: Plan, name: str, *, as_json: bool) -> None:
    from flows.server import supervisor
    from flows.server.temporary import prefect_server

    settings = supervisor.joined(load_settings())
    plan.save(settings, name)
    started = time.monotonic()
    with prefect_server(settings) as wait_until_ready, talking():
        errors.print("Starting Prefect (half a minute on a small machine) ...", style="dim")
        from flows import flow_runs
        from flows.pipeline import pipeline as flow

        wait_until_ready()
        _say_what_is_left_out(plan)
        with flow_runs.owned():
            outcome = flow(plan)
    _show(outcome, plan, settings, time.monotonic() - started, as_json=as_json)


def _say_what_is_left_out(plan: Plan) -> None:
    """A family whose weights are not installed, where the plan named none and would have had it."""
    from flows.log import log_step
    from flows.plan_defaults import left_out

    if "families" not in plan.model_fields_set and (text := left_out(plan.source)):
        log_step("train", text, outcome="warning")


def _show(outcome: PipelineResult, plan: Plan, settings: Settings, seconds: float, *, as_json: bool) -> None:
    from flows.pipeline import as_dict, where
    from flows.run_table import run_rows

    if as_json:
        show_json(as_dict(outcome, settings, seconds))
        return
    synthetic = " (drawn by code, not real paintings)" if outcome.manifest.synthetic else ""
    output.print()
    show_table(
        f"{plan.task} on {outcome.manifest.source}{synthetic}, {seconds:.0f} s",
        run_rows(outcome.runs, with_data=False),
    )
    decision = outcome.decision
    champion = f"Champion of {plan.task}: version {decision.champion}"
    judged = "" if decision.action == "promote" else f"; version {decision.version} does not replace it"
    output.print(f"\n{champion}{judged}: {decision.reason}.\n", markup=False, highlight=False)
    if outcome.failures:
        show_table("Could not be done", [failure.row for failure in outcome.failures])
    show_table("Where everything lies", where(outcome, settings))
    output.print(
        "\nLook at it:  [bold]make up[/]   (MLflow, Prefect, the API and the dashboard; Ctrl-C ends them)"
    )


def _counts(manifest: Manifest) -> list[dict[str, object]]:
    return [
        {
            "label": column,
            "known for": int((manifest.frame[column] != "").sum()),
            "classes": int(manifest.frame.loc[manifest.frame[column] != "", column].nunique()),
        }
        for column in ("artist", "style", "genre")
    ]
