"""VGG19 cut behind its fifth pooling (study C2; D6), Simonyan and Zisserman 2014, arXiv:1409.1556."""

from __future__ import annotations

from typing import Literal

import keras

from components.models import applications, backbones
from components.models.heads import FEATURES, probabilities


def build(  # noqa: PLR0913 (its options are named)
    num_classes: int,
    image_size: tuple[int, int] = (300, 400),
    *,
    hidden: int = 120,
    dropout: float = 0.0,
    pooling: Literal["average", "max"] = "average",
    weights: backbones.Weights | None = None,
) -> keras.Model:
    """The fifth pooling's output flattened (9 x 12 x 512 = 55,296 wide at 300x400), a hidden layer, softmax.

    Study C2 has it with and without the hidden layer; D6's dense part is not stated and is the same here.

    Args:
        num_classes: width of the softmax.
        image_size: (height, width); at least 32 pixels each.
        hidden: width of the hidden layer (ReLU); 0: none.
        dropout: share of the hidden layer's outputs dropped while training; neither source states any.
        pooling: "average" is C2's ("avgpool5", from a network for style transfer); "max" is the network
            that the ImageNet weights were trained in, as D6 has it.
        weights: the backbone's; None is a random start, on purpose.

    Raises:
        WeightsError: the weights cannot be had, or are those of another network.
    """
    if pooling not in {"average", "max"}:
        raise ValueError(f"pooling is average or max; received {pooling!r}")
    image, maps = applications.backbone("vgg19", image_size, weights)
    if pooling == "average":
        image, maps = _averaged(keras.Model(image, maps))
    x = keras.layers.Flatten(name=FEATURES)(maps)
    return keras.Model(image, head(x, num_classes, hidden=hidden, dropout=dropout), name="vgg19")


def head(
    features: keras.KerasTensor, num_classes: int, *, hidden: int = 120, dropout: float = 0.0
) -> keras.KerasTensor:
    """(B, D) -> (B, num_classes): a hidden layer unless its width is 0, dropout, softmax; see `build`."""
    if hidden:
        features = keras.layers.Dense(hidden, activation="relu", name="hidden")(features)
        features = keras.layers.Dropout(dropout, name="dropout")(features)
    return probabilities(features, num_classes)


def _averaged(trunk: keras.Model) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Input and maps of a copy of `trunk` with the same weights, where every pooling takes the mean."""

    def like(layer: keras.layers.Layer) -> keras.layers.Layer:
        if isinstance(layer, keras.layers.MaxPooling2D):
            return keras.layers.AveragePooling2D(2, strides=2, name=layer.name)
        return type(layer).from_config(layer.get_config())

    copy = keras.models.clone_model(trunk, clone_function=like)
    copy.set_weights(trunk.get_weights())
    return copy.input, copy.output
