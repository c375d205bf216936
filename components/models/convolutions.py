"""The convolution that the small networks are built of."""

from __future__ import annotations

import keras


def conv_relu(
    x: keras.KerasTensor, filters: int, kernel: int, name: str, *, strides: int = 1
) -> keras.KerasTensor:
    """Convolution and ReLU from He's initialisation (arXiv:1502.01852); padded, but where it strides."""
    return keras.layers.Conv2D(
        filters,
        kernel,
        strides=strides,
        padding="same" if strides == 1 else "valid",
        activation="relu",
        kernel_initializer="he_normal",
        name=name,
    )(x)
