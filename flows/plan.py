"""What one run of the pipeline is to do: a frozen value, kept as JSON, shown as a form in Prefect."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationError,
    model_validator,
)

from components.data import class_names, select
from components.data.alpha import Alpha
from components.data.borders import Borders
from components.data.manifest import Task
from components.data.sources import SOURCES
from components.data.spelling import is_utf8, printable
from components.data.splits import split
from components.data.splits.protocols import FEWEST_FOLDS, MOST_FOLDS
from components.data.splits.refit import Refit
from components.errors import AtelierError, SettingsError
from components.frozen import Frozen, Seed, validation_text
from components.generative.recipes import StyleNetwork
from components.models import catalog
from components.storage import key_of, write_atomically
from components.studies.style_cnn_resnet50 import MOVEMENTS, PROTOCOL
from components.tracking import tags as run_tag
from components.training.presets import Scale, recipe_for
from components.training.recipe import Loss, Recipe
from flows import plan_defaults
from flows.plan_help import PLAN as HELP

if TYPE_CHECKING:
    from components.data.manifest import Manifest
    from components.settings import Settings

MAX_NAME_BYTES = 100
"""Leaves room for what a file's name is given while it is written."""
_NAME = re.compile(r"[^\W_]([\w .+-]*[^\W_])?")


def _names(given: object) -> object:
    """Names, also as a command's option: a row of CSV."""
    if not isinstance(given, str):
        return given
    names = tuple(filter(None, class_names.parse_names(given)))
    if not names and given.strip():
        raise ValueError(f"{given!r} names nothing; names are written with commas between them")
    return names


def _merging(given: object) -> object:
    """Classes to merge, also as a command's options: "A+B=C"."""
    if isinstance(given, str):
        given = [given]
    return (
        class_names.parse_merges([str(text) for text in given]) if isinstance(given, list | tuple) else given
    )


def _absolute(given: str | Path) -> str:
    """A path that means the same wherever a scheduled run starts; an address as it is."""
    if not is_utf8(str(given)):
        raise ValueError(f"{printable(str(given))}: the path is not UTF-8; rename the file or folder")
    if "://" in str(given):
        return str(given)
    try:
        return str(Path(given).expanduser().resolve())
    except RuntimeError as exc:  # "~somebody" whom the system does not know
        raise ValueError(f"{given}: {exc} Write the folder out") from exc


Place = Annotated[str, AfterValidator(_absolute)]
Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
Merge = Annotated[dict[str, str], BeforeValidator(_merging)]


class Plan(Frozen):
    """Which paintings, which families, how large."""

    source: str = Field(
        default="synthetic", description=HELP["source"], json_schema_extra={"enum": list(SOURCES)}
    )
    root: Place | None = Field(default=None, description=HELP["root"])
    task: Task = Field(default=Task.STYLE, description=HELP["task"])
    corrections: Place | None = Field(default=None, description=HELP["corrections"])
    merge: Merge = Field(default_factory=dict, description=HELP["merge"])
    classes: Names = Field(default=(), description=HELP["classes"])
    top: int | None = Field(default=None, ge=2, description=HELP["top"])
    balanced: bool = Field(default=False, description=HELP["balanced"])
    per_class: int | None = Field(default=None, ge=3, description=HELP["per_class"])
    protocol: str = Field(default=PROTOCOL, description=HELP["protocol"])
    alpha: Alpha = Field(default=Alpha.WHITE, description=HELP["alpha"])
    borders: Borders = Field(default=Borders.KEEP, description=HELP["borders"])
    multi_label: bool = Field(default=False, description=HELP["multi_label"])
    loss: Loss = Field(default="cross-entropy", description=HELP["loss"])
    top_up: int | None = Field(default=None, ge=1, description=HELP["top_up"])
    scale: Scale = Field(default_factory=plan_defaults.scale, description=HELP["scale"])
    families: Names = Field(
        default_factory=plan_defaults.families, min_length=1, description=HELP["families"]
    )
    weights: str | None = Field(default=None, description=HELP["weights"])
    ensemble: bool = Field(default=False, description=HELP["ensemble"])
    refit: Refit = Field(default=Refit.NONE, description=HELP["refit"])
    refit_folds: int = Field(default=5, ge=FEWEST_FOLDS, le=MOST_FOLDS, description=HELP["refit_folds"])
    pictures: bool = Field(default=True, description=HELP["pictures"])
    style_network: StyleNetwork = Field(
        default_factory=plan_defaults.style_network, description=HELP["style_network"]
    )
    seed: Seed = Field(default=0, description=HELP["seed"])

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if self.source not in SOURCES:
            raise ValueError(f"{self.source!r} is no source; expected one of {', '.join(SOURCES)}")
        counted = [name for name in ("balanced", "per_class", "top_up") if getattr(self, name)]
        if self.multi_label and (counted or self.loss.startswith("class-balanced")):
            raise ValueError(
                f"works of several labels have no one class to be counted or weighed by: multi_label "
                f"goes with the losses cross-entropy and focal, and without balanced, per_class and top_up; "
                f"received {', '.join([self.loss, *counted])}"
            )
        protocol = split.find_protocol(self.protocol)
        if self.refit is Refit.VALIDATION and not protocol.test:
            raise ValueError(
                f"the protocol {self.protocol} has no test works to judge a refit on training and validation "
                f"works by; take the refit all, or a protocol with a test part"
            )
        for name in self.families:
            catalog.family(name)
        if self.ensemble and len(set(self.families)) < 2:
            raise ValueError(
                f"an ensemble combines two families or more; received {', '.join(self.families)}. Name more "
                f"with --families, or leave --ensemble out"
            )
        if self.source != "synthetic" and self.root is None:
            raise ValueError(f"source {self.source!r} needs a root: the folder the collection lies in")
        return self

    @classmethod
    def of(cls, **given: object) -> Self:
        """A plan from a command's options; what was not given keeps its default.

        Raises:
            SettingsError: an option cannot be used; names it and what is expected.
        """
        try:
            return cls(**{name: value for name, value in given.items() if value not in (None, "", (), [])})
        except ValidationError as exc:
            raise SettingsError(f"{validation_text(exc)}. See `atelier pipeline --help`.") from exc

    @property
    def kept_classes(self) -> tuple[str, ...] | None:
        """The labels to keep, None for all."""
        if self.classes:
            return self.classes
        named = self.top or self.merge or self.multi_label
        if self.source == "best_artworks" and self.task is Task.STYLE and not named:
            return MOVEMENTS
        return None

    @property
    def selection(self) -> select.Selection:
        """Which classes, and how many works of each."""
        return select.Selection(
            merge=self.merge,
            classes=self.kept_classes,
            top=self.top,
            balanced=self.balanced,
            per_class=self.per_class,
            seed=self.seed,
            several=self.multi_label,
        )

    @property
    def changes(self) -> dict[str, object]:
        """What the plan changes in a family's recipe."""
        changes: dict[str, object] = {
            "top_up": self.top_up,
            "alpha": self.alpha,
            "borders": self.borders,
            "loss": self.loss,
        }
        # A loss that weighs classes, and works of several, leave balanced class weights nothing to do.
        if self.multi_label or self.loss.startswith("class-balanced"):
            changes |= {"multi_label": self.multi_label, "class_weights": False}
        return changes

    def recipe(self, family: str) -> Recipe:
        """A family's recipe at the plan's scale, with the plan's weights, seed and changes.

        Raises:
            WeightsError: the family needs weights that the plan does not give.
        """
        recipe = recipe_for(self.scale, family, weights=self.weights, seed=self.seed)
        return recipe.replace(**self.changes)

    def tags(self, kind: str, manifest: Manifest) -> dict[str, str]:
        """What every run of this plan on `manifest` is found by in MLflow."""
        return {
            run_tag.KIND: kind,
            run_tag.TASK: self.task.value,
            run_tag.SCALE: self.scale,
            run_tag.SOURCE: manifest.source,
            run_tag.SYNTHETIC: str(manifest.synthetic).lower(),
            run_tag.DATA_VERSION: manifest.fingerprint,
        }

    @property
    def default_name(self) -> str:
        """The name a plan is kept under unless another is chosen; two collections never share one."""
        name = f"{self.task}-{self.source}-{self.scale}"
        return name if self.root is None else f"{name}-{key_of(self.source, self.root, self.task.value)[:8]}"

    def save(self, settings: Settings, name: str) -> Path:
        """Keep the plan under a name; `atelier up` schedules every plan that was kept.

        Raises:
            SettingsError: the name cannot be a file's and a schedule's.
        """
        return write_atomically(
            _folder(settings) / f"{usable_name(name)}.json", self.model_dump_json(indent=1)
        )

    @classmethod
    def kept(cls, settings: Settings) -> dict[str, Plan]:
        """Every usable plan kept below home, by name; the demo's when none was ever kept."""
        return kept_plans(settings).usable


@dataclass(frozen=True)
class KeptPlans:
    """What the folder of plans holds."""

    usable: dict[str, Plan]
    """Plans by name."""
    unusable: dict[str, str]
    """Why a file is passed over and how to mend it, by the file's name."""


def kept_plans(settings: Settings) -> KeptPlans:
    """Read every plan kept below home. A file that cannot be used never keeps the others from running."""
    files = sorted(_folder(settings).glob("*.json"))
    usable, unusable = {}, {}
    for file in files:
        try:
            usable[usable_name(file.stem)] = Plan.model_validate_json(file.read_bytes())
        except (ValidationError, AtelierError, OSError) as exc:
            reason = validation_text(exc) if isinstance(exc, ValidationError) else str(exc).rstrip(".")
            unusable[file.name] = (
                f"{reason}. It was cut off, edited, or written by another version of Atelier: run its "
                f"`atelier pipeline` again with --keep-as, or delete {file}."
            )
    return KeptPlans(usable if files else {"demo": Plan()}, unusable)


def usable_name(name: str) -> str:
    """`name`, where it can be both a file's name and a schedule's.

    Raises:
        SettingsError: it holds a path or other signs, or is too long.
    """
    if not _NAME.fullmatch(name) or len(name.encode()) > MAX_NAME_BYTES:
        shown = name if len(name) <= MAX_NAME_BYTES else f"{name[:20]}... ({len(name)} characters)"
        raise SettingsError(
            f"{shown!r} cannot be the name of a plan: expected letters, digits, blanks and . _ - +, a "
            f"letter or digit first and last, at most {MAX_NAME_BYTES} bytes. Choose another with --keep-as."
        )
    return name


def _folder(settings: Settings) -> Path:
    return settings.home / "plans"
