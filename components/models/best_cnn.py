"""Study D's best CNN (row D3, appendix 3)."""

from __future__ import annotations

import keras

from components.models.heads import probabilities
from components.models.inputs import raw_image

FILTERS = (16, 32, 64)


def build(
    num_classes: int,
    image_size: tuple[int, int] = (128, 128),
    *,
    neurons_1: int = 128,
    neurons_2: int = 64,
    dropout: float = 0.2,
) -> keras.Model:
    """Three Conv(3x3)-ReLU-MaxPool stages; Flatten; twice Dense and dropout; softmax.

    The source states "more neurons on the fully connected part" than its grid's 16, "lower values for the
    dropout rate", and "dropout layers twice, with a ratio of 0.2" in that part. The widths, the stages and
    the image size stood in a figure that is lost, and are chosen here. Published: .48.

    Args:
        num_classes: width of the softmax.
        image_size: (height, width); at least 22 pixels each.
        neurons_1: width of the first Dense layer.
        neurons_2: width of the second.
        dropout: share of the outputs of each dropped while training.
    """
    image, x = raw_image(image_size, "zero-to-one")
    for stage, filters in enumerate(FILTERS, start=1):
        x = keras.layers.Conv2D(filters, 3, activation="relu", name=f"conv{stage}")(x)
        x = keras.layers.MaxPooling2D(2, name=f"pool{stage}")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    for number, neurons in enumerate((neurons_1, neurons_2), start=1):
        x = keras.layers.Dense(neurons, activation="relu", name=f"dense_{number}")(x)
        x = keras.layers.Dropout(dropout, name=f"dropout_{number}")(x)
    return keras.Model(image, probabilities(x, num_classes), name="best_cnn")
