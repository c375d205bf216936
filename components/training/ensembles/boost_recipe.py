"""How boosted trees are grown, as a frozen value."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, ValidationError

from components.errors import SettingsError
from components.frozen import Frozen, Seed, validation_text
from components.storage import key_of


class BoostRecipe(Frozen):
    """How trees are grown (Chen and Guestrin 2016, arXiv:1603.02754). The source states no values."""

    rounds: int = Field(default=400, gt=0, description="at most; a tree a class each")
    depth: int = Field(default=4, ge=1, le=10)
    learning_rate: float = Field(default=0.1, gt=0, le=1)
    subsample: float = Field(default=0.8, gt=0, le=1, description="share of the works that a round sees")
    colsample: float = Field(default=0.5, gt=0, le=1, description="share of the features that a tree sees")
    early_stop: int | None = Field(
        default=20, gt=0, description="rounds without a better monitored figure on the validation works"
    )
    monitor: Literal["val_loss", "val_macro_f1"] = Field(
        default="val_loss", description="what stops, and chooses the round that is kept"
    )
    class_weights: bool = Field(
        default=False, description="works weigh so much that classes weigh alike (study B4)"
    )
    layer: str = Field(default="", description='of the network; "": its last Dense, else "features"')
    seed: Seed = 0

    @property
    def key(self) -> str:
        """16 hex digits: the same recipe, the same key."""
        return key_of(self.model_dump(mode="json"))

    @classmethod
    def of(cls, **given: object) -> Self:
        """From a command's options; what is not given keeps its default.

        Raises:
            SettingsError: an option cannot be used; names it and what is expected.
        """
        try:
            return cls.model_validate(given)
        except ValidationError as exc:
            raise SettingsError(f"{validation_text(exc)}. See `atelier boost --help`.") from exc
