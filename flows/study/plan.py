"""What one run of a study is to do: a frozen value, from a command's options or a form in Prefect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import Field, ValidationError

from components.data.borders import Borders
from components.data.sources import synthetic
from components.errors import SettingsError
from components.frozen import Frozen, Seed, validation_text
from components.studies import catalog
from components.studies.study import Size
from components.studies.weights import Given
from flows.plan import Merge, Names, Place, Plan
from flows.plan_help import STUDY as HELP

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
    size: Size = Field(default="full", description=HELP["size"])
    rows: Names = Field(default=(), description=HELP["rows"])
    source: str = Field(default="", description=HELP["source"])
    root: Place | None = Field(default=None, description=HELP["root"])
    classes: Names = Field(default=(), description=HELP["classes"])
    top: int | None = Field(default=None, ge=2, description=HELP["top"])
    per_class: int | None = Field(default=None, ge=3, description=HELP["per_class"])
    weights: str = Field(default="", description=HELP["weights"])
    stand_in: str = Field(default="", description=HELP["stand_in"])
    also_judge_on: Place | None = Field(default=None, description=HELP["also_judge_on"])
    also_judge_on_source: str = Field(default="folder", description=HELP["also_judge_on_source"])
    also_judge_on_merge: Merge = Field(default_factory=dict, description=HELP["also_judge_on_merge"])
    borders: Borders = Field(default=Borders.KEEP, description=HELP["borders"])
    seed: Seed = Field(default=0, description=HELP["seed"])
    workers: int = Field(default=1, ge=1, description=HELP["workers"])

    @classmethod
    def of(cls, **given: object) -> Self:
        """A plan from a command's options; what was not given keeps its default.

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

    @property
    def other_plan(self) -> Plan | None:
        """How another collection is read that the networks are judged on, too; None without any.

        Raises:
            SettingsError: there is no such source, or what is to be merged is given without a collection.
        """
        if self.also_judge_on is None:
            if self.also_judge_on_merge:
                raise SettingsError("also_judge_on_merge is of a collection: give also_judge_on, too.")
            return None
        return Plan.of(
            source=self.also_judge_on_source,
            root=self.also_judge_on,
            task=self.wanted.task,
            merge=dict(self.also_judge_on_merge),
        )

    def plan(self, settings: Settings, row: Row | None = None, **changes: object) -> Plan:
        """What is read, selected and how it is parted: for a row, or for the study as a whole.

        The study's own classes are asked for where they are documented, and in the synthetic gallery, which
        has study B's; of any other collection all classes are taken, or those the plan names.
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
    return synthetic.draw(settings.collections / "synthetic-gallery", **QUICK_GALLERY)
