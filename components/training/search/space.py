"""What a search may change: fields of a recipe by dotted name, as frozen values.

"image_size", "options.dense_1", "stages.0.learning_rate": a name goes through the recipe's fields, a stage
by its number from 0. Whatever is put together is checked by the recipe itself.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from components.errors import SettingsError
from components.frozen import Frozen, validation_text
from components.training.recipe import Recipe

Value = bool | int | float | str | None
Values = Mapping[str, Value]
"""A value for each parameter of a space, by name."""


class _Parameter(Frozen):
    name: str = Field(min_length=1, description='dotted, as in "stages.0.learning_rate"')

    @property
    def grid(self) -> tuple[Value, ...] | None:
        """Every value, in order; None: there is no end of them."""
        return None


def meant(value: Value) -> Value:
    """A value as it was written: the third step of .1 is .30000000000000004. Others stay as they are."""
    if not isinstance(value, float):
        return value
    short = float(f"{value:.12g}")
    return short if math.isclose(short, value, rel_tol=1e-15) else value


class Choice(_Parameter):
    """One of some values."""

    kind: Literal["choice"] = "choice"
    values: tuple[Value, ...] = Field(min_length=1)

    @field_validator("values")
    @classmethod
    def _as_meant(cls, values: tuple[Value, ...]) -> tuple[Value, ...]:
        return tuple(map(meant, values))

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        if any(one == other for one, other in itertools.combinations(self.values, 2)):
            raise ValueError(f"{self.name}: each value stands once; received {self.values}")
        return self

    @property
    def grid(self) -> tuple[Value, ...]:
        """Every value, in order."""
        return self.values


class Steps(_Parameter):
    """low, low + step, ... up to high, which belongs to it where a step leads there (128:64:512)."""

    kind: Literal["steps"] = "steps"
    low: int | float
    high: int | float
    step: int | float = Field(gt=0)

    @model_validator(mode="after")
    def _rising(self) -> Self:
        _rising(self)
        return self

    @property
    def grid(self) -> tuple[int | float, ...]:
        """Every value, in order."""
        low, high, step = (Decimal(str(number)) for number in (self.low, self.high, self.step))
        exact = [low + step * place for place in range(int((high - low) / step) + 1)]
        whole = all(isinstance(number, int) for number in (self.low, self.step))
        return tuple(int(value) if whole else float(value) for value in exact)


class Whole(_Parameter):
    """A whole number from low to high, both included; by its logarithm where `log`."""

    kind: Literal["whole"] = "whole"
    low: int
    high: int
    log: bool = False

    @model_validator(mode="after")
    def _rising(self) -> Self:
        _rising(self, log=self.log)
        return self

    @property
    def grid(self) -> tuple[int, ...] | None:
        """Every value, in order; None where their logarithm counts: then they are a scale, not a list."""
        return None if self.log else tuple(range(self.low, self.high + 1))


class Uniform(_Parameter):
    """A real number from low to high."""

    kind: Literal["uniform"] = "uniform"
    low: float
    high: float

    @model_validator(mode="after")
    def _rising(self) -> Self:
        _rising(self)
        return self


class LogUniform(_Parameter):
    """A real number from low to high, by its logarithm: a learning rate."""

    kind: Literal["log-uniform"] = "log-uniform"
    low: float
    high: float

    @model_validator(mode="after")
    def _rising(self) -> Self:
        _rising(self, log=True)
        return self


Parameter = Annotated[Choice | Steps | Whole | Uniform | LogUniform, Field(discriminator="kind")]


class Space(Frozen):
    """The parameters of a search."""

    parameters: tuple[Parameter, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        names = [parameter.name for parameter in self.parameters]
        if len(set(names)) < len(names):
            raise ValueError(f"each parameter stands once in a space; received {names}")
        return self

    @classmethod
    def of(cls, *parameters: Parameter) -> Self:
        """A space of these parameters."""
        return cls(parameters=parameters)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the parameters, in order."""
        return tuple(parameter.name for parameter in self.parameters)

    @property
    def corner(self) -> dict[str, Value]:
        """The first or lowest value of each parameter."""
        return {
            parameter.name: parameter.values[0] if isinstance(parameter, Choice) else parameter.low
            for parameter in self.parameters
        }

    @property
    def cells(self) -> list[dict[str, Value]] | None:
        """Every combination, the last parameter's values running fastest; None: there is no end of them."""
        grids = [parameter.grid for parameter in self.parameters]
        if any(grid is None for grid in grids):
            return None
        cells = itertools.product(*(grid for grid in grids if grid is not None))
        return [dict(zip(self.names, values, strict=True)) for values in cells]


def applied(recipe: Recipe, values: Values) -> Recipe:
    """The recipe with those values in their places, checked anew.

    A whole number for "image_size" means a square.

    Raises:
        SettingsError: a name that leads nowhere (the message lists what there is), or a value that the
            recipe does not take.
    """
    changed: Any = recipe.model_dump()
    for name, value in values.items():
        square = name == "image_size" and isinstance(value, int)
        changed = _set(changed, name.split("."), (value, value) if square else value, name)
    try:
        return Recipe.model_validate(changed)
    except ValidationError as exc:
        given = ", ".join(f"{name}={value}" for name, value in values.items())
        raise SettingsError(
            f"The recipe of {recipe.family} with {given} cannot be: {validation_text(exc)}."
        ) from exc


def _rising(of: Steps | Whole | Uniform | LogUniform, *, log: bool = False) -> None:
    if not (math.isfinite(of.low) and math.isfinite(of.high)) or of.high < of.low or (log and of.low <= 0):
        above = " above 0" if log else ""
        raise ValueError(f"{of.name} runs from a low{above} to a high, received {of.low} to {of.high}")


def _set(place: Any, way: list[str], value: object, name: str) -> Any:
    """`place`, a recipe's nested values, with `value` at the end of the way; tuples are made anew."""
    if not way:
        return value
    step, *rest = way
    where = name.removesuffix(".".join(way)).rstrip(".") or "a recipe"
    if isinstance(place, tuple | list):
        known = [str(number) for number in range(len(place))]
    elif isinstance(place, dict):
        # The family's own arguments are known to the family, which building it checks.
        known = [step] if where == "options" else sorted(map(str, place))
    else:
        raise SettingsError(f"{name!r} leads nowhere: {where} is {place!r}, which has no parts.")
    if step not in known:
        raise SettingsError(f"{name!r} leads nowhere: {where} has {', '.join(known)}; received {step!r}.")
    if isinstance(place, dict):
        return place | {step: _set(place.get(step), rest, value, name)}
    return tuple(
        _set(one, rest, value, name) if str(number) == step else one for number, one in enumerate(place)
    )
