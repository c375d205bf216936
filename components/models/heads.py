"""Where a network ends: from features to one probability a class."""

from __future__ import annotations

import keras

FEATURES = "features"
"""The layer between a pre-trained backbone and its head: everything up to it can be frozen."""


def probabilities(features: keras.KerasTensor, num_classes: int) -> keras.KerasTensor:
    """(B, D) -> (B, num_classes), each row sums to one; the layer is named "probabilities".

    float32 whatever the precision policy: a softmax in half precision loses small probabilities.
    """
    return keras.layers.Dense(num_classes, activation="softmax", dtype="float32", name="probabilities")(
        features
    )


def pooled(maps: keras.KerasTensor) -> keras.KerasTensor:
    """(B, H, W, C) -> (B, C) by global average pooling (Lin et al. 2013, arXiv:1312.4400)."""
    return keras.layers.GlobalAveragePooling2D(name=FEATURES)(maps)
