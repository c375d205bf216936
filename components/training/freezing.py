"""Which layers a stage trains."""

from __future__ import annotations

import keras

from components.models.heads import FEATURES


def freeze(model: keras.Model, train: str, *, pretrained: bool) -> None:
    """Set every layer's `trainable` for a stage; takes effect at the next compile.

    Batch norm of a pre-trained backbone stays frozen in "all" too: its statistics come from ImageNet's
    million images, and a small batch of paintings would overwrite them (Keras's transfer-learning guide).

    Args:
        model: with a layer named "features" when `train` is "head".
        train: "all", or "head": only what stands behind "features".
        pretrained: True when the backbone began with given weights.
    """
    for layer in model.layers:  # one by one: setting a model to what it already is changes no layer
        layer.trainable = True
    if not pretrained:
        return
    backbone = keras.Model(model.input, model.get_layer(FEATURES).output).layers
    for layer in backbone:
        layer.trainable = train == "all" and not isinstance(layer, keras.layers.BatchNormalization)
