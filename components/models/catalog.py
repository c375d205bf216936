"""Every model family, in one explicit table. Reading it imports no Keras; building does."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from components.errors import SettingsError

if TYPE_CHECKING:
    import keras

    from components.models.backbones import Weights

Builder = Callable[..., "keras.Model"]


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


def _scratch(name: str, title: str, row: str, size: tuple[int, int], smallest: int) -> Family:
    return Family(name, title, row, size, smallest, pretrained=False, builder=_of(name))


def _pretrained(name: str, title: str, row: str, size: tuple[int, int], smallest: int) -> Family:
    return Family(name, title, row, size, smallest, pretrained=True, builder=_of(name))


def _plain(name: str, title: str, row: str) -> Family:
    return Family(name, title, row, (224, 224), 32, pretrained=True, builder=_application(name))


def _of(module: str) -> Callable[[], Builder]:
    """A family with a file of its own."""

    def builder() -> Builder:
        found: Builder = import_module(f"components.models.{module}").build
        return found

    return builder


def _application(name: str) -> Callable[[], Builder]:
    """A family that is a backbone of keras.applications and a softmax."""

    def builder() -> Builder:
        from components.models import applications

        return partial(applications.build, name)

    return builder


FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        _scratch("simple_cnn", "Simple CNN", "B3", (200, 200), 22),
        _scratch("vgg_inception", "VGG-Inception hybrid", "E3", (500, 500), 8),
        _scratch("vgg_lite", "VGG-lite", "E2", (500, 500), 8),
        _scratch("grid_cnn", "Grid CNN", "D2", (128, 128), 10),
        _scratch("best_cnn", "Best CNN", "D3", (128, 128), 22),
        _scratch("resnet50_scratch", "ResNet50 from scratch", "B5, C3", (200, 200), 32),
        _scratch("alexnet", "AlexNet", "E7; Krizhevsky 2012", (227, 227), 67),
        _pretrained("mobilenet_v2", "MobileNetV2", "Sandler 2018", (224, 224), 32),
        _pretrained("resnet50_gap", "ResNet50 GAP", "A3, A5, B6, C5, C6", (224, 224), 32),
        _pretrained("resnet50_spp", "ResNet50 SPP", "A4, A5, A8", (224, 224), 32),
        _pretrained("resnet50_kept_top", "ResNet50 with its ImageNet top", "C4", (224, 224), 32),
        _pretrained("vgg19", "VGG19", "C2, D6", (300, 400), 32),
        _pretrained("inception_v3", "InceptionV3", "E4, E5", (500, 500), 75),
        _pretrained("squeezenet", "SqueezeNet", "E7; Iandola 2016", (227, 227), 32),
        _plain("vgg16", "VGG16", "B10; Simonyan 2014"),
        _plain("efficientnet_b0", "EfficientNet-B0", "B10; Tan 2019"),
        _plain("efficientnet_v2_b0", "EfficientNetV2-B0", "Tan 2021"),
        _plain("convnext_tiny", "ConvNeXt-Tiny", "Liu 2022"),
        _plain("mobilenet_v3_small", "MobileNetV3-Small", "Howard 2019"),
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
    multi_label: bool = False,
    **options: Any,
) -> keras.Model:
    """`family(name).build(...)`, see there; of a multi-label one each class has a probability of its own."""
    network = family(name).build(num_classes, image_size, weights=weights, **options)
    if multi_label:
        from components.models.multilabel import each_by_itself

        return each_by_itself(network)
    return network


def _names(*, pretrained: bool) -> str:
    return ", ".join(name for name, family in FAMILIES.items() if family.pretrained is pretrained)
