"""Study E's VGG-lite (row E2): VGG's pairs of convolutions, far narrower."""

from __future__ import annotations

import keras

from components.models.convolutions import conv_relu
from components.models.heads import probabilities
from components.models.inputs import raw_image

PAIRS = (32, 64, 128, 256)


def build(num_classes: int, image_size: tuple[int, int] = (500, 500)) -> keras.Model:
    """Conv(3x3) 32-32-64-64-128-128-256-256 with a max-pool between pairs; Dense 256 and 64; softmax.

    The source states the filters and where the pools are. Its dense part is not stated: here the mean of
    each map and the dense layers of the hybrid that grew out of it (E3). Scale and start are the hybrid's
    too: inputs in [-1, 1], He's initialisation (He et al. 2015, arXiv:1502.01852). Published: .312.

    Args:
        num_classes: width of the softmax.
        image_size: (height, width); at least 8 pixels each.
    """
    image, x = raw_image(image_size, "minus-one-to-one")
    for pair, filters in enumerate(PAIRS, start=1):
        if pair > 1:
            x = keras.layers.MaxPooling2D(2, name=f"pool{pair - 1}")(x)
        for half in "ab":
            x = conv_relu(x, filters, 3, f"conv{pair}{half}")
    x = keras.layers.GlobalAveragePooling2D(name="average")(x)
    for units in (256, 64):
        x = keras.layers.Dense(
            units, activation="relu", kernel_initializer="he_normal", name=f"dense_{units}"
        )(x)
    return keras.Model(image, probabilities(x, num_classes), name="vgg_lite")
