"""Random crops, resized to the picture's own size: parts of a painting are by the same hand."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from components.data.feeding.augmentation_layer import AugmentationLayer

SMALLEST_AREA = 0.6
"""Share of the picture that a crop keeps, at least."""
LONGEST_SIDE = 4 / 3
"""Ratio of the shares of its two sides that a crop keeps, at most, either way round."""


class RandomCrops(AugmentationLayer):
    """A part of each picture, anywhere in it: (B, H, W, 3) in 0..255 -> the same, float."""

    def augmented(self, images: Any, count: Any) -> Any:
        """The pictures (count, H, W, 3) as training sees them."""
        area, ratio, down, right = (keras.random.uniform((count,), seed=self.generator) for _ in range(4))
        area = SMALLEST_AREA + (1.0 - SMALLEST_AREA) * area
        ratio = ops.power(LONGEST_SIDE, ratio - 0.5)  # of the square roots: at most LONGEST_SIDE in all
        rows, columns = (ops.minimum(ops.sqrt(area) * side, 1.0) for side in (ratio, 1.0 / ratio))
        height, width = images.shape[1:3]
        nothing = ops.zeros_like(rows)
        # Where an output pixel (x, y) comes from: (a0 x + a2, b1 y + b2), in pixels.
        matrix = [
            columns,
            nothing,
            (1.0 - columns) * right * (width - 1),
            nothing,
            rows,
            (1.0 - rows) * down * (height - 1),
            nothing,
            nothing,
        ]
        return ops.image.affine_transform(
            images,
            ops.stack(matrix, axis=1),
            interpolation="bilinear",
            fill_mode="nearest",
            data_format="channels_last",
        )
