"""Where a picture enters a network: raw values in, the network's own scale out."""

from __future__ import annotations

from typing import Literal

import keras

Scale = Literal["zero-to-one", "minus-one-to-one", "lite", "caffe", "none"]
"""What a network expects. "lite": (x - 127) / 128, as EfficientNet-Lite was trained. "caffe": blue, green,
red, each less ImageNet's mean of it, as the weights of VGG, ResNet50 and SqueezeNet were trained. "none":
0..255, for a network that scales for itself."""

_IMAGENET_BGR = (103.939, 116.779, 123.68)


def raw_image(
    image_size: tuple[int | None, int | None], scale: Scale
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """The input "image", (B, H, W, 3) in 0..255 (uint8 or float), and the same picture scaled.

    The scaling is a layer of the network, so training and serving cannot disagree about it.

    Args:
        image_size: (height, width); None leaves a side open.
        scale: what the network expects.
    """
    image = keras.Input(shape=(*image_size, 3), name="image")
    match scale:
        case "zero-to-one":
            return image, keras.layers.Rescaling(1 / 255, name="scale")(image)
        case "minus-one-to-one":
            return image, keras.layers.Rescaling(1 / 127.5, offset=-1.0, name="scale")(image)
        case "lite":
            return image, keras.layers.Rescaling(1 / 128, offset=-127 / 128, name="scale")(image)
        case "caffe":
            means = [-mean for mean in _IMAGENET_BGR]
            bgr = keras.ops.flip(image, axis=-1)
            return image, keras.layers.Rescaling(1.0, offset=means, name="scale")(bgr)
        case "none":
            return image, image
