"""Options that several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from components.settings import Settings

SourceOption = Annotated[
    str | None,
    typer.Option("--source", help="synthetic (default), folder (one folder a class) or best_artworks."),
]
RootOption = Annotated[str | None, typer.Option("--root", help="Folder the collection lies in.")]
TaskOption = Annotated[str | None, typer.Option("--task", help="artist, style (default) or genre.")]
ClassesOption = Annotated[
    str,
    typer.Option(
        "--classes", help="Labels to keep, separated by commas; default: all, or study B's six movements."
    ),
]
TopOption = Annotated[int | None, typer.Option("--top", help="Keep the N largest classes.")]
ProtocolOption = Annotated[
    str | None, typer.Option("--protocol", help="81/9/10 (default) or another named split.")
]
FamiliesOption = Annotated[str, typer.Option("--families", help="Model families, separated by commas.")]
ScaleOption = Annotated[
    str | None, typer.Option("--scale", help="demo (minutes), cpu (real, CPU-sized) or full (as published).")
]
WeightsOption = Annotated[
    str | None, typer.Option("--weights", help='ImageNet weights: "imagenet", a file, or s3://bucket/key.')
]
SeedOption = Annotated[int | None, typer.Option("--seed", help="Of the split and of training.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]


def listed(text: str) -> tuple[str, ...]:
    """A comma-separated option's values."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def load_settings(**overrides: object) -> Settings:
    """The environment's settings; imported here so that `--help` does not wait for pydantic."""
    from components.settings import Settings

    return Settings.load(**overrides)
