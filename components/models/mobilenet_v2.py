"""MobileNetV2 with a softmax head (Sandler et al. 2018, arXiv:1801.04381)."""

from __future__ import annotations

from typing import Literal

import keras

from components.models import backbones
from components.models.heads import dense_blocks, pooled, probabilities, pyramid_pooled
from components.models.inputs import raw_image

Pooling = Literal["average", "pyramid"]


def build(  # noqa: PLR0913 (its options are named)
    num_classes: int,
    image_size: tuple[int, int] = (224, 224),
    *,
    alpha: float = 0.35,
    pooling: Pooling = "average",
    any_size: bool = False,
    dense_1: int = 0,
    dense_2: int = 0,
    dropout: float = 0.2,
    weights: backbones.Weights | None = None,
) -> keras.Model:
    """The backbone on inputs in [-1, 1], its maps pooled (1280 wide, or 14 x 1280), blocks, dropout, softmax.

    With pyramid pooling and dense blocks it takes the shapes of study A's networks (A4, A5, A8) where their
    ResNet50 is too large for the machine.

    Args:
        num_classes: width of the softmax.
        image_size: (height, width); at least 32 pixels each.
        alpha: width of the backbone; ImageNet weights exist for .35, .5, .75, 1, 1.3 and 1.4.
        pooling: "average" of each map, or "pyramid": spatial pyramid pooling (14 cells).
        any_size: leave height and width open, as study A8 wants it.
        dense_1: width of a first block of Dense, dropout and batch normalisation; 0: none.
        dense_2: width of a second; 0: none.
        dropout: share of the features, or of each block's outputs, dropped while training.
        weights: the backbone's; None is a random start, on purpose.

    Raises:
        WeightsError: the weights cannot be had, or are those of another network.
    """
    image, x = raw_image((None, None) if any_size else image_size, "minus-one-to-one")

    def backbone(source: str | None) -> keras.Model:
        return keras.applications.MobileNetV2(
            input_tensor=x, alpha=alpha, include_top=False, weights=source, name="mobilenet_v2"
        )

    maps = backbones.loaded(backbone, weights, f"MobileNetV2 of width {alpha}").output
    features = pyramid_pooled(maps) if pooling == "pyramid" else pooled(maps)
    answer = head(features, num_classes, dense_1=dense_1, dense_2=dense_2, dropout=dropout)
    return keras.Model(image, answer, name="mobilenet_v2")


def head(
    features: keras.KerasTensor, num_classes: int, *, dense_1: int = 0, dense_2: int = 0, dropout: float = 0.2
) -> keras.KerasTensor:
    """(B, D) -> (B, num_classes): blocks, or dropout alone where there are none; softmax; see `build`."""
    if dense_1 or dense_2:
        return probabilities(dense_blocks(features, (dense_1, dense_2), dropout), num_classes)
    return probabilities(keras.layers.Dropout(dropout, name="dropout")(features), num_classes)
