"""Study E's hybrid of VGG and Inception (row E3; table 2 of its paper)."""

from __future__ import annotations

import keras

from components.models.convolutions import conv_relu
from components.models.heads import probabilities
from components.models.inputs import raw_image

VGG_FILTERS = (8, 16, 32, 64)


def build(
    num_classes: int, image_size: tuple[int, int] = (500, 500), *, bridge_cells: int = 1
) -> keras.Model:
    """Conv 8, 16, 32, 64 and a max-pool; one Inception branch; Dense 256 and 64; softmax.

    Its convolutions hold 47,016 weights ("50k trainable parameters for all convolutional layers").
    Scale and start are not stated: inputs in [-1, 1] and He's initialisation (He et al. 2015,
    arXiv:1502.01852) spare it the first epochs on a plateau that Keras's defaults had in trials.

    Args:
        num_classes: width of the softmax.
        image_size: (height, width); at least 2 * bridge_cells pixels each.
        bridge_cells: the table goes from the concatenation, (H/2, W/2, 96), straight to Dense 256, and
            does not say how. Flatten would need 1.5 billion weights at 500x500, which its text (a small
            network) excludes. Here the maps are averaged over a grid of bridge_cells x bridge_cells
            and flattened; 1 is global average pooling, which generalised best in trials at 64 pixels.
    """
    image, x = raw_image(image_size, "minus-one-to-one")
    for filters in VGG_FILTERS:
        x = conv_relu(x, filters, 3, f"vgg_{filters}")
    x = keras.layers.MaxPooling2D(2, strides=2, name="vgg_pool")(x)
    x = _inception(x)
    cell = (x.shape[1] // bridge_cells, x.shape[2] // bridge_cells)
    x = keras.layers.AveragePooling2D(cell, name="bridge")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    for units in (256, 64):
        x = keras.layers.Dense(
            units, activation="relu", kernel_initializer="he_normal", name=f"dense_{units}"
        )(x)
    return keras.Model(image, probabilities(x, num_classes), name="vgg_inception")


def _inception(x: keras.KerasTensor) -> keras.KerasTensor:
    """(B, H, W, C) -> (B, H, W, 96): 1x1, 3x3 and 5x5 in parallel, each narrowed to 32."""
    one = conv_relu(x, 32, 1, "inception_1x1")
    three = conv_relu(x, 16, 1, "inception_3x3_reduce")
    three = conv_relu(three, 64, 3, "inception_3x3")
    three = conv_relu(three, 32, 1, "inception_3x3_project")
    five = conv_relu(x, 8, 1, "inception_5x5_reduce")
    five = conv_relu(five, 32, 5, "inception_5x5")
    five = conv_relu(five, 32, 1, "inception_5x5_project")
    return keras.layers.Concatenate(name="inception")([one, three, five])
