"""Study D's small CNN, whose neurons and dropout a grid chooses (row D2, appendix 1)."""

from __future__ import annotations

import keras

from components.models.heads import probabilities
from components.models.inputs import raw_image

FILTERS = (8, 16)


def build(
    num_classes: int, image_size: tuple[int, int] = (128, 128), *, neurons: int = 8, dropout: float = 0.0
) -> keras.Model:
    """Two Conv(3x3)-ReLU-MaxPool stages of 8 and 16; Flatten; Dense of `neurons`; dropout; softmax.

    The source states "few layers, and a small number of neurons both in the convolutional part as well as
    in the fully connected one", and the grid: neurons {8, 16} x dropout {0, .5}. Image size, the number of
    stages and their filters are not stated and are chosen here. Published, its first CNN: .35.

    Args:
        num_classes: width of the softmax.
        image_size: (height, width); at least 10 pixels each.
        neurons: width of the Dense layer.
        dropout: share of its outputs dropped while training.
    """
    image, x = raw_image(image_size, "zero-to-one")
    for stage, filters in enumerate(FILTERS, start=1):
        x = keras.layers.Conv2D(filters, 3, activation="relu", name=f"conv{stage}")(x)
        x = keras.layers.MaxPooling2D(2, name=f"pool{stage}")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    x = keras.layers.Dense(neurons, activation="relu", name="dense")(x)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    return keras.Model(image, probabilities(x, num_classes), name="grid_cnn")
