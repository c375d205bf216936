"""Where a network ends: from features to one probability a class."""

from __future__ import annotations

import keras

from components.models.layers import SpatialPyramidPooling, Standardization

FEATURES = "features"
"""The layer between a pre-trained backbone and its head: everything up to it can be frozen."""


def probabilities(
    features: keras.KerasTensor, num_classes: int, *, from_zero: bool = False
) -> keras.KerasTensor:
    """(B, D) -> (B, num_classes), each row sums to one; the layer is named "probabilities".

    float32 whatever the precision policy: a softmax in half precision loses small probabilities.

    Args:
        features: what it stands on.
        num_classes: its width.
        from_zero: begin with every class as likely. Where there are more features than works, a random
            start stays in whatever direction no work shows, and disturbs every answer.
    """
    return keras.layers.Dense(
        num_classes,
        activation="softmax",
        kernel_initializer="zeros" if from_zero else "glorot_uniform",
        dtype="float32",
        name="probabilities",
    )(features)


def pooled(maps: keras.KerasTensor) -> keras.KerasTensor:
    """(B, H, W, C) -> (B, C) by global average pooling (Lin et al. 2013, arXiv:1312.4400)."""
    return keras.layers.GlobalAveragePooling2D(name=FEATURES)(maps)


def pyramid_pooled(maps: keras.KerasTensor) -> keras.KerasTensor:
    """(B, H, W, C) -> (B, 14 C) by spatial pyramid pooling of 1, 4 and 9 cells (study A4)."""
    return SpatialPyramidPooling((1, 2, 3), name=FEATURES)(maps)


def dense_blocks(features: keras.KerasTensor, units: tuple[int, ...], dropout: float) -> keras.KerasTensor:
    """(B, D) -> (B, last of units) by blocks of Dense (ReLU), dropout and batch normalisation (study A5).

    Args:
        features: what the backbone gives.
        units: width of each block; 0 leaves the block out.
        dropout: share of each Dense layer's outputs dropped while training.
    """
    x = features
    for number, width in enumerate(units, start=1):
        if width:
            x = keras.layers.Dense(width, activation="relu", name=f"dense_{number}")(x)
            x = keras.layers.Dropout(dropout, name=f"dropout_{number}")(x)
            x = keras.layers.BatchNormalization(name=f"norm_{number}")(x)
    return x


def standardized(features: keras.KerasTensor) -> keras.KerasTensor:
    """(B, D) -> (B, D) in -8..8: each feature in deviations from its mean over the works seen in training."""
    return Standardization(name="norm_features")(features)


def blocks_and_softmax(  # noqa: PLR0913 (its options are named)
    features: keras.KerasTensor,
    num_classes: int,
    *,
    dense_1: int = 0,
    dense_2: int = 0,
    dropout: float = 0.5,
    normalize: bool = False,
) -> keras.KerasTensor:
    """(B, D) -> (B, num_classes): up to two dense blocks (study A5), softmax; a width of 0: no block.

    Standardised features are dropped where no block drops any, as `blocks_or_dropout` has it.
    """
    if normalize:
        return blocks_or_dropout(
            features, num_classes, dense_1=dense_1, dense_2=dense_2, dropout=dropout, normalize=True
        )
    return probabilities(dense_blocks(features, (dense_1, dense_2), dropout), num_classes)


def blocks_or_dropout(  # noqa: PLR0913 (its options are named)
    features: keras.KerasTensor,
    num_classes: int,
    *,
    dense_1: int = 0,
    dense_2: int = 0,
    dropout: float = 0.2,
    normalize: bool = False,
) -> keras.KerasTensor:
    """(B, D) -> (B, num_classes): dense blocks, or dropout alone where there are none; softmax.

    Args:
        features: what the backbone gives.
        num_classes: width of the softmax.
        dense_1: width of a first block; 0: none.
        dense_2: width of a second; 0: none.
        dropout: share of the features, or of each block's outputs, dropped while training.
        normalize: standardise the features first; the softmax then begins at zero.
    """
    if normalize:
        features = standardized(features)
    if dense_1 or dense_2:
        return probabilities(dense_blocks(features, (dense_1, dense_2), dropout), num_classes)
    dropped = keras.layers.Dropout(dropout, name="dropout")(features)
    return probabilities(dropped, num_classes, from_zero=normalize)
