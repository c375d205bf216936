"""What a study's pre-trained rows get: ImageNet's weights, a file, a stand-in's, or none."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self

from components.errors import SettingsError, WeightsError
from components.models import catalog, weight_packages
from components.studies.stand_in import LIKE, StandIn, backbone_of, stood_in
from components.studies.study import Size
from components.training.recipe import Recipe
from components.training.search.search import Search
from components.training.search.space import Space

IMAGENET, NONE = "imagenet", "none"


@dataclass(frozen=True)
class Given:
    """What a run of a study was given.

    Attributes:
        address: for every pre-trained family: "imagenet", "none"; with a stand-in also its file.
        files: the address for one backbone or family, by its name; goes before all else. A file of the
            stand-in's family is the stand-in's.
        stand_in: for those that have no file of their own.
    """

    address: str = IMAGENET
    files: Mapping[str, str] = field(default_factory=dict)
    stand_in: StandIn | None = None

    @classmethod
    def read(
        cls,
        weights: str = "",
        stand_in: str = "",
        size: Size = "full",
        asking: Collection[str] | None = None,
    ) -> Self:
        """From a command's options; a quick run with nothing given starts at random, and says so.

        Args:
            weights: "imagenet", "none", "resnet50=FILE,vgg19=FILE", or the stand-in's FILE.
            stand_in: as `StandIn.read`.
            size: of the run.
            asking: families that want ImageNet's weights; None: any may.

        Raises:
            SettingsError: a file that is not there, or one that nobody asks for.
        """
        other = StandIn.read(stand_in) if stand_in else None
        parts = [part.strip() for part in weights.split(",") if part.strip()]
        files = dict(pair for pair in (_pair(part) for part in parts) if pair)
        general = [part for part in parts if not _pair(part)]
        address = general[0] if general else (NONE if size == "quick" and other is None else IMAGENET)
        if len(general) > 1 or (address not in (IMAGENET, NONE) and other is None):
            raise SettingsError(
                f"{weights!r}: say which network a weights file is of, as in resnet50=FILE,vgg19=FILE, or "
                f'name the network that stands in for all, as in --stand-in "mobilenet_v2:alpha=1.0".'
            )
        for name, place in {"": address, **files}.items():
            _check(name, place)
        if asking is not None:
            _check_asked(files, {*asking, other.family} if other else asking)
        return cls(address, files, other)

    def file_of(self, family: str) -> str | None:
        """The address given for that family, or for its backbone; None without one."""
        return self.files.get(family) or self.files.get(backbone_of(family))


@dataclass(frozen=True)
class WeightsUsed:
    """The weights that took the place of those that the source had.

    Attributes:
        stand_in: title of the network that stands in for the source's; "" for none.
        random: True where the network starts from random weights.
    """

    stand_in: str = ""
    random: bool = False

    @property
    def kind(self) -> Literal["", "stand-in", "random"]:
        """In one word; "" as published."""
        if self.random:
            return "random"
        return "stand-in" if self.stand_in else ""

    @property
    def note(self) -> str:
        """For the study's table; "" as published."""
        stand_in = f"stand-in: {self.stand_in}" if self.stand_in else ""
        return ", ".join(filter(None, (stand_in, "random weights" if self.random else "")))


def equipped(recipe: Recipe, given: Given) -> tuple[Recipe, WeightsUsed]:
    """The recipe with weights that can be had, and which these are.

    Without weights all of the network is trained, for a random backbone must not be frozen; one that starts
    from another row's weights keeps its stages.

    Raises:
        WeightsError: a stand-in cannot take its place.
    """
    if recipe.weights != IMAGENET or _comes_as_package(recipe.family, given):
        return recipe, WeightsUsed()
    address, other, stand_in = given.file_of(recipe.family), given.stand_in, ""
    if other is not None and (address is None or recipe.family == other.family):
        address = given.file_of(other.family)
        stood = stood_in(recipe, other)
        if stood != recipe:
            stand_in = str(other)
        recipe = stood
    address = address or given.address
    if address == NONE:
        return _at_random(recipe), WeightsUsed(stand_in, random=True)
    return recipe.replace(weights=address), WeightsUsed(stand_in)


def _comes_as_package(family: str, given: Given) -> bool:
    """Whether its ImageNet weights are a package, so that no other network has to stand in for it."""
    asked = given.address == NONE or given.file_of(family) or given.stand_in is None
    return not asked and family in weight_packages.PACKAGES and given.stand_in != StandIn(family)


def equipped_search(search: Search, given: Given) -> tuple[Search, WeightsUsed]:
    """As `equipped`; a stand-in's space keeps the parameters that it has.

    Raises:
        WeightsError: a stand-in cannot take its place, or has none of the parameters.
    """
    recipe, used = equipped(search.recipe, given)
    space = search.space
    if recipe.family != search.recipe.family:
        names = {
            f"options.{old}": f"options.{new}" for old, new in LIKE[backbone_of(search.recipe.family)].items()
        }
        kept = tuple(
            parameter.replace(name=names.get(parameter.name, parameter.name))
            for parameter in space.parameters
            if parameter.name in names or not parameter.name.startswith("options.")
        )
        if not kept:
            raise WeightsError(
                f"{used.note} has none of the parameters {', '.join(space.names)} to search over."
            )
        space = Space(parameters=kept)
    return search.replace(recipe=recipe, space=space), used


def _at_random(recipe: Recipe) -> Recipe:
    stages = recipe.stages
    if not recipe.warm_start:
        stages = tuple(stage.replace(train="all", views=0) for stage in stages)
    return recipe.replace(weights=None, stages=stages)


def _pair(text: str) -> tuple[str, str] | None:
    """("resnet50", FILE) of "resnet50=FILE"; None where no network is named."""
    name, sign, place = text.partition("=")
    known = {*catalog.FAMILIES, *(backbone_of(one) for one in catalog.FAMILIES)}
    return (name.strip(), place.strip()) if sign and name.strip() in known else None


def _check(name: str, place: str) -> None:
    if place in (IMAGENET, NONE) or "://" in place or Path(place).expanduser().is_file():
        return
    whose = f" for {name}" if name else ""
    raise SettingsError(f"{place}: no such weights file{whose}.")


def _check_asked(files: Mapping[str, str], asking: Collection[str]) -> None:
    known = sorted({*asking, *map(backbone_of, asking)})
    if idle := sorted(files.keys() - set(known)):
        raise SettingsError(
            f"{', '.join(idle)}: no row of the study starts from such weights; expected weights of "
            f"{', '.join(known) or 'no network'}, or leave the file out."
        )
