"""Study B's simple CNN (row B3), layer for layer."""

from __future__ import annotations

import keras

from components.models.heads import probabilities
from components.models.inputs import raw_image

FILTERS = (32, 64, 128)


def build(num_classes: int, image_size: tuple[int, int] = (200, 200), *, dropout: float = 0.4) -> keras.Model:
    """Three Conv(3x3)-ReLU-MaxPool stages of 32, 64 and 128; Flatten; Dense 128; dropout; softmax.

    The source states 200x200x3, the filters, the 128 and the dropout of about 40 %. Kernel, padding
    and pool size are those of the tutorial it cites (3x3, no padding, 2x2). At 200x200 and 6 classes:
    8,761,286 weights, 8,667,264 of them in the Dense layer behind Flatten.

    Args:
        num_classes: width of the softmax.
        image_size: (height, width); at least 22 pixels each.
        dropout: share of the Dense layer's outputs dropped while training.
    """
    image, x = raw_image(image_size, "zero-to-one")
    for stage, filters in enumerate(FILTERS, start=1):
        x = keras.layers.Conv2D(filters, 3, activation="relu", name=f"conv{stage}")(x)
        x = keras.layers.MaxPooling2D(2, name=f"pool{stage}")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    x = keras.layers.Dense(128, activation="relu", name="dense")(x)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    return keras.Model(image, probabilities(x, num_classes), name="simple_cnn")
