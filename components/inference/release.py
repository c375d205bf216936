"""A release: the folder a trained model is served from, and the card that says what it is.

model.xml, model.bin   OpenVINO's graph and weights: uint8 (N, H, W, 3) in, probabilities (N, C) out
model.keras            the same model for people who go on with it; serving never reads it
novelty.npz            what the training works' features are like; not every release has one
release.json           the card
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, model_validator

from components.data.alpha import Alpha
from components.data.borders import Borders
from components.data.manifest import Split, Task
from components.data.splits.refit import Refit
from components.errors import RegistryError
from components.formatting import brackets, varies
from components.frozen import Frozen, validation_text
from components.inference.novelty import NoveltyLimit
from components.inference.temperature import Temperature
from components.storage import write_atomically

CARD = "release.json"
GRAPH = "model.xml"
WEIGHTS = "model.bin"
KERAS = "model.keras"
NOVELTY = "novelty.npz"


class CrossValidated(Frozen):
    """How a recipe did in cross-validation: by networks of its own, each of which saw all folds but one."""

    folds: int = Field(ge=2)
    macro_f1_mean: float = Field(ge=0, le=1, description="over the folds")
    macro_f1_sd: float = Field(ge=0, description="sample standard deviation over the folds")
    macro_f1_low: float | None = Field(
        default=None, ge=0, le=1, description="lower end of the 95 % bootstrap interval of all works together"
    )
    macro_f1_high: float | None = Field(default=None, ge=0, le=1, description="upper end of it")
    run_id: str = Field(description="the MLflow run of the cross-validation")

    def __str__(self) -> str:
        """As "5-fold cross-validation: macro-F1 0.840 ± 0.010, all works [0.820, 0.860]"."""
        figure = f"macro-F1 {self.macro_f1_mean:.3f} ± {self.macro_f1_sd:.3f}"
        interval = brackets(self.macro_f1_low, self.macro_f1_high)
        return f"{self.folds}-fold cross-validation: {figure}, all works {interval}"


class ReleaseCard(Frozen):
    """What a served model is, where it comes from, and how good it was."""

    task: Task
    family: str
    class_names: tuple[str, ...] = Field(min_length=2, description="a label's place is its class number")
    image_size: tuple[int, int] = Field(description="(height, width) in pixels")
    alpha: Alpha = Field(default=Alpha.WHITE, description="what becomes of transparency, as in training")
    borders: Borders = Field(default=Borders.KEEP, description="what becomes of padding, as in training")
    multi_label: bool = Field(
        default=False, description="a work may bear several labels, each with a probability of its own"
    )
    thresholds: tuple[float, ...] = Field(
        default=(),
        description="multi-label: each class applies from this probability on; chosen on validation works",
    )
    source: str = Field(description='the collection it learnt from, as in "synthetic-gallery"')
    synthetic: bool = Field(description="True: it learnt from pictures drawn by code, not from paintings")
    data_version: str
    run_id: str
    judged_on: Split = Field(
        default=Split.TEST, description="test; validation where the protocol has no test part"
    )
    refit: Refit = Field(
        default=Refit.NONE,
        description="validation: it learnt from the training and validation works, the test works judge it; "
        "all: it learnt from every work, nothing judges it, and the figure is that of the run it refits",
    )
    refit_of: str = Field(default="", description="id of the run whose recipe was trained again; empty: none")
    cross_validated: CrossValidated | None = Field(
        default=None, description="of the recipe of a refit on all works"
    )
    macro_f1: float = Field(ge=0, le=1, description="on the works of that part")
    macro_f1_low: float | None = Field(
        default=None, ge=0, le=1, description="lower end of its 95 % bootstrap interval; none: too few works"
    )
    macro_f1_high: float | None = Field(default=None, ge=0, le=1, description="upper end of it")
    temperature: Temperature | None = Field(
        default=None,
        description="its probabilities are divided by it; none: they are the network's own, as those of "
        "several labels are, whose thresholds were chosen for them",
    )
    novelty: NoveltyLimit | None = Field(
        default=None, description="from where on a picture is unlike the training works; none: not known"
    )
    created: datetime
    version: str = Field(default="", description="in the registry; empty until registered")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        wanted = len(self.class_names) if self.multi_label else 0
        if len(self.thresholds) != wanted:
            raise ValueError(
                f"a multi-label release has a threshold for each of its classes, another has none: "
                f"{wanted} expected, received {len(self.thresholds)}"
            )
        if (self.refit is Refit.NONE) is bool(self.refit_of):
            raise ValueError(
                f"a refit names the run that it refits, and nothing else does: received refit {self.refit} "
                f"and refit_of {self.refit_of!r}"
            )
        if self.multi_label and self.temperature:
            raise ValueError(
                "a multi-label release has no temperature: its thresholds are of its own answers"
            )
        return self

    @property
    def judgement(self) -> str:
        """What its figure is of, in whole sentences."""
        figure = f"{self.macro_f1:.3f} {brackets(self.macro_f1_low, self.macro_f1_high)}"
        match self.refit:
            case Refit.NONE:
                return f"Macro-F1 on the {self.judged_on} works {figure}."
            case Refit.VALIDATION:
                return (
                    f"Refit on the training and validation works, with the epochs of run "
                    f"{self.refit_of[:8]}. Macro-F1 on the {self.judged_on} works, which it has not seen, "
                    f"{figure}."
                )
            case Refit.ALL:
                folds = f" {self.cross_validated}." if self.cross_validated else ""
                return (
                    f"Not judged: refit on all works, so that none is left to judge it. Run "
                    f"{self.refit_of[:8]}, the same recipe without the works that judge it, has macro-F1 "
                    f"{figure} on the {self.judged_on} works.{folds}"
                )

    @property
    def macro_f1_interval(self) -> tuple[float, float] | None:
        """The ends of macro-F1's interval; None where it cannot vary: too few works."""
        low, high = self.macro_f1_low, self.macro_f1_high
        return (low, high) if low is not None and high is not None and varies(low, high) else None

    def save(self, folder: Path) -> Path:
        """Write `release.json` into `folder`, replacing an older one in one step."""
        return write_atomically(folder / CARD, self.model_dump_json(indent=1))

    @classmethod
    def load(cls, folder: Path) -> ReleaseCard:
        """Read what `save` wrote.

        Raises:
            RegistryError: there is none, or it cannot be read.
        """
        try:
            return cls.model_validate_json((folder / CARD).read_bytes())
        except (OSError, ValidationError) as exc:
            raise RegistryError(
                f"{folder}: a release with a readable {CARD} is expected there ({_short(exc)}). "
                "Register the run again: `atelier promote`."
            ) from exc


def served_files(card: ReleaseCard) -> tuple[str, ...]:
    """What serving reads beside the card."""
    return (GRAPH, WEIGHTS, NOVELTY) if card.novelty else (GRAPH, WEIGHTS)


def complete(folder: Path) -> bool:
    """True when every file that serving reads is there."""
    if not (folder / CARD).is_file():
        return False
    try:
        files = served_files(ReleaseCard.load(folder))
    except RegistryError:  # whoever loads the card next says what is wrong with it
        files = (GRAPH, WEIGHTS)
    return all((folder / name).is_file() for name in files)


def _short(exc: OSError | ValidationError) -> str:
    if isinstance(exc, ValidationError):
        return validation_text(exc)
    return exc.strerror or str(exc)
