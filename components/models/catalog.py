"""Every model family, in one explicit table. Reading it imports no Keras; building does."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from components.errors import SettingsError

if TYPE_CHECKING:
    import keras

    from components.models.backbones import Weights

Builder = Callable[..., "keras.Model"]


def _simple_cnn() -> Builder:
    from components.models.simple_cnn import build

    return build


def _vgg_inception() -> Builder:
    from components.models.vgg_inception import build

    return build


def _mobilenet_v2() -> Builder:
    from components.models.mobilenet_v2 import build

    return build


@dataclass(frozen=True)
class Family:
    """A documented network.

    Attributes:
        name: as in recipes and on the command line.
        title: as shown to people.
        study_row: the row of the studies that documents it, or its paper.
        image_size: (height, width) it is documented at.
        smallest: the fewest pixels a side it can take.
        pretrained: True when it has a backbone that takes weights and can be frozen.
        builder: imports and returns `build(num_classes, image_size, **options)`.
    """

    name: str
    title: str
    study_row: str
    image_size: tuple[int, int]
    smallest: int
    pretrained: bool
    builder: Callable[[], Builder]

    def build(
        self,
        num_classes: int,
        image_size: tuple[int, int],
        *,
        weights: Weights | None = None,
        **options: Any,
    ) -> keras.Model:
        """The network: input "image" (B, H, W, 3) in 0..255, output "probabilities" (B, num_classes).

        Raises:
            SettingsError: a size it cannot take, an option it does not have, weights it has no use for.
            WeightsError: the weights cannot be had.
        """
        make = self.builder()
        known = [name for name, p in inspect.signature(make).parameters.items() if p.kind is p.KEYWORD_ONLY]
        self._check(num_classes, image_size, [name for name in known if name != "weights"], options)
        if self.pretrained:
            return make(num_classes, image_size, weights=weights, **options)
        if weights is not None:
            raise SettingsError(
                f"{self.name} is trained from scratch and takes no weights; received {weights.address!r}. "
                f"Leave the weights out, or choose one of {_names(pretrained=True)}."
            )
        return make(num_classes, image_size, **options)

    def _check(
        self, num_classes: int, image_size: tuple[int, int], known: list[str], options: dict[str, Any]
    ) -> None:
        if num_classes < 2:
            raise SettingsError(f"{self.name}: at least 2 classes are needed, received {num_classes}.")
        if min(image_size) < self.smallest:
            raise SettingsError(
                f"{self.name} takes images of at least {self.smallest}x{self.smallest} pixels, received "
                f"{image_size[0]}x{image_size[1]}. It is documented at {self.image_size[0]}x"
                f"{self.image_size[1]}."
            )
        if unknown := sorted(set(options) - set(known)):
            raise SettingsError(f"{self.name} has no option {unknown}; it has {known}.")


FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        Family(
            name="simple_cnn",
            title="Simple CNN",
            study_row="B3",
            image_size=(200, 200),
            smallest=22,
            pretrained=False,
            builder=_simple_cnn,
        ),
        Family(
            name="vgg_inception",
            title="VGG-Inception hybrid",
            study_row="E3",
            image_size=(500, 500),
            smallest=8,
            pretrained=False,
            builder=_vgg_inception,
        ),
        Family(
            name="mobilenet_v2",
            title="MobileNetV2",
            study_row="Sandler 2018",
            image_size=(224, 224),
            smallest=32,
            pretrained=True,
            builder=_mobilenet_v2,
        ),
    )
}


def family(name: str) -> Family:
    """The family of that name.

    Raises:
        SettingsError: there is none; the message lists those there are.
    """
    try:
        return FAMILIES[name]
    except KeyError:
        raise SettingsError(f"{name!r} is no model family; expected one of {', '.join(FAMILIES)}.") from None


def build(
    name: str,
    num_classes: int,
    image_size: tuple[int, int],
    *,
    weights: Weights | None = None,
    **options: Any,
) -> keras.Model:
    """`family(name).build(...)`, see there."""
    return family(name).build(num_classes, image_size, weights=weights, **options)


def _names(*, pretrained: bool) -> str:
    return ", ".join(name for name, family in FAMILIES.items() if family.pretrained is pretrained)
