"""`atelier`: every command; the heavy packages are imported by the command that needs them, never before."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from flows.commands import bench, data, ensemble, models, pipeline, servers, study, tune
from flows.commands.options import load_settings
from flows.console import errors
from flows.failure import report_failure

app = typer.Typer(
    help="Learn a painting's artist, style or genre: from images to a served champion.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    # `mlflow run -P per_class=50` hands over --per_class.
    context_settings={"token_normalize_func": lambda text: text.replace("_", "-")},
)
for panel, commands in {
    "From paintings to a champion": (
        pipeline.demo,
        pipeline.pipeline,
        pipeline.ingest,
        pipeline.validate,
        pipeline.train,
        tune.tune,
        ensemble.bag,
        ensemble.cross_validate,
    ),
    "Models": (
        models.runs,
        models.compare,
        ensemble.ensemble,
        ensemble.boost,
        models.promote,
        models.rollback,
        models.predict,
    ),
    "Servers": (servers.up, servers.serve, servers.dashboard, servers.doctor),
}.items():
    for command in commands:
        app.command(rich_help_panel=panel)(command)
app.command(hidden=True)(tune.take_trials)
app.add_typer(data.app, name="data", rich_help_panel="From paintings to a champion")
app.add_typer(study.app, name="study", rich_help_panel="From paintings to a champion")
app.add_typer(bench.app, name="bench", rich_help_panel="Servers")


@app.callback()
def _settings(
    home: Annotated[str, typer.Option("--home", help="Folder of everything Atelier writes.")] = "",
) -> None:
    if home:  # an empty one, as of a variable that a script forgot to set, is none
        # Servers and flow runs that this command starts must mean the same folder.
        os.environ["ATELIER_HOME"] = str(load_settings(home=home).home)


def main() -> None:
    """Run the command line; what a person can correct is one message and exit code 2."""
    try:
        app()
    except KeyboardInterrupt:
        errors.print("interrupted; what was finished is kept")
        sys.exit(130)
    except Exception as exc:  # noqa: BLE001 (nobody is to meet a traceback: it goes into a file)
        sys.exit(report_failure(exc))


if __name__ == "__main__":
    main()
