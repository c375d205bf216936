"""What one run of the pipeline is to do: a frozen value, kept as JSON, shown as a form in Prefect."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from components.data import split
from components.data.manifest import Task
from components.errors import SettingsError
from components.models import catalog
from components.storage import write_atomically
from components.studies.style_cnn_resnet50 import MOVEMENTS, PROTOCOL
from components.training.recipes import Scale

if TYPE_CHECKING:
    from components.data.manifest import Manifest
    from components.settings import Settings

Source = Literal["synthetic", "folder", "best_artworks"]


class Plan(BaseModel):
    """Which paintings, which families, how large."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Source = "synthetic"
    root: Path | None = Field(
        default=None, description="where the collection lies; the synthetic one draws its own"
    )
    task: Task = Field(default=Task.STYLE, description="what is learnt: artist, style or genre")
    classes: tuple[str, ...] = Field(
        default=(), description="labels to keep; empty: all (for style on best_artworks: the six of study B)"
    )
    top: int | None = Field(default=None, ge=2, description="keep the largest classes only")
    protocol: str = Field(default=PROTOCOL, description="split by name, training/validation/test")
    families: tuple[str, ...] = Field(default=("simple_cnn", "vgg_inception"), min_length=1)
    scale: Scale = Field(
        default="demo", description="recipes: demo (minutes), cpu (real, CPU-sized), full (as published)"
    )
    weights: str | None = Field(
        default=None, description='ImageNet weights: "imagenet", a file, or s3://bucket/key'
    )
    pictures: bool = Field(default=True, description="also train the GAN and transfer a style")
    seed: int = 0

    @model_validator(mode="after")
    def _usable(self) -> Self:
        split.named(self.protocol)
        for name in self.families:
            catalog.family(name)
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
            return cls(**{name: value for name, value in given.items() if value not in (None, "", ())})
        except ValidationError as exc:
            wrong = "; ".join(
                f"{_place(error['loc'])}{error['msg'].removeprefix('Value error, ')}"
                for error in exc.errors()
            )
            raise SettingsError(f"{wrong}. See `atelier pipeline --help`.") from exc

    @property
    def kept_classes(self) -> tuple[str, ...] | None:
        """The labels to keep, None for all."""
        if self.classes:
            return self.classes
        if self.source == "best_artworks" and self.task is Task.STYLE and self.top is None:
            return MOVEMENTS
        return None

    def tags(self, kind: str, manifest: Manifest) -> dict[str, str]:
        """What every run of this plan on `manifest` is found by in MLflow."""
        return {
            "atelier.kind": kind,
            "atelier.task": self.task.value,
            "atelier.scale": self.scale,
            "atelier.source": manifest.source,
            "atelier.synthetic": str(manifest.synthetic).lower(),
            "atelier.data_version": manifest.fingerprint,
        }

    def save(self, settings: Settings, name: str) -> Path:
        """Keep the plan under a name; `atelier up` schedules every plan that was kept."""
        return write_atomically(settings.home / "plans" / f"{name}.json", self.model_dump_json(indent=1))

    @classmethod
    def kept(cls, settings: Settings) -> dict[str, Plan]:
        """Every plan kept below home, by name; the demo's when there is none."""
        files = sorted((settings.home / "plans").glob("*.json"))
        return {file.stem: cls.model_validate_json(file.read_text()) for file in files} or {"demo": cls()}


def _place(location: tuple[int | str, ...]) -> str:
    return f"{'.'.join(map(str, location))}: " if location else ""
