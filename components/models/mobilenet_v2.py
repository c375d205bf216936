"""MobileNetV2 with a softmax head (Sandler et al. 2018, arXiv:1801.04381)."""

from __future__ import annotations

from typing import Literal

import keras

from components.models import backbones
from components.models.heads import dense_blocks, pooled, probabilities, pyramid_pooled, style_statistics
from components.models.inputs import raw_image

Pooling = Literal["average", "pyramid", "statistics"]

_DEPTHS = (
    "block_1_expand_relu",
    "block_3_expand_relu",
    "block_6_expand_relu",
    "block_10_expand_relu",
    "block_13_expand_relu",
    "block_16_expand_relu",
    "out_relu",
)
"""The widest layer of each resolution, and the last: from brush strokes to what is shown."""
_NARROW = ("block_2_add", "block_5_add", "block_9_add", "block_12_add")
"""Between them bottlenecks of 24 to 96 channels: few enough to ask which answer together."""


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
        pooling: "average" of each last map; "pyramid": spatial pyramid pooling (14 cells); "statistics":
            means and standard deviations at seven depths, covariances of the channels at four.
        any_size: leave height and width open, as study A8 wants it.
        dense_1: width of a first block of Dense, dropout and batch normalisation; 0: none.
        dense_2: width of a second; 0: none.
        dropout: share of the features, or of each block's outputs, dropped while training.
        normalize: batch normalisation of the features first, as statistics of many scales want it, and
            a softmax that begins at zero.
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
    features = _pooled(image, maps, pooling)
    answer = head(
        features, num_classes, dense_1=dense_1, dense_2=dense_2, dropout=dropout, normalize=normalize
    )
    return keras.Model(image, answer, name="mobilenet_v2")


def _pooled(image: keras.KerasTensor, maps: keras.KerasTensor, pooling: Pooling) -> keras.KerasTensor:
    match pooling:
        case "average":
            return pooled(maps)
        case "pyramid":
            return pyramid_pooled(maps)
        case "statistics":
            backbone = keras.Model(image, maps)
            wide, narrow = ([backbone.get_layer(n).output for n in names] for names in (_DEPTHS, _NARROW))
            return style_statistics(wide, narrow)
        case _:
            raise ValueError(f"pooling is average, pyramid or statistics; received {pooling!r}")


def head(  # noqa: PLR0913 (its options are named)
    features: keras.KerasTensor,
    num_classes: int,
    *,
    dense_1: int = 0,
    dense_2: int = 0,
    dropout: float = 0.2,
    normalize: bool = False,
) -> keras.KerasTensor:
    """(B, D) -> (B, num_classes): blocks, or dropout alone where there are none; softmax; see `build`."""
    if normalize:
        features = keras.layers.BatchNormalization(name="norm_features")(features)
    if dense_1 or dense_2:
        return probabilities(dense_blocks(features, (dense_1, dense_2), dropout), num_classes)
    dropped = keras.layers.Dropout(dropout, name="dropout")(features)
    return probabilities(dropped, num_classes, from_zero=normalize)
