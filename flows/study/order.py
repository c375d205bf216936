"""What one run of a study is to do: a frozen value, from a command's options or a form in Prefect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import Field, ValidationError

from components.errors import SettingsError
from components.frozen import Frozen, Seed, validation_text
from components.studies import catalog
from components.studies.study import Size
from components.studies.weights import Given
from flows.plan import Names, Place, Plan

if TYPE_CHECKING:
    from pathlib import Path

    from components.settings import Settings
    from components.studies.study import Row, Study

QUICK_GALLERY = {"works_per_style": 48, "size": 96}
"""The synthetic gallery of a quick run: 288 works, 12 by each painter."""

SYNTHETIC = "synthetic"


class StudyPlan(Frozen):
    """Which study, how large, on which paintings, with which weights."""

    study: str = Field(description="its name, or its letter")
    size: Size = Field(default="full", description="full (as published), cpu, or quick (a miniature)")
    rows: Names = Field(default=(), description='"A5" for all lines of a row, "A5c" for one; empty: all')
    source: str = Field(
        default="", description="empty: the study's own with a root, the synthetic gallery without"
    )
    root: Place | None = Field(default=None, description="folder or s3:// address of the collection")
    classes: Names = Field(default=(), description="labels to keep, instead of the study's")
    top: int | None = Field(default=None, ge=2, description="the largest classes, instead of the study's")
    per_class: int | None = Field(default=None, ge=3, description="so many works of each class")
    weights: str = Field(default="", description='"imagenet", "none", resnet50=FILE, or the stand-in\'s file')
    stand_in: str = Field(default="", description='for families without weights: "mobilenet_v2:alpha=1.0"')
    seed: Seed = 0
    workers: int = Field(default=1, ge=1, description="processes that take the trials of its searches")

    @classmethod
    def of(cls, **given: object) -> Self:
        """An order from a command's options; what was not given keeps its default.

        Raises:
            SettingsError: an option cannot be used; names it and what is expected.
        """
        try:
            return cls(**{name: value for name, value in given.items() if value not in (None, "", ())})
        except ValidationError as exc:
            raise SettingsError(f"{validation_text(exc)}. See `atelier study run --help`.") from exc

    @property
    def wanted(self) -> Study:
        """The study.

        Raises:
            SettingsError: there is none of that name.
        """
        return catalog.find_study(self.study)

    @property
    def given(self) -> Given:
        """The weights its pre-trained rows get.

        Raises:
            SettingsError: a file that is not there or that no row asks for, or an option that cannot be used.
        """
        recipes = [row.recipe for row in self.wanted.rows if row.recipe]
        asking = {recipe.family for recipe in recipes if recipe.weights}
        return Given.read(self.weights, self.stand_in, self.size, asking)

    def plan(self, settings: Settings, row: Row | None = None, **changes: object) -> Plan:
        """What is read, selected and how it is parted: for a row, or for the study as a whole.

        The study's own classes are asked for where they are documented, and in the synthetic gallery, which
        has study B's; of any other collection all classes are taken, or those the order names.
        """
        study = self.wanted
        chosen = (row and row.selection) or study.selection
        root, source = self.root, self.source or (study.source if self.root else SYNTHETIC)
        if root is None and source == SYNTHETIC and self.size == "quick":
            root = str(_quick_gallery(settings))
        own = source in (study.source, SYNTHETIC)
        fields: dict[str, object] = {
            "source": source,
            "root": root,
            "task": study.task,
            "protocol": (row and row.protocol) or study.protocol,
            "merge": dict(chosen.merge),
            "classes": self.classes or (tuple(chosen.classes or ()) if own else ()),
            "top": self.top or chosen.top,
            "balanced": chosen.balanced,
            "per_class": self.per_class,
            "pictures": False,
            "seed": self.seed,
        }
        return Plan.of(**fields | changes)


def _quick_gallery(settings: Settings) -> Path:
    from components.data.sources import synthetic

    return synthetic.draw(settings.collections / "synthetic-gallery", **QUICK_GALLERY)
