"""Padding and crops at random, so that neither says anything: museums frame and pad their photographs."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from components.data.feeding.augmentation_layer import AugmentationLayer

LARGEST_PADDING = 0.5
"""Share of a side that padding may take, both ends together: of a picture twice as long as high, and less."""
LARGEST_CROP = 0.12
"""Share that may be cut off each end of a side."""
WHITE, BLACK = 0.5, 0.25
"""Shares of the paddings in these colours; the others are grey."""


class PadCrop(AugmentationLayer):
    """Each picture cropped, or padded along one axis or both: (B, H, W, 3) in 0..255 -> the same, float.

    A third of the pictures is only cropped, a third is padded along one axis, as a square page pads a
    landscape or a portrait, and a third along both. Padding has one colour a picture.
    """

    def augmented(self, images: Any, count: Any) -> Any:
        """The pictures (count, H, W, 3) as training sees them."""
        kind = self._drawn(count)
        is_padded_first = ops.greater(kind, 1 / 3)
        is_both = ops.greater(kind, 2 / 3)
        is_turned = ops.greater(self._drawn(count), 0.5)
        rows = self._start_and_scale(count, ops.where(is_turned, is_padded_first, is_both))
        columns = self._start_and_scale(count, ops.where(is_turned, is_both, is_padded_first))
        return self._moved(images, rows, columns, self._colour(count))

    def _drawn(self, count: Any) -> Any:
        return keras.random.uniform((count,), seed=self.generator)

    def _start_and_scale(self, count: Any, is_padded: Any) -> tuple[Any, Any]:
        """Where along an axis the output begins in the picture, and how much of it it spans: shares (B,)."""
        kept = 1.0 - self._drawn(count) * LARGEST_PADDING
        padded_start, padded_scale = -(1.0 - kept) / (2.0 * kept), 1.0 / kept
        first, last = (self._drawn(count) * LARGEST_CROP for _ in range(2))
        return (
            ops.where(is_padded, padded_start, first),
            ops.where(is_padded, padded_scale, 1.0 - first - last),
        )

    def _colour(self, count: Any) -> Any:
        drawn, grey = self._drawn(count), self._drawn(count) * 255.0
        return ops.where(drawn < WHITE, 255.0, ops.where(drawn < WHITE + BLACK, 0.0, grey))

    def _moved(self, images: Any, rows: tuple[Any, Any], columns: tuple[Any, Any], colour: Any) -> Any:
        height, width = images.shape[1:3]
        nothing = ops.zeros_like(colour)
        # Where an output pixel (x, y) comes from: (a0 x + a2, b1 y + b2), in pixels.
        matrix = ops.stack(
            [
                columns[1],
                nothing,
                columns[0] * width + (columns[1] - 1) / 2,
                nothing,
                rows[1],
                rows[0] * height + (rows[1] - 1) / 2,
                nothing,
                nothing,
            ],
            axis=1,
        )
        # Beyond the picture everything is 0, and the fourth channel says where that is.
        marked = ops.concatenate([images, ops.ones_like(images[..., :1])], axis=-1)
        moved = ops.image.affine_transform(
            marked, matrix, interpolation="bilinear", fill_mode="constant", data_format="channels_last"
        )
        moved = ops.cast(moved, images.dtype)
        ground = ops.cast(ops.reshape(colour, (-1, 1, 1, 1)), images.dtype)
        return ops.clip(moved[..., :3] + (1.0 - moved[..., 3:]) * ground, 0.0, 255.0)
