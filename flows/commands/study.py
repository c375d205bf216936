"""study list, show, run, table: the five source documents, their rows, and published beside ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from components.errors import SettingsError
from components.formatting import FIGURES, PARTS, duration, share
from flows.commands.options import STUDY_RUN, JsonOption, Option, load_settings, with_options
from flows.console import errors, output, show_json, show_table, talking

if TYPE_CHECKING:
    from flows.study.run import StudyResult

app = typer.Typer(
    no_args_is_help=True, help="The five documented studies: run them, published figures beside ours."
)

NameArgument = Annotated[str, typer.Argument(help="A study's name, or its letter.", metavar="NAME")]


@app.command("list")
def list_(*, as_json: JsonOption = False) -> None:
    """The studies, and what each learns."""
    from components.studies.catalog import STUDIES

    rows = [
        {
            "study": study.name,
            "letter": study.letter,
            "learns": study.task.value,
            "documented on": study.source,
            "rows": len(study.rows),
            "document": study.document,
        }
        for study in STUDIES.values()
    ]
    if as_json:
        show_json(rows)
    else:
        show_table("Studies", rows)


@app.command()
def show(
    name: NameArgument,
    *,
    size: Annotated[str, Option("--size", help="Recipes as they are at full, cpu or quick size.")] = "full",
    as_json: JsonOption = False,
) -> None:
    """A study's rows: what each does, by which recipe, and what was published."""
    from components.studies.catalog import find_study
    from flows.study.describe import description, details
    from flows.study.plan import StudyPlan

    study, wanted = find_study(name), StudyPlan.of(study=name, size=size).size
    rows: list[dict[str, Any]] = []
    for row in study.rows:
        figures = {
            "/".join((FIGURES[k.split("/")[1]], PARTS[k.split("/")[0]])): v for k, v in row.published.items()
        }
        does = details(row, study, wanted) if as_json else {"how": description(row, study, wanted)}
        rows.append(
            {"row": row.id, "what": row.title}
            | does
            | {
                "starts from": ", ".join(row.needs),
                "published": dict(row.published)
                if as_json
                else ", ".join(f"{figure} {share(value)}" for figure, value in figures.items()),
                "note": row.note,
            }
        )
    if as_json:
        show_json(
            {"study": study.name, "document": study.document, "left_open": study.left_open, "rows": rows}
        )
        return
    show_table(f"Study {study.letter}, {study.name}: {study.title}", rows)
    output.print(f"\n{study.document}.\nLeft open by it: {study.left_open}.", highlight=False)


@app.command()
@with_options(STUDY_RUN)
def run(
    given: dict[str, object],
    *,
    name: NameArgument,
    quick: Annotated[bool, Option("--quick", help="A faithful miniature: small images, few epochs.")] = False,
    prefect: Annotated[
        bool, Option("--prefect", help="Run it as a Prefect flow in which each row is a task.")
    ] = False,
    strict: Annotated[bool, Option("--strict", help="Exit code 1 when a row could not be done.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Run a study's rows, each an MLflow run under one parent; ends with its table. Done rows are found."""
    from flows.study.plan import StudyPlan

    if quick and given["size"] not in (None, "quick"):
        raise SettingsError(
            f"--quick is --size quick; received --size {given['size']}, too. Give one of the two."
        )
    study_plan = StudyPlan.of(study=name, **(given | {"size": "quick"} if quick else given))
    outcome = _ran(study_plan, prefect=prefect)
    _show(outcome, as_json=as_json)
    if strict and outcome.failed:
        raise typer.Exit(1)


@app.command()
def table(name: NameArgument, *, as_json: JsonOption = False) -> None:
    """A study's table from all its runs of the newest one's size and data; trains nothing."""
    from components.studies.catalog import find_study
    from flows.study.run import last

    outcome = last(find_study(name).name, load_settings())
    if outcome.status != "FINISHED" and not as_json:
        errors.print(f"The last run of {name} is {outcome.status.lower()}: its rows so far.", highlight=False)
    _show(outcome, as_json=as_json)


def _ran(study_plan: Any, *, prefect: bool) -> StudyResult:
    if prefect:
        from flows.server import supervisor
        from flows.server.temporary import prefect_server

        settings = supervisor.joined(load_settings())
        with prefect_server(settings) as wait_until_ready, talking():
            errors.print("Starting Prefect (half a minute on a small machine) ...", style="dim")
            from flows import flow_runs
            from flows.study.flow import study

            wait_until_ready()
            with flow_runs.owned():
                outcome: StudyResult = study(study_plan)
                return outcome
    settings = load_settings()
    with talking():
        from flows.study.run import run as stop

        return stop(study_plan, settings)


def _show(outcome: StudyResult, *, as_json: bool) -> None:
    from flows.study.table import table

    if as_json:
        show_json(outcome.as_dict())
        return
    output.print()
    show_table(f"{outcome.title}; {duration(outcome.seconds)}", table(outcome.lines))
    if outcome.failed:
        names = ", ".join(line.row for line in outcome.failed)
        errors.print(
            f"{len(outcome.failed)} rows could not be done: {names}.", style="yellow", highlight=False
        )
    output.print(f"Left open by the source: {outcome.left_open}.", highlight=False)
    output.print(f"MLflow run {outcome.run}: table, figure, and a run a row below it.", highlight=False)
