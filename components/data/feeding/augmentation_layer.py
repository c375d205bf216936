"""What layers that augment pictures share: they act in training only, and draw from a seed of their own."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


class AugmentationLayer(keras.layers.Layer):  # type: ignore[misc]  # keras ships no types
    """Changes each picture in training: (B, H, W, 3) in 0..255 -> the same, float.

    A subclass says how in `augmented`, and draws from `generator`.
    """

    def __init__(self, *, seed: int = 0, **options: Any) -> None:
        super().__init__(**options)
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, images: Any, training: bool = False) -> Any:  # noqa: FBT001, FBT002  # Keras passes it
        """Augment in training; hand through otherwise."""
        images = ops.cast(images, self.compute_dtype)
        return self.augmented(images, ops.shape(images)[0]) if training else images

    def augmented(self, images: Any, count: Any) -> Any:
        """The pictures as training sees them.

        Args:
            images: (count, H, W, 3), float.
            count: how many pictures there are.
        """
        raise NotImplementedError

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """As the input's."""
        return input_shape
