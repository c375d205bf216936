"""Frozen values: recipes, plans, searches, cards. A changed one is checked as a new one is."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from components.errors import SettingsError

LARGEST_SEED = 2**32 - 1
"""NumPy takes no larger one."""

Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED)]
"""What chance starts from: of Python, NumPy and Keras alike."""

_SHORT = (str, int, float, type(None))


class Frozen(BaseModel):
    """A value that never changes; a field that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def replace(self, **changes: Any) -> Self:
        """The same with some fields changed, checked as if it had been written so.

        Pydantic's `model_copy(update=...)` checks nothing: a misspelt field would change nothing in silence,
        and two fields that exclude each other would stand side by side.

        Raises:
            SettingsError: an unknown field, a value that it cannot take, or fields that exclude each other.
        """
        kind = type(self)
        fields = kind.model_fields
        if unknown := sorted(changes.keys() - fields.keys()):
            raise SettingsError(
                f"{kind.__name__} has no field {', '.join(unknown)}; its fields are {', '.join(fields)}."
            )
        # All of them, also those that were never given: settings would be read from the environment again.
        kept = {name: getattr(self, name) for name in fields}
        try:
            return kind.model_validate(kept | changes)
        except ValidationError as exc:
            raise SettingsError(
                f"{kind.__name__} cannot be changed to {_listed(changes)}: {validation_text(exc)}."
            ) from exc


def shifted(seed: int, by: int) -> int:
    """Another seed, so many further on; behind the largest comes 0."""
    return (seed + by) % (LARGEST_SEED + 1)


def validation_text(exc: ValidationError) -> str:
    """What pydantic found wrong, one clause a field: "seed: Input should be ..., received -1; ..."."""
    return "; ".join(_clause(error) for error in exc.errors())


def _clause(error: Any) -> str:
    place = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        return f"{place}: there is no such field"
    text = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] != "value_error" and isinstance(error["input"], _SHORT):
        text += f", received {error['input']!r}"
    return f"{place}: {text}" if place else text


def _listed(changes: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in changes.items())
