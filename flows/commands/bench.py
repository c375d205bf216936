"""bench device: how fast this machine trains and predicts with each family."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.commands.options import JsonOption, load_settings
from flows.console import errors, output, show_json

app = typer.Typer(no_args_is_help=True, help="Measure this machine.")


@app.callback()
def _bench() -> None:
    """Keep `device` a command of its own, though it is the only one."""


@app.command()
def device(
    *,
    families: Annotated[
        str, typer.Option("--families", help="Model families, separated by commas; default: all.")
    ] = "",
    image_size: Annotated[
        str,
        typer.Option(
            "--image-size", help='"documented" for each family\'s own size, or pixels on each side.'
        ),
    ] = "documented",
    batch: Annotated[int, typer.Option(min=1, help="Images in each step.")] = 16,
    steps: Annotated[int, typer.Option(min=1, help="Steps that are timed.")] = 10,
    precision: Annotated[
        str | None, typer.Option(help="auto (default), float32, mixed_float16 or mixed_bfloat16.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Train each family a few steps on what is there: images/s, peak memory, seconds to compile."""
    from components.training.bench import device as device_bench

    settings = load_settings(precision=precision)
    trial = device_bench.Trial(
        families=device_bench.names(families),
        image_size=device_bench.pixels(image_size),
        batch=batch,
        steps=steps,
        backend=settings.backend,
        precision=settings.precision,
        devices=settings.devices,
    )
    shown = errors if as_json else output
    found = device_bench.run(trial, show=lambda text: shown.print(text, markup=False, highlight=False))
    if as_json:
        show_json(found)
