"""What a study's pre-trained rows get: ImageNet's weights, a file, a stand-in's, or none."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Literal, Self

from components.errors import SettingsError, WeightsError
from components.models import catalog
from components.studies.study import Size
from components.training.recipe import Recipe
from components.training.search.search import Search
from components.training.search.space import Space

IMAGENET, NONE = "imagenet", "none"

_KEPT_TOP = "resnet50_kept_top"
_LIKE: Mapping[str, Mapping[str, str]] = {
    "resnet50": {"dense_1": "dense_1", "dense_2": "dense_2", "dropout": "dropout"},
    "vgg19": {"hidden": "dense_1"},
    "inception_v3": {"nodes": "dense_1", "dropout": "dropout"},
}
"""A backbone's options that shape its head, and what they are called of a stand-in."""


@dataclass(frozen=True)
class StandIn:
    """A family that takes the place of every family whose ImageNet weights are not there."""

    family: str
    options: Mapping[str, float | int | str] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> Self:
        """As written on the command line: "mobilenet_v2" (of width .35), "mobilenet_v2:alpha=1.0".

        Raises:
            SettingsError: no pre-trained family of that name, or options of another shape.
        """
        name, _, given = text.partition(":")
        if not catalog.family(name).pretrained:
            raise SettingsError(
                f"{name!r} starts from scratch, so it can stand in for no pre-trained family."
            )
        options: dict[str, float | int | str] = {"alpha": 0.35} if name == "mobilenet_v2" else {}
        for pair in filter(None, given.split(",")):
            option, sign, value = pair.partition("=")
            if not sign:
                raise SettingsError(
                    f'{pair!r}: an option is written as name=value, as in "mobilenet_v2:alpha=1.0".'
                )
            options[option.strip()] = _value(value.strip())
        return cls(name, options)

    def __str__(self) -> str:
        title = catalog.family(self.family).title
        return f"{title} {self.options.get('alpha', '')}".strip()


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
        return self.files.get(family) or self.files.get(_backbone(family))


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
    if recipe.weights != IMAGENET:
        return recipe, WeightsUsed()
    address, other, stand_in = given.file_of(recipe.family), given.stand_in, ""
    if other is not None and (address is None or recipe.family == other.family):
        address = given.file_of(other.family)
        stood = _stood_in(recipe, other)
        if stood != recipe:
            stand_in = str(other)
        recipe = stood
    address = address or given.address
    if address == NONE:
        return _at_random(recipe), WeightsUsed(stand_in, random=True)
    return recipe.replace(weights=address), WeightsUsed(stand_in)


def equipped_search(search: Search, given: Given) -> tuple[Search, WeightsUsed]:
    """As `equipped`; a stand-in's space keeps the parameters that it has.

    Raises:
        WeightsError: a stand-in cannot take its place, or has none of the parameters.
    """
    recipe, used = equipped(search.recipe, given)
    space = search.space
    if recipe.family != search.recipe.family:
        names = {
            f"options.{old}": f"options.{new}" for old, new in _LIKE[_backbone(search.recipe.family)].items()
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


def _stood_in(recipe: Recipe, other: StandIn) -> Recipe:
    """The recipe with the stand-in's network, of its width also where it was the same one."""
    if recipe.family == other.family:
        return recipe.replace(options=recipe.options | dict(other.options))
    if recipe.family == _KEPT_TOP:
        raise WeightsError(
            f"ResNet50's 1000-way ImageNet top is kept in this row, and {other} has none to stand in for it. "
            f"Give the weights with the top: --weights {_KEPT_TOP}=FILE, or imagenet."
        )
    backbone = _backbone(recipe.family)
    like = _LIKE.get(backbone, {"dropout": "dropout"})
    options = {like[name]: value for name, value in recipe.options.items() if name in like}
    if backbone in ("resnet50", "vgg19") and "dense_1" not in options:
        options["dropout"] = 0.0  # nothing is dropped between their features and the softmax
    if recipe.family == "resnet50_spp":
        options["pooling"] = "pyramid"
    family = catalog.family(other.family)
    known = inspect.signature(import_module(f"components.models.{family.module}").build).parameters
    options = {name: value for name, value in options.items() if name in known} | dict(other.options)
    return recipe.replace(family=other.family, options=options)


def _at_random(recipe: Recipe) -> Recipe:
    stages = recipe.stages
    if not recipe.warm_start:
        stages = tuple(stage.replace(train="all", views=0) for stage in stages)
    return recipe.replace(weights=None, stages=stages)


def _backbone(family: str) -> str:
    return "resnet50" if family.startswith("resnet50_") else family


def _pair(text: str) -> tuple[str, str] | None:
    """("resnet50", FILE) of "resnet50=FILE"; None where no network is named."""
    name, sign, place = text.partition("=")
    known = {*catalog.FAMILIES, *(_backbone(one) for one in catalog.FAMILIES)}
    return (name.strip(), place.strip()) if sign and name.strip() in known else None


def _check(name: str, place: str) -> None:
    if place in (IMAGENET, NONE) or "://" in place or Path(place).expanduser().is_file():
        return
    whose = f" for {name}" if name else ""
    raise SettingsError(f"{place}: no such weights file{whose}.")


def _check_asked(files: Mapping[str, str], asking: Collection[str]) -> None:
    known = sorted({*asking, *map(_backbone, asking)})
    if idle := sorted(files.keys() - set(known)):
        raise SettingsError(
            f"{', '.join(idle)}: no row of the study starts from such weights; expected weights of "
            f"{', '.join(known) or 'no network'}, or leave the file out."
        )


def _value(text: str) -> float | int | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
