"""up, serve, dashboard, doctor."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.options import JsonOption, load_settings
from flows.console import errors, output, show_json, show_table, talking

if TYPE_CHECKING:
    from components.settings import Settings
    from flows.server.services import Service

PortOption = Annotated[int | None, typer.Option("--port", help="Port to listen on.")]


def up() -> None:
    """MLflow, Prefect with its scheduled runs, the API and the dashboard; Ctrl-C ends them all."""
    from flows.server import services
    from flows.server import supervisor as supervision

    settings = load_settings()
    # A polite end is an end like Ctrl-C, also where a shell started us with that ignored ("&" in a script):
    # what we started must not outlive us.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with ExitStack() as stack:
        with talking():
            errors.print(
                "Starting MLflow, Prefect, the API and the dashboard (up to a minute) ...", style="dim"
            )
            supervisor = stack.enter_context(supervision.up(settings))
        try:
            show_table(
                "Atelier is up",
                [{"server": server.title, "address": server.url} for server in services.services(settings)],
            )
            _show_schedules(settings)
            output.print(f"logs: {settings.home / 'logs'}    Ctrl-C ends them all.", highlight=False)
            supervisor.wait()
            errors.print("The supervisor was ended from outside.", style="yellow")
        except KeyboardInterrupt:
            errors.print("Ending the servers ...", style="dim")
    errors.print("All servers ended.", style="dim")


def _show_schedules(settings: Settings) -> None:
    from flows.plan import kept_plans

    plans = kept_plans(settings)
    show_table(
        "Scheduled",
        [
            {"plan": name, "task": plan.task.value, "source": plan.source, "when": settings.schedule_cron}
            for name, plan in plans.usable.items()
        ],
    )
    for file, reason in plans.unusable.items():
        errors.print(f"Plan {file} is not scheduled: {reason}", style="yellow", markup=False, highlight=False)


def serve(*, port: PortOption = None) -> None:
    """The REST API alone: POST /v1/{task}/predict."""
    from flows.server import services

    settings = load_settings(api_port=port)
    _become(services.api(settings), settings)


def dashboard(*, port: PortOption = None) -> None:
    """The dashboard alone; it asks the API and MLflow."""
    from flows.server import services

    settings = load_settings(dashboard_port=port)
    _become(services.dashboard(settings), settings)


def doctor(*, as_json: JsonOption = False) -> None:
    """Versions, backend, devices, disk, services, and what is misconfigured and how to correct it."""
    from flows.server.doctor import examine

    with talking():
        findings = examine(load_settings())
    if as_json:
        show_json([vars(finding) for finding in findings])
    else:
        signs = {"good": "[green]✓[/]", "note": "[yellow]•[/]", "bad": "[red]✗[/]"}
        for finding in findings:
            output.print(f"{signs[finding.state]} [bold]{finding.name:<22}[/] ", end="")
            output.print(finding.text, markup=False, highlight=False)
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(1)


def _become(service: Service, settings: Settings) -> None:
    """Turn this process into the server, so that signals and exit codes are its own."""
    from flows.server.services import check_port

    check_port(service, settings.host)
    os.environ.update(
        ATELIER_API_PORT=str(settings.api_port),
        ATELIER_DASHBOARD_PORT=str(settings.dashboard_port),
        ATELIER_HOME=str(settings.home),
    )
    errors.print(f"{service.title}: {service.url}", highlight=False)
    sys.stderr.flush()
    os.execv(service.command[0], service.command)  # noqa: S606 (our own command)
