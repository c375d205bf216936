"""VGG19 cut behind its fifth pooling (study C2; D6), Simonyan and Zisserman 2014, arXiv:1409.1556."""

from __future__ import annotations

from typing import Literal

import keras

from components.models import applications, backbones
from components.models.heads import FEATURES, probabilities, standardized
from components.models.statistics import statistics_pooled


def build(  # noqa: PLR0913 (its options are named)
    num_classes: int,
    image_size: tuple[int, int] = (300, 400),
    *,
    hidden: int = 120,
    dropout: float = 0.0,
    pooling: Literal["average", "max", "statistics"] = "average",
    depths: str = "",
    narrow_depths: str = "",
    normalize: bool = False,
    weights: backbones.Weights | None = None,
) -> keras.Model:
    """The fifth pooling's output flattened (9 x 12 x 512 = 55,296 wide at 300x400), a hidden layer, softmax.

    Study C2 has it with and without the hidden layer; D6's dense part is not stated and is the same here.

    Args:
        num_classes: width of the softmax.
        image_size: (height, width); at least 32 pixels each.
        hidden: width of the hidden layer (ReLU); 0: none.
        dropout: share of the hidden layer's outputs, or of standardised features, dropped while training;
            neither source states any.
        pooling: "average" is C2's ("avgpool5", from a network for style transfer); "max" is the network
            that the ImageNet weights were trained in, as D6 has it; "statistics" is that network, and in
            place of the fifth pooling's output the statistics of `depths.DEPTHS` (19,210 wide).
        depths: layers whose means and deviations are taken by pooling "statistics"; "" for its own.
        narrow_depths: layers whose covariances are taken; "" for its own.
        normalize: standardise the features first, as statistics of many scales want it, and begin with a
            softmax of zeros.
        weights: the backbone's; None is a random start, on purpose.

    Raises:
        WeightsError: the weights cannot be had, or are those of another network.
    """
    image, maps = applications.backbone("vgg19", image_size, weights)
    base = keras.Model(image, maps)
    match pooling:
        case "average" | "max":
            if depths or narrow_depths:
                raise ValueError(f'depths are those of pooling "statistics"; received pooling={pooling!r}')
            base = _averaged(base) if pooling == "average" else base
            features = keras.layers.Flatten(name=FEATURES)(base.output)
        case "statistics":
            features = statistics_pooled(base, "vgg19", depths, narrow_depths)
        case _:
            raise ValueError(f"pooling is average, max or statistics; received {pooling!r}")
    answer = head(features, num_classes, hidden=hidden, dropout=dropout, normalize=normalize)
    return keras.Model(base.input, answer, name="vgg19")


def head(
    features: keras.KerasTensor,
    num_classes: int,
    *,
    hidden: int = 120,
    dropout: float = 0.0,
    normalize: bool = False,
) -> keras.KerasTensor:
    """(B, D) -> (B, num_classes): a hidden layer unless its width is 0, dropout, softmax; see `build`."""
    if normalize:
        features = standardized(features)
    if hidden:
        features = keras.layers.Dense(hidden, activation="relu", name="hidden")(features)
    if hidden or normalize:
        features = keras.layers.Dropout(dropout, name="dropout")(features)
    return probabilities(features, num_classes, from_zero=normalize)


def _averaged(trunk: keras.Model) -> keras.Model:
    """A copy of `trunk` with the same weights, where every pooling takes the mean."""

    def like(layer: keras.layers.Layer) -> keras.layers.Layer:
        if isinstance(layer, keras.layers.MaxPooling2D):
            return keras.layers.AveragePooling2D(2, strides=2, name=layer.name)
        return type(layer).from_config(layer.get_config())

    copy = keras.models.clone_model(trunk, clone_function=like)
    copy.set_weights(trunk.get_weights())
    return copy
