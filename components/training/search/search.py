"""A search over recipes: what is sought where, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from components.errors import SettingsError
from components.frozen import Frozen, Seed, validation_text
from components.storage import key_of
from components.training.recipe import Monitor, Recipe
from components.training.search.space import Space, Value, applied

Sampler = Literal["grid", "random", "tpe"]
Pruner = Literal["none", "asha", "hyperband"]
State = Literal["waiting", "running", "finished", "pruned", "failed", "lost"]
"""lost: its process died; its values are run again by another trial."""


class Search(Frozen):
    """A space around a recipe, and how it is gone through."""

    name: str = Field(min_length=1, description="its trials are kept, and found again, under this name")
    recipe: Recipe = Field(description="what the space's values are put into")
    space: Space
    sampler: Sampler = Field(
        default="tpe",
        description="grid: every combination once; random; tpe: Bergstra et al. 2011, tree-structured Parzen",
    )
    trials: int | None = Field(
        default=None, gt=0, description="so many; None: the whole grid (of a grid alone)"
    )
    pruner: Pruner = Field(
        default="none",
        description="what ends a poor trial early: asha (Li et al. 2018), hyperband (Li et al. 2017)",
    )
    metric: Monitor = Field(default="val_macro_f1", description="what is sought the best of")
    seed: Seed = 0

    @model_validator(mode="after")
    def _whole(self) -> Self:
        cells = self.space.cells
        if self.sampler != "grid" and self.trials is None:
            raise ValueError(f"the sampler {self.sampler} goes on for ever: say how many trials")
        if self.sampler == "grid" and cells is None:
            endless = [one.name for one in self.space.parameters if one.grid is None]
            raise ValueError(
                f"a grid needs lists of values or steps; {endless} have no end of them: give them steps, or "
                f"take the sampler random or tpe"
            )
        applied(self.recipe, self.space.corner)
        return self

    @classmethod
    def of(cls, **given: Any) -> Self:
        """A search of what a person gave.

        Raises:
            SettingsError: it cannot be; says what is expected.
        """
        try:
            return cls(**given)
        except ValidationError as exc:
            raise SettingsError(f"The search cannot be: {validation_text(exc)}.") from exc

    @property
    def maximised(self) -> bool:
        """True where more of the metric is better."""
        return self.metric != "val_loss"

    @property
    def content(self) -> dict[str, Any]:
        """All that is sought, as JSON, but for the name: the recipe's files by what they hold."""
        return self.model_dump(mode="json", exclude={"name"}) | {"recipe": self.recipe.content}

    @property
    def key(self) -> str:
        """16 hex digits: the same search, the same key; the name does not count."""
        return key_of(self.content)


@dataclass(frozen=True)
class Trial:
    """One try.

    Attributes:
        number: from 0, in the order of their beginning.
        values: what was tried.
        state: see `State`.
        value: the metric's; None unless finished (or pruned: the last it had).
        reason: why it was pruned, failed or lost; else "".
        curve: a row an epoch, as far as it came.
        began: when; None while it waits.
        seconds: from begin to end; 0 while it is not at an end.
        worker: the process it ran in.
    """

    number: int
    values: Mapping[str, Value]
    state: State
    value: float | None = None
    reason: str = ""
    curve: tuple[Mapping[str, float], ...] = ()
    began: datetime | None = None
    seconds: float = 0.0
    worker: str = ""

    @property
    def ended(self) -> bool:
        """True where nothing more comes of it."""
        return self.state in {"finished", "pruned", "failed", "lost"}


@dataclass(frozen=True)
class SearchOutcome:
    """What a search has found by now.

    Attributes:
        search: what was asked for.
        trials: all of them, by number.
        best: the finished trial with the best metric.
        recipe: the best trial's.
        importances: share of each parameter in how good a trial is; empty where that cannot be said yet.
    """

    search: Search
    trials: tuple[Trial, ...]
    best: Trial
    recipe: Recipe
    importances: Mapping[str, float] = field(default_factory=dict)
