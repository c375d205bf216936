"""AlexNet (Krizhevsky et al. 2012), which study E names as future (E7)."""

from __future__ import annotations

import keras

from components.models.convolutions import conv_relu
from components.models.heads import probabilities
from components.models.inputs import raw_image
from components.models.layers import LocalResponseNormalization


def build(num_classes: int, image_size: tuple[int, int] = (227, 227), *, dropout: float = 0.5) -> keras.Model:
    """Five convolutions in two columns, overlapping max-pools, response normalisation, Dense 4096 twice.

    The paper's columns, a GPU each, are two halves of a layer's channels that meet in the third layer and
    the dense ones: 60,965,224 weights with 1000 classes, at 227x227 (the paper's 224 does not fit its own
    stride). Its start (Gaussians of .01, biases of 1) wants its 90 epochs on a million images; here He's
    initialisation (arXiv:1502.01852).

    Args:
        num_classes: width of the softmax.
        image_size: (height, width); at least 67 pixels each.
        dropout: share of each Dense layer's outputs dropped while training.
    """
    image, x = raw_image(image_size, "minus-one-to-one")
    x = conv_relu(x, 96, 11, "conv1", strides=4)
    x = _pool(LocalResponseNormalization(name="norm1")(x), "pool1")
    x = _columns(x, 256, 5, "conv2")
    x = _pool(LocalResponseNormalization(name="norm2")(x), "pool2")
    x = conv_relu(x, 384, 3, "conv3")
    x = _columns(x, 384, 3, "conv4")
    x = _columns(x, 256, 3, "conv5")
    x = keras.layers.Flatten(name="flatten")(_pool(x, "pool5"))
    for number in (6, 7):
        x = keras.layers.Dense(
            4096, activation="relu", kernel_initializer="he_normal", name=f"dense{number}"
        )(x)
        x = keras.layers.Dropout(dropout, name=f"dropout{number}")(x)
    return keras.Model(image, probabilities(x, num_classes), name="alexnet")


def _columns(x: keras.KerasTensor, filters: int, kernel: int, name: str) -> keras.KerasTensor:
    """(B, H, W, C) -> (B, H, W, filters): each half of the filters sees its half of the channels."""
    halves = keras.ops.split(x, 2, axis=-1)
    columns = [
        conv_relu(half, filters // 2, kernel, f"{name}{side}")
        for half, side in zip(halves, "ab", strict=True)
    ]
    return keras.layers.Concatenate(name=name)(columns)


def _pool(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    return keras.layers.MaxPooling2D(3, strides=2, name=name)(x)
