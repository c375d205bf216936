"""Every model family, in one explicit table. Reading it imports no Keras; building does."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
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
        module: below components.models, where its `build` stands, and its `head` if it is pretrained. Where
            several families share one, `build` takes the family's name first.
        last_module: the layer that the backbone's last module begins behind; "" for a family from scratch.
    """

    name: str
    title: str
    study_row: str
    image_size: tuple[int, int]
    smallest: int
    pretrained: bool
    module: str
    last_module: str = ""

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
        make: Builder = import_module(f"components.models.{self.module}").build
        if self.module != self.name:  # several families stand in it
            make = partial(make, self.name)
        known = [name for name in _named_options(make) if name != "weights"]
        self._check(num_classes, image_size, known, options)
        if self.pretrained:
            with self._taking(options):
                return make(num_classes, image_size, weights=weights, **options)
        if weights is not None:
            raise SettingsError(
                f"{self.name} is trained from scratch and takes no weights; received {weights.address!r}. "
                f"Leave the weights out, or choose one of {_names(pretrained=True)}."
            )
        with self._taking(options):
            return make(num_classes, image_size, **options)

    def head(
        self, features: keras.KerasTensor, num_classes: int, options: Mapping[str, Any]
    ) -> keras.KerasTensor:
        """What `build` puts behind the layer "features": (B, D) -> (B, num_classes).

        Args:
            features: as the backbone gives them.
            num_classes: width of the softmax.
            options: of the family; those of the backbone are left aside.
        """
        make = import_module(f"components.models.{self.module}").head
        own = {name: options[name] for name in _named_options(make) if name in options}
        with self._taking(own):
            return make(features, num_classes, **own)

    def backbone_options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Those of the family's options that shape what stands before its head."""
        own = _named_options(import_module(f"components.models.{self.module}").head)
        return {name: value for name, value in options.items() if name not in own}

    @contextmanager
    def _taking(self, options: Mapping[str, Any]) -> Iterator[None]:
        """What Keras or Python says of a value that cannot be meant, as an error for people."""
        try:
            yield
        except (ValueError, TypeError, ZeroDivisionError) as exc:
            if not options:
                raise
            raise SettingsError(
                f"{self.name} cannot be built with the options {dict(options)}: {exc}"
            ) from exc

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
    return Family(name, title, row, size, smallest, pretrained=False, module=name)


def _pretrained(  # noqa: PLR0913 (a row of the table)
    name: str, title: str, row: str, size: tuple[int, int], smallest: int, *, last_module: str
) -> Family:
    return Family(name, title, row, size, smallest, pretrained=True, module=name, last_module=last_module)


def _plain(name: str, title: str, row: str, *, last_module: str) -> Family:
    """A backbone of keras.applications and a softmax."""
    return Family(
        name, title, row, (224, 224), 32, pretrained=True, module="applications", last_module=last_module
    )


def _lite(name: str, title: str, side: int, *, last_module: str) -> Family:
    size = (side, side)
    return Family(
        name,
        title,
        "Tan 2019",
        size,
        32,
        pretrained=True,
        module="efficientnet_lite",
        last_module=last_module,
    )


def _named_options(make: Callable[..., Any]) -> list[str]:
    return [name for name, p in inspect.signature(make).parameters.items() if p.kind is p.KEYWORD_ONLY]


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
        _pretrained(
            "mobilenet_v2", "MobileNetV2", "Sandler 2018", (224, 224), 32, last_module="block_15_add"
        ),
        _pretrained(
            "resnet50_gap",
            "ResNet50 GAP",
            "A3, A5, B6, C5, C6",
            (224, 224),
            32,
            last_module="conv5_block2_out",
        ),
        _pretrained(
            "resnet50_spp", "ResNet50 SPP", "A4, A5, A8", (224, 224), 32, last_module="conv5_block2_out"
        ),
        _pretrained(
            "resnet50_kept_top",
            "ResNet50 with its ImageNet top",
            "C4",
            (224, 224),
            32,
            last_module="conv5_block2_out",
        ),
        _pretrained("vgg19", "VGG19", "C2, D6", (300, 400), 32, last_module="block4_pool"),
        _pretrained("inception_v3", "InceptionV3", "E4, E5", (500, 500), 75, last_module="mixed9"),
        _pretrained(
            "squeezenet", "SqueezeNet", "E7; Iandola 2016", (227, 227), 32, last_module="fire8_concat"
        ),
        _plain("vgg16", "VGG16", "B10; Simonyan 2014", last_module="block4_pool"),
        _plain("efficientnet_b0", "EfficientNet-B0", "B10; Tan 2019", last_module="block6d_add"),
        _plain("efficientnet_v2_b0", "EfficientNetV2-B0", "Tan 2021", last_module="block6g_add"),
        _plain(
            "convnext_tiny", "ConvNeXt-Tiny", "Liu 2022", last_module="convnext_tiny_downsampling_block_2"
        ),
        _lite("efficientnet_lite0", "EfficientNet-Lite0", 224, last_module="block_14_add"),
        _lite("efficientnet_lite2", "EfficientNet-Lite2", 260, last_module="block_19_add"),
        _plain("mobilenet_v3_small", "MobileNetV3-Small", "Howard 2019", last_module="expanded_conv_9_add"),
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
