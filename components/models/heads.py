"""Where a network ends: from features to one probability a class."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from components.models.layers import Covariances, SpatialPyramidPooling

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


def style_statistics(
    maps: Sequence[keras.KerasTensor], crossed: Sequence[keras.KerasTensor] = ()
) -> keras.KerasTensor:
    """What several layers' maps, (B, h, w, C) each, answer on the whole -> (B, 2 sum of C + pairs of C).

    How much, how unevenly and what together tells how a picture is painted and less what it shows: the
    statistics that carry style in Huang and Belongie 2017 (arXiv:1703.06868), here as features.

    Args:
        maps: give the mean and standard deviation of each channel.
        crossed: give the covariance of each two channels, so they should have few.
    """
    found = []
    for one in maps:
        found.append(keras.layers.GlobalAveragePooling2D()(one))
        found.append(keras.ops.sqrt(keras.ops.var(one, axis=(1, 2)) + 1e-5))
    found += [Covariances(dtype="float32")(one) for one in crossed]  # sums are too large for 16 bits
    return keras.layers.Concatenate(name=FEATURES)(found)


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


def blocks_and_softmax(
    features: keras.KerasTensor, num_classes: int, *, dense_1: int = 0, dense_2: int = 0, dropout: float = 0.5
) -> keras.KerasTensor:
    """(B, D) -> (B, num_classes): up to two dense blocks (study A5), softmax; a width of 0: no block."""
    return probabilities(dense_blocks(features, (dense_1, dense_2), dropout), num_classes)
