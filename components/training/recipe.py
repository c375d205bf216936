"""How a family is trained, as frozen values: a typing error is an error, never a default in silence."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from components.data.alpha import Alpha
from components.data.borders import Borders
from components.frozen import Frozen, Seed
from components.storage import content_of, key_of

Mix = Literal["none", "mixup", "cutmix"]
Optimizer = Literal["adam", "adamw", "sgd", "rmsprop"]
Schedule = Literal["constant", "cosine"]
Monitor = Literal["val_macro_f1", "val_loss", "val_accuracy", "none"]
Loss = Literal["cross-entropy", "focal", "class-balanced", "class-balanced-focal"]

_TRAINED = re.compile(r"all|head|last-module|last-[1-9]\d*|last-([1-9]\d?|100)%")


def _trained(text: str) -> str:
    if not _TRAINED.fullmatch(text):
        raise ValueError(
            f"a stage trains all, head, last-module, the last k layers as in last-24, or a share of them as "
            f"in last-20%; received {text!r}"
        )
    return text


Trained = Annotated[str, AfterValidator(_trained)]
"""What a stage trains: "all"; "head" (behind the backbone); "last-module" of the backbone and the head; its
last layers as `model.layers` lists them, counted ("last-24") or as a share ("last-20%")."""


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
    CROPS = "crops"
    """Szegedy et al. 2015, milder: 60 to 100 % of the picture anywhere in it, and its mirror image."""
    PAD_CROP = "pad-crop"
    """Horizontal flips, crops, and padding of white, black or grey at random."""


_FILES = ("weights", "warm_start")
"""Fields of a recipe that may name a file."""


class Stage(Frozen):
    """One call of fit: what is trained, how fast, for how long."""

    epochs: int = Field(gt=0)
    train: Trained = "all"
    optimizer: Optimizer = "adam"
    learning_rate: float = Field(default=1e-3, gt=0)
    schedule: Schedule = Field(
        default="constant", description="cosine: to zero over the stage (Loshchilov and Hutter 2017)"
    )
    warmup_epochs: int = Field(
        default=0, ge=0, description="the rate rises from zero over so many epochs (Goyal et al. 2017)"
    )
    weight_decay: float = Field(default=0.0, ge=0, description="decoupled (Loshchilov and Hutter 2019)")
    ema: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="momentum of a moving average of the weights, which is judged and kept in their place",
    )
    batch_size: int = Field(default=32, gt=0)
    policy: Policy = Policy.NONE
    views: int = Field(
        default=0,
        ge=0,
        description="views of each image, itself and by the policy, whose frozen features are computed once, "
        "an epoch a view; 0: the policy acts anew on every image of every epoch",
    )
    mix: Mix = Field(
        default="none", description="MixUp (Zhang 2018) or CutMix (Yun 2019), before the policy's layers"
    )
    label_smoothing: float = Field(default=0.0, ge=0, lt=1, description="Szegedy et al. 2015")
    stop_patience: int | None = Field(
        default=10, gt=0, description="epochs without a better monitored figure"
    )
    reduce_patience: int | None = Field(
        default=4,
        gt=0,
        description="epochs before the rate is cut to a tenth; None with a schedule or warm-up",
    )
    cut_after: tuple[int, ...] = Field(
        default=(),
        exclude_if=lambda epochs: not epochs,  # so that the keys of recipes without it stay as they were
        description="epochs after which the rate is cut to a tenth: those of the run that a refit repeats",
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.schedule != "constant" or self.warmup_epochs) and self.reduce_patience is not None:
            raise ValueError(
                f"a schedule or warm-up sets the rate itself, so nothing may cut it: give reduce_patience "
                f"None, received {self.reduce_patience}"
            )
        if self.cut_after and (self.schedule != "constant" or self.warmup_epochs or self.reduce_patience):
            raise ValueError(
                f"the rate is cut after the epochs {list(self.cut_after)}, so no schedule, warm-up or "
                f"patience may set it: give schedule constant, warmup_epochs 0 and reduce_patience None"
            )
        if self.warmup_epochs >= self.epochs:
            raise ValueError(f"{self.warmup_epochs} epochs of warm-up do not fit into {self.epochs} epochs")
        if self.views == 1 or (self.views and self.train == "all"):
            raise ValueError(
                f"views are of frozen layers' features, and the first is the picture itself: they need 2 or "
                f"more and a stage that freezes some; received {self.views} views of a stage that trains "
                f"{self.train}"
            )
        if self.views and (self.policy is Policy.NONE or self.mix != "none"):
            raise ValueError(
                f"{self.views} views need a policy that makes them, and cannot be mixed; received the policy "
                f"{self.policy} and mix {self.mix}"
            )
        return self


class Recipe(Frozen):
    """A family and how it is trained."""

    family: str
    image_size: tuple[int, int] = Field(description="(height, width) in pixels")
    stages: tuple[Stage, ...] = Field(min_length=1)
    options: dict[str, float | int | str] = Field(
        default_factory=dict, description="the family's own arguments"
    )
    alpha: Alpha = Field(default=Alpha.WHITE, description="what becomes of a picture's transparency")
    borders: Borders = Field(default=Borders.KEEP, description="what becomes of padding around a picture")
    weights: str | None = Field(default=None, description='"imagenet", a file or s3://; None: from scratch')
    warm_start: str | None = Field(
        default=None,
        description="a training run, or a .keras file, whose weights training starts from, layer by layer "
        "where name and shape agree (study A5)",
    )
    monitor: Monitor = Field(
        default="val_macro_f1",
        description="what stops, cuts the rate and chooses the epoch that is kept; none: every stage runs to "
        "its end and its last epoch is kept, so that no validation works are needed",
    )
    loss: Loss = Field(
        default="cross-entropy",
        description="focal: Lin et al. 2017; class-balanced: Cui et al. 2019 (study C9)",
    )
    focal_gamma: float = Field(default=2.0, ge=0)
    multi_label: bool = Field(
        default=False, description="several classes to a work, each with a probability of its own (study C9)"
    )
    class_weights: bool = Field(default=False, description="scikit-learn's balanced class weights (study B4)")
    top_up: int | None = Field(
        default=None,
        gt=0,
        description="training works of each class, at least: rare ones are drawn again (study C9)",
    )
    sizes: tuple[int, ...] = Field(
        default=(),
        description="squares of so many pixels that training goes through in turn, and prediction votes over "
        "(study A8); for a family that takes any size",
    )
    scales_at_test: tuple[int, ...] = Field(
        default=(),
        exclude_if=lambda scales: not scales,  # so that the keys of recipes without them stay as they were
        description="squares of so many pixels that a picture is looked at in; answers are the mean",
    )
    crop_at_test: float | None = Field(
        default=None,
        ge=0.5,
        lt=1,
        exclude_if=lambda share: share is None,
        description="answers are the mean over the image and five crops of it, its corners and its middle, "
        "of this share of each side",
    )
    flipped_at_test: bool = Field(
        default=False, description="answers are the mean over the image and its mirror image"
    )
    seed: Seed = 0

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.multi_label and (self.loss.startswith("class-balanced") or self.class_weights or self.top_up):
            raise ValueError(
                "several classes to a work leave no class of a work to weigh or to draw again: multi_label "
                "goes with the losses cross-entropy and focal, without class_weights and top_up"
            )
        for squares in (self.sizes, self.scales_at_test):
            if min(squares, default=1) < 1 or len(set(squares)) != len(squares):
                raise ValueError(f"sizes are different squares of at least a pixel; received {squares}")
        if self.sizes and self.scales_at_test:
            raise ValueError(
                f"sizes are those of training and of answers; scales_at_test of answers alone: give one of "
                f"the two, received {self.sizes} and {self.scales_at_test}"
            )
        waiting = [stage for stage in self.stages if stage.stop_patience or stage.reduce_patience]
        if self.monitor == "none" and waiting:
            raise ValueError(
                f"without a monitored figure nothing can stop a stage or cut its rate: the monitor none goes "
                f"with stop_patience None and reduce_patience None; received stop_patience "
                f"{waiting[0].stop_patience} and reduce_patience {waiting[0].reduce_patience}"
            )
        if self.multi_label and any(stage.mix != "none" for stage in self.stages):
            raise ValueError("works with several classes are not mixed: multi_label goes with mix none")
        if self.loss.startswith("class-balanced") and self.class_weights:
            raise ValueError(
                "a class-balanced loss weighs classes already: leave class_weights out, or take the loss "
                "cross-entropy or focal"
            )
        return self

    @property
    def has_views_at_test(self) -> bool:
        """Whether an answer is the mean over several views of the picture."""
        return bool(self.scales_at_test or self.crop_at_test or self.flipped_at_test)

    def with_one_view(self) -> Self:
        """The recipe of a network that looks at the picture once."""
        return self.replace(scales_at_test=(), crop_at_test=None, flipped_at_test=False)

    @property
    def content(self) -> dict[str, Any]:
        """All that the network depends on, as JSON: files by what they hold, wherever they lie."""
        files = {name: content_of(place) for name in _FILES if (place := getattr(self, name)) is not None}
        return self.model_dump(mode="json") | files

    @property
    def trains_head_alone(self) -> bool:
        """Whether no stage changes anything in front of the layer "features"."""
        return all(stage.train == "head" for stage in self.stages)

    @property
    def key(self) -> str:
        """16 hex digits: the same recipe and the same files' content, the same key."""
        return key_of(self.content)
