"""Layers of statistics pooling: what sums a map up, and what brings the sums to one scale."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np


@keras.saving.register_keras_serializable(package="atelier")
class MeanAndDeviation(keras.layers.Layer):  # type: ignore[misc]
    """How strongly and how unevenly each channel answers: (B, H, W, C) -> (B, 2 C), means then deviations.

    H and W may be unknown until the call.
    """

    def call(self, inputs: Any) -> Any:
        """(B, H, W, C) -> (B, 2 C)."""
        means = keras.ops.mean(inputs, axis=(1, 2))
        deviations = keras.ops.sqrt(keras.ops.var(inputs, axis=(1, 2)) + 1e-5)  # no infinite slope at zero
        return keras.ops.concatenate([means, deviations], axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(B, H, W, C) -> (B, 2 C)."""
        return (input_shape[0], 2 * (input_shape[-1] or 0))


@keras.saving.register_keras_serializable(package="atelier")
class Covariances(keras.layers.Layer):  # type: ignore[misc]
    """Which channels answer together: (B, H, W, C) -> (B, C (C + 1) / 2), each pair's covariance, rooted.

    Second-order pooling with signed square roots (Lin, RoyChowdhury and Maji 2015, arXiv:1504.07889), near
    the Gram matrices that carry an artist's style in Gatys et al. 2015 (arXiv:1508.06576). H and W may be
    unknown until the call.
    """

    def call(self, inputs: Any) -> Any:
        """(B, H, W, C) -> (B, C (C + 1) / 2), the upper triangle by rows."""
        ops = keras.ops
        _, height, width, channels = ops.shape(inputs)
        places = ops.reshape(inputs, (-1, height * width, channels))
        places = places - ops.mean(places, axis=1, keepdims=True)
        found = ops.matmul(ops.transpose(places, (0, 2, 1)), places) / ops.cast(height * width, places.dtype)
        rows, columns = np.triu_indices(channels)
        flat = ops.reshape(found, (-1, channels * channels))
        pairs = ops.take(flat, rows * channels + columns, axis=1)
        return pairs / ops.sqrt(ops.abs(pairs) + 1e-6)  # no infinite slope at zero

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(B, H, W, C) -> (B, C (C + 1) / 2)."""
        channels = input_shape[-1] or 0
        return (input_shape[0], channels * (channels + 1) // 2)


@keras.saving.register_keras_serializable(package="atelier")
class Standardization(keras.layers.Layer):  # type: ignore[misc]
    """Features of many scales on one: (B, D) -> (B, D), in deviations from their mean, within a limit.

    Mean and deviation are those of the works seen in training: all of them count alike in the first hundred
    batches, later ones as in batch normalisation, so that a batch is not measured by itself. A value far from
    all that was seen is cut off at the limit. Nothing is trained by gradients. In float32.

    Args:
        limit: in deviations; positive.
        momentum: share of the past that a later batch keeps, 0..1.
    """

    def __init__(self, limit: float = 8.0, momentum: float = 0.99, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.limit, self.momentum = limit, momentum

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """A mean and a variance a feature, and how many batches they are of."""
        shape = (input_shape[-1],)
        self.mean = self.add_weight(shape=shape, initializer="zeros", trainable=False, name="mean")
        self.variance = self.add_weight(shape=shape, initializer="ones", trainable=False, name="variance")
        self.batches = self.add_weight(shape=(), initializer="zeros", trainable=False, name="batches")

    def call(self, inputs: Any, training: Any = None) -> Any:
        """(B, D) -> (B, D) in -limit..limit."""
        mean, variance = keras.ops.convert_to_tensor(self.mean), keras.ops.convert_to_tensor(self.variance)
        if training and self.trainable:
            share = keras.ops.maximum(1 / (self.batches + 1), 1 - self.momentum)
            away = keras.ops.mean(inputs, axis=0) - mean
            mean = mean + share * away
            of_batch = keras.ops.var(inputs, axis=0)
            variance = (1 - share) * (variance + share * away * away) + share * of_batch
            self.mean.assign(mean)
            self.variance.assign(variance)
            self.batches.assign_add(1)
        scaled = (inputs - mean) / keras.ops.sqrt(variance + 1e-6)
        return keras.ops.clip(scaled, -self.limit, self.limit)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """As it came."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        return {**super().get_config(), "limit": self.limit, "momentum": self.momentum}
