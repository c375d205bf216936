"""Where a picture enters a network: raw values in, the network's own scale out."""

from __future__ import annotations

from typing import Literal

import keras

Scale = Literal["zero-to-one", "minus-one-to-one"]


def raw_image(image_size: tuple[int, int], scale: Scale) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """The input "image", (B, H, W, 3) in 0..255 (uint8 or float), and the same picture scaled.

    The scaling is a layer of the network, so training and serving cannot disagree about it.
    """
    image = keras.Input(shape=(*image_size, 3), name="image")
    if scale == "zero-to-one":
        return image, keras.layers.Rescaling(1 / 255, name="scale")(image)
    return image, keras.layers.Rescaling(1 / 127.5, offset=-1.0, name="scale")(image)
