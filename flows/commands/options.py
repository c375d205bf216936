"""Options that several commands share, and the commands that are a plan with a name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.plan_help import PLAN, STUDY

if TYPE_CHECKING:
    from components.settings import Settings

Text = str | None
Number = int | None
Option = typer.Option

TaskOption = Annotated[Text, Option("--task", help="artist, style (default) or genre.")]
JsonOption = Annotated[bool, Option("--json", help="Print JSON for a program.")]

_TYPES = {
    "multi_label": bool | None,
    "balanced": bool | None,
    "pictures": bool | None,
    "ensemble": bool | None,
    "merge": list[str] | None,
    "also_judge_on_merge": list[str] | None,
} | dict.fromkeys(("top", "per_class", "top_up", "seed", "workers", "refit_folds"), Number)
"""Of the options that are no text."""
_FLAGS = {"pictures": "--pictures/--no-pictures"}


def _options(help_texts: Mapping[str, str], *names: str) -> dict[str, Any]:
    """Typer's options for fields of a plan, by the field's name."""
    return {
        name: Annotated[
            _TYPES.get(name, Text),
            Option(_FLAGS.get(name, f"--{name.replace('_', '-')}"), help=help_texts[name]),
        ]
        for name in names
    }


COLLECTION = _options(PLAN, "source", "root", "task", "multi_label")
"""Options of what is read."""
SELECTION = COLLECTION | _options(
    PLAN, "corrections", "merge", "classes", "top", "balanced", "per_class", "protocol", "seed"
)
"""Options of what is learnt from, and how it is split."""
TRAINING = SELECTION | _options(PLAN, "alpha", "borders", "loss", "top_up", "families", "scale", "weights")
"""Options of how it is learnt."""
REFITTED = TRAINING | _options(PLAN, "refit", "refit_folds")
"""Those and whether the best recipe is trained once more on more works."""
COMBINED = REFITTED | _options(PLAN, "ensemble")
"""Those and whether all families together are one more model."""
PIPELINE = COMBINED | _options(PLAN, "pictures", "style_network")
STUDY_RUN = _options(STUDY, *STUDY)


def with_options(options: Mapping[str, Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make `command(given, ...)` a command that takes `options` and is handed what was given, by name.

    An option that was not given is None.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        def run(**given: object) -> None:
            command({name: given.pop(name) for name in options}, **given)

        signature = inspect.signature(command, eval_str=True)
        _, *own = signature.parameters.values()
        shared = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
            for name, kind in options.items()
        ]
        parameters = [*shared, *own]
        run.__name__, run.__doc__ = command.__name__, command.__doc__
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # read by inspect
            [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
        )
        return run

    return decorate


def planned(options: Mapping[str, Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make `command(plan, ...)` a command that takes `options` and is handed the plan they make.

    What is not given keeps the plan's own default, so that a default stands in one place.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        def run(given: dict[str, object], **own: object) -> None:
            from flows.plan import Plan

            command(Plan.of(**given), **own)

        # Typer reads types; the plan's own is not wanted before a command runs.
        signature = inspect.signature(command, eval_str=True, locals={"Plan": object})
        run.__name__, run.__doc__ = command.__name__, command.__doc__
        run.__signature__ = signature  # type: ignore[attr-defined]  # read by inspect
        return with_options(options)(run)

    return decorate


def load_settings(**overrides: object) -> Settings:
    """The environment's settings; imported here so that `--help` does not wait for pydantic."""
    from components.settings import Settings

    return Settings.load(**overrides)
