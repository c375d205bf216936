"""Layers that sum a map up: of a picture's channels, how strong, how uneven and which together."""

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
