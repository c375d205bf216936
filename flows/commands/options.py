"""Options that several commands share, and the commands that are a plan with a name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from components.settings import Settings

Text = str | None
Number = int | None
Option = typer.Option

TaskOption = Annotated[Text, Option("--task", help="artist, style (default) or genre.")]
JsonOption = Annotated[bool, Option("--json", help="Print JSON for a program.")]

COLLECTION: dict[str, Any] = {
    "source": Annotated[
        Text,
        Option(
            "--source",
            help="synthetic (default), folder (one folder a class), best_artworks, painter_by_numbers, "
            "pandora or wikiart.",
        ),
    ],
    "root": Annotated[Text, Option("--root", help="Folder or s3:// address of the collection.")],
    "task": TaskOption,
    "multi_label": Annotated[
        bool | None,
        Option(
            "--multi-label", help="Several labels to a work, where the source knows them (best_artworks)."
        ),
    ],
}
"""What is read. Each entry of these tables is a field of `Plan`."""

SELECTION: dict[str, Any] = {
    **COLLECTION,
    "corrections": Annotated[
        Text, Option("--corrections", help="CSV (path, label) of labels put right; an empty one leaves out.")
    ],
    "merge": Annotated[
        list[str] | None, Option("--merge", help='Classes to take as one: "A+B=C"; may be given again.')
    ],
    "classes": Annotated[
        Text,
        Option("--classes", help="Labels to keep, separated by commas; default: all, or study B's six."),
    ],
    "top": Annotated[Number, Option("--top", help="Keep the N largest classes.")],
    "balanced": Annotated[
        bool | None, Option("--balanced", help="As many works of each class as the smallest has.")
    ],
    "per_class": Annotated[Number, Option("--per-class", help="So many works of each class.")],
    "protocol": Annotated[
        Text,
        Option(
            "--protocol",
            help="81/9/10 (default), 80/20, pandora-d1, 5-fold:2 (fold 2 of 5), artists-held-out "
            "or artists-held-out:80/20.",
        ),
    ],
    "seed": Annotated[Number, Option("--seed", help="Of selection, split and training.")],
}
"""What is learnt from, and how it is parted."""

TRAINING: dict[str, Any] = {
    **SELECTION,
    "alpha": Annotated[
        Text, Option("--alpha", help="Transparency: laid on white (default) or black, or drop.")
    ],
    "loss": Annotated[
        Text,
        Option("--loss", help="cross-entropy (default), focal, class-balanced or class-balanced-focal."),
    ],
    "top_up": Annotated[
        Number, Option("--top-up", help="Draw training works of rare classes again, up to so many.")
    ],
    "families": Annotated[Text, Option("--families", help="Model families, separated by commas.")],
    "scale": Annotated[
        Text, Option("--scale", help="demo (minutes), cpu (real, CPU-sized) or full (as published).")
    ],
    "weights": Annotated[
        Text, Option("--weights", help='ImageNet weights: "imagenet", a file, s3://bucket/key, or "none".')
    ],
}
"""How it is learnt."""

PIPELINE: dict[str, Any] = {
    **TRAINING,
    "pictures": Annotated[
        bool | None, Option("--pictures/--no-pictures", help="Also train the GAN and transfer a style.")
    ],
}


def planned(options: Mapping[str, Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make `command(plan, ...)` a command that takes `options` and is handed the plan they make.

    What is not given keeps the plan's own default, so that a default stands in one place.
    """

    def made(command: Callable[..., None]) -> Callable[..., None]:
        def run(**given: object) -> None:
            from flows.plan import Plan

            plan = Plan.of(**{name: given.pop(name) for name in options})
            command(plan, **given)

        # Typer reads types; the plan's own is not wanted before a command runs.
        seen = inspect.signature(command, eval_str=True, locals={"Plan": object})
        _, *own = seen.parameters.values()
        shared = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
            for name, kind in options.items()
        ]
        taken = [*shared, *own]
        run.__name__, run.__doc__ = command.__name__, command.__doc__
        run.__annotations__ = {one.name: one.annotation for one in taken}
        run.__signature__ = inspect.Signature(taken)  # type: ignore[attr-defined]  # read by inspect
        return run

    return made


def load_settings(**overrides: object) -> Settings:
    """The environment's settings; imported here so that `--help` does not wait for pydantic."""
    from components.settings import Settings

    return Settings.load(**overrides)
