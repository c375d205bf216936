"""How a family is trained, as frozen values: a typing error is an error, never a default in silence."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from components.data.alpha import Alpha
from components.storage import key_of

Mix = Literal["none", "mixup", "cutmix"]


class Policy(StrEnum):
    """Augmentation of the training images; validation and test images are only resized."""

    NONE = "none"
    ROTATE_ZOOM = "rotate-zoom"
    """Study A2: rotation within 30 degrees, zoom within 0.5."""
    FLIPS = "flips"
    """Study A2, second policy: horizontal and vertical flips."""
    STRETCH = "stretch"
    """Study B2: rotation, horizontal flip, zoom, width and height stretch, nearest fill."""
    RAND_AUGMENT = "rand-augment"
    """Cubuk et al. 2020: two of fourteen operations a picture, at magnitude 9 of 30."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Stage(_Frozen):
    """One call of fit: what is trained, how fast, for how long."""

    epochs: int = Field(gt=0)
    train: Literal["all", "head"] = "all"
    optimizer: Literal["adam", "sgd", "rmsprop"] = "adam"
    learning_rate: float = Field(default=1e-3, gt=0)
    batch_size: int = Field(default=32, gt=0)
    policy: Policy = Policy.NONE
    mix: Mix = Field(
        default="none", description="MixUp (Zhang 2018) or CutMix (Yun 2019), before the policy's layers"
    )
    stop_patience: int | None = Field(
        default=10, gt=0, description="epochs without a better validation macro-F1"
    )
    reduce_patience: int | None = Field(
        default=4, gt=0, description="epochs before the rate is cut to a tenth"
    )


class Recipe(_Frozen):
    """A family and how it is trained."""

    family: str
    image_size: tuple[int, int] = Field(description="(height, width) in pixels")
    stages: tuple[Stage, ...] = Field(min_length=1)
    options: dict[str, float | int | str] = Field(
        default_factory=dict, description="the family's own arguments"
    )
    alpha: Alpha = Field(default=Alpha.WHITE, description="what becomes of a picture's transparency")
    weights: str | None = Field(default=None, description='"imagenet", a file or s3://; None: from scratch')
    class_weights: bool = Field(default=False, description="scikit-learn's balanced class weights (study B4)")
    top_up: int | None = Field(
        default=None,
        gt=0,
        description="training works of each class, at least: rare ones are drawn again (study C9)",
    )
    seed: int = 0

    @property
    def key(self) -> str:
        """16 hex digits: the same recipe, the same key."""
        return key_of(self.model_dump(mode="json"))
