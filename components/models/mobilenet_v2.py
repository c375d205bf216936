"""MobileNetV2 with a softmax head (Sandler et al. 2018, arXiv:1801.04381)."""

from __future__ import annotations

import keras

from components.models import backbones
from components.models.heads import pooled, probabilities
from components.models.inputs import raw_image


def build(
    num_classes: int,
    image_size: tuple[int, int] = (224, 224),
    *,
    alpha: float = 0.35,
    dropout: float = 0.2,
    weights: backbones.Weights | None = None,
) -> keras.Model:
    """The backbone on inputs in [-1, 1], global average pooling (1280 wide), dropout, softmax.

    Args:
        num_classes: width of the softmax.
        image_size: (height, width); at least 32 pixels each.
        alpha: width of the backbone; ImageNet weights exist for .35, .5, .75, 1, 1.3 and 1.4.
        dropout: share of the features dropped while training.
        weights: the backbone's; None is a random start, on purpose.

    Raises:
        WeightsError: the weights cannot be had, or are those of another network.
    """
    image, x = raw_image(image_size, "minus-one-to-one")

    def backbone(source: str | None) -> keras.Model:
        return keras.applications.MobileNetV2(
            input_tensor=x, alpha=alpha, include_top=False, weights=source, name="mobilenet_v2"
        )

    maps = backbones.loaded(backbone, weights, f"MobileNetV2 of width {alpha}").output
    x = keras.layers.Dropout(dropout, name="dropout")(pooled(maps))
    return keras.Model(image, probabilities(x, num_classes), name="mobilenet_v2")
