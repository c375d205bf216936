"""ResNet50 from convolutional and identity blocks, trained from scratch (B5, C3; He et al. 2015).

The paper is arXiv:1512.03385; 53 convolutions, as study B counts them.
"""

from __future__ import annotations

import keras

from components.models.heads import probabilities
from components.models.inputs import raw_image

STAGES = ((64, 3), (128, 4), (256, 6), (512, 3))
"""A stage: width of the narrow convolutions, and blocks; the wide convolutions are four times as wide."""


def build(num_classes: int, image_size: tuple[int, int] = (200, 200)) -> keras.Model:
    """Conv 7x7 of stride 2, batch norm, ReLU, max-pool; four stages; the mean of each map; softmax.

    Each stage is a convolutional block and identity blocks. The sources draw "average pooling" without its
    size; as in the paper it covers the whole map. Study B has it at 200x200, study C at 128x128.

    Args:
        num_classes: width of the softmax.
        image_size: (height, width); at least 32 pixels each.
    """
    image, x = raw_image(image_size, "minus-one-to-one")
    x = _conv(x, 64, 7, "conv1", strides=2)
    x = keras.layers.ReLU(name="conv1_relu")(x)
    x = keras.layers.MaxPooling2D(3, strides=2, padding="same", name="pool1")(x)
    for number, (width, blocks) in enumerate(STAGES, start=2):
        x = _convolutional_block(x, width, f"stage{number}_block1", strides=1 if number == 2 else 2)
        for block in range(2, blocks + 1):
            x = _identity_block(x, width, f"stage{number}_block{block}")
    x = keras.layers.GlobalAveragePooling2D(name="average")(x)
    return keras.Model(image, probabilities(x, num_classes), name="resnet50_scratch")


def _identity_block(x: keras.KerasTensor, width: int, name: str) -> keras.KerasTensor:
    """(B, H, W, 4 width) -> the same: three convolutions, and the input added to what they make."""
    return _joined(_bottleneck(x, width, name, strides=1), x, name)


def _convolutional_block(x: keras.KerasTensor, width: int, name: str, *, strides: int) -> keras.KerasTensor:
    """(B, H, W, C) -> (B, H / strides, W / strides, 4 width): a convolution stands in the short cut too."""
    shortcut = _conv(x, 4 * width, 1, f"{name}_shortcut", strides=strides)
    return _joined(_bottleneck(x, width, name, strides=strides), shortcut, name)


def _bottleneck(x: keras.KerasTensor, width: int, name: str, *, strides: int) -> keras.KerasTensor:
    """1x1 to `width`, 3x3, 1x1 to four times `width`; batch norm behind each, ReLU between them."""
    x = keras.layers.ReLU(name=f"{name}_a_relu")(_conv(x, width, 1, f"{name}_a", strides=strides))
    x = keras.layers.ReLU(name=f"{name}_b_relu")(_conv(x, width, 3, f"{name}_b"))
    return _conv(x, 4 * width, 1, f"{name}_c")


def _joined(x: keras.KerasTensor, shortcut: keras.KerasTensor, name: str) -> keras.KerasTensor:
    return keras.layers.ReLU(name=f"{name}_relu")(keras.layers.Add(name=f"{name}_add")([x, shortcut]))


def _conv(
    x: keras.KerasTensor, filters: int, kernel: int, name: str, *, strides: int = 1
) -> keras.KerasTensor:
    """Convolution and batch norm, whose shift makes the convolution's own superfluous."""
    x = keras.layers.Conv2D(
        filters,
        kernel,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=name,
    )(x)
    return keras.layers.BatchNormalization(name=f"{name}_norm")(x)
