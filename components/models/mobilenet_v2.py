"""MobileNetV2 with a softmax head (Sandler et al. 2018, arXiv:1801.04381)."""

from __future__ import annotations

import keras

from components.models import backbones
from components.models.heads import blocks_or_dropout
from components.models.inputs import raw_image
from components.models.pooling import Pooling, pooled_as


def build(  # noqa: PLR0913 (its options are named)
    num_classes: int,
    image_size: tuple[int, int] = (224, 224),
    *,
    alpha: float = 0.35,
    pooling: Pooling = "average",
    depths: str = "",
    narrow_depths: str = "",
    any_size: bool = False,
    dense_1: int = 0,
    dense_2: int = 0,
    dropout: float = 0.2,
    normalize: bool = False,
    weights: backbones.Weights | None = None,
) -> keras.Model:
    """The backbone on inputs in [-1, 1], its maps pooled, blocks, dropout, softmax.

    Up to alpha 1 its average is 1280 wide, the pyramid 14 times that. Pooled as "statistics" (14,828 wide at
    alpha 1), frozen layers tell painters apart that the last maps' average takes for each other. With
    pyramid pooling and dense blocks it takes the shapes of study A's networks (A4, A5, A8) where their
    ResNet50 is too large for the machine.

    Args:
        num_classes: width of the softmax.
        image_size: (height, width); at least 32 pixels each.
        alpha: width of the backbone; ImageNet weights exist for .35, .5, .75, 1, 1.3 and 1.4.
        pooling: as `pooling.pooled_as` has it; "statistics": means and standard deviations at seven depths,
            covariances of the channels at four.
        depths: layers whose means and deviations are taken by pooling "statistics"; "" for its own.
        narrow_depths: layers whose covariances are taken; "" for its own.
        any_size: leave height and width open, as study A8 wants it.
        dense_1: width of a first block of Dense, dropout and batch normalisation; 0: none.
        dense_2: width of a second; 0: none.
        dropout: share of the features, or of each block's outputs, dropped while training.
        normalize: standardise the features first, as statistics of many scales want it, and begin with a
            softmax of zeros.
        weights: the backbone's; None is a random start, on purpose.

    Raises:
        WeightsError: the weights cannot be had, or are those of another network.
    """
    image, x = raw_image((None, None) if any_size else image_size, "minus-one-to-one")

    def backbone(source: str | None) -> keras.Model:
        return keras.applications.MobileNetV2(
            input_tensor=x, alpha=alpha, include_top=False, weights=source, name="mobilenet_v2"
        )

    base = backbones.loaded(backbone, weights, f"MobileNetV2 of width {alpha}")
    features = pooled_as(pooling, base, "mobilenet_v2", depths, narrow_depths)
    answer = head(
        features, num_classes, dense_1=dense_1, dense_2=dense_2, dropout=dropout, normalize=normalize
    )
    return keras.Model(image, answer, name="mobilenet_v2")


head = blocks_or_dropout
