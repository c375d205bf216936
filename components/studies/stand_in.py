"""A pre-trained network that stands in for those whose ImageNet weights cannot be had."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Self

from components.errors import SettingsError, WeightsError
from components.models import catalog
from components.training.recipe import Recipe

_KEPT_TOP = "resnet50_kept_top"
LIKE: Mapping[str, Mapping[str, str]] = {
    "resnet50": {"dense_1": "dense_1", "dense_2": "dense_2", "dropout": "dropout"},
    "vgg19": {"hidden": "dense_1"},
    "inception_v3": {"nodes": "dense_1", "dropout": "dropout"},
    "mobilenet_v2": {
        name: name for name in ("pooling", "any_size", "dense_1", "dense_2", "dropout", "normalize")
    },
}
"""A backbone's options that shape its head, and what they are called of a stand-in."""


@dataclass(frozen=True)
class StandIn:
    """A family that takes the place of every family whose ImageNet weights are not there.

    Attributes:
        family: a pre-trained one.
        options: its own, wherever it stands in.
    """

    family: str
    options: Mapping[str, float | int | str] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> Self:
        """As written on the command line: "efficientnet_lite2", "mobilenet_v2:alpha=1.0" (.35 without it).

        A value may hold commas: "efficientnet_lite2:pooling=statistics,depths=block_1_add,head_relu".

        Raises:
            SettingsError: no pre-trained family of that name, or options of another shape.
        """
        name, _, given = text.partition(":")
        if not catalog.family(name).pretrained:
            raise SettingsError(
                f"{name!r} starts from scratch, so it can stand in for no pre-trained family."
            )
        options: dict[str, float | int | str] = {"alpha": 0.35} if name == "mobilenet_v2" else {}
        for pair in filter(None, re.split(r",(?=[^,]*=)", given)):
            option, sign, value = pair.partition("=")
            if not sign:
                raise SettingsError(
                    f'{pair!r}: an option is written as name=value, as in "mobilenet_v2:alpha=1.0".'
                )
            options[option.strip()] = _value(value.strip())
        return cls(name, options)

    def __str__(self) -> str:
        shown = (self.options[name] for name in ("alpha", "pooling") if name in self.options)
        return " ".join([catalog.family(self.family).title, *map(str, shown)])

    @property
    def known(self) -> Collection[str]:
        """The options that the family has."""
        build = import_module(f"components.models.{catalog.family(self.family).module}").build
        return inspect.signature(build).parameters


def stood_in(recipe: Recipe, other: StandIn) -> Recipe:
    """The recipe with the stand-in's network, of its width also where it was the same one.

    Raises:
        WeightsError: ImageNet's 1000-way top is kept in the recipe, and the stand-in has none.
    """
    if recipe.family == other.family:
        return recipe.replace(options=recipe.options | dict(other.options))
    if recipe.family == _KEPT_TOP:
        return recipe.replace(family=other.family, options=_with_top(other))
    backbone = backbone_of(recipe.family)
    like = LIKE.get(backbone, {"dropout": "dropout"})
    options = {like[name]: value for name, value in recipe.options.items() if name in like}
    if backbone in ("resnet50", "vgg19") and "dense_1" not in options:
        options["dropout"] = 0.0  # nothing is dropped between their features and the softmax
    if recipe.family == "resnet50_spp":
        options["pooling"] = "pyramid"
    options = {name: value for name, value in options.items() if name in other.known} | dict(other.options)
    return recipe.replace(family=other.family, options=options)


def _with_top(other: StandIn) -> dict[str, float | int | str]:
    """The stand-in's options where it keeps its own ImageNet top: a softmax on that, and nothing between."""
    if "top" not in other.known:
        raise WeightsError(
            f"ResNet50's 1000-way ImageNet top is kept in this row, and {other} has none to stand in for it. "
            f"Let efficientnet_lite2 stand in, which has one, or give the weights with the top: --weights "
            f"{_KEPT_TOP}=FILE, or imagenet."
        )
    pooled = {"pooling", "depths", "narrow_depths"}
    kept = {name: value for name, value in other.options.items() if name not in pooled}
    return kept | {"top": "imagenet", "dropout": 0.0}


def backbone_of(family: str) -> str:
    """The name under which weights of the family's backbone are given."""
    return "resnet50" if family.startswith("resnet50_") else family


def _value(text: str) -> float | int | str:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
