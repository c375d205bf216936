"""Layers that Keras does not have. Import this module before loading a saved network that holds one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from components.models.statistics_layers import Covariances, MeanAndDeviation, Standardization
from components.models.trees import TreeEnsemble

__all__ = [
    "Covariances",
    "LocalResponseNormalization",
    "MajorityVote",
    "MeanAndDeviation",
    "SmoothResizing",
    "SpatialPyramidPooling",
    "Standardization",
    "TreeEnsemble",
]


@keras.saving.register_keras_serializable(package="atelier")
class SpatialPyramidPooling(keras.layers.Layer):  # type: ignore[misc]
    """Maxima over grids of cells, coarse to fine (He et al. 2014, arXiv:1406.4729).

    (B, H, W, C) -> (B, cells * C), where bins [1, 2, 3] make 1 + 4 + 9 = 14 cells. A cell i of n goes from
    floor(i H / n) to ceil((i + 1) H / n), so none is empty, however small the map; cells of a level overlap
    where n does not divide H, as in the paper. H and W may be unknown until the call.

    Args:
        bins: cells a side, of each level; positive.
    """

    def __init__(self, bins: Sequence[int] = (1, 2, 3), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not bins or any(number < 1 for number in bins):
            raise ValueError(
                f"SpatialPyramidPooling expects positive numbers of cells a side, received {bins}."
            )
        self.bins = tuple(int(number) for number in bins)

    def call(self, inputs: Any) -> Any:
        """(B, H, W, C) -> (B, cells * C)."""
        height, width = keras.ops.shape(inputs)[1:3]
        cells = [
            keras.ops.max(inputs[:, top:bottom, left:right, :], axis=(1, 2))
            for number in self.bins
            for top, bottom in _edges(height, number)
            for left, right in _edges(width, number)
        ]
        return keras.ops.concatenate(cells, axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(B, H, W, C) -> (B, cells * C), also where H and W are None."""
        batch, _, _, channels = input_shape
        return (batch, (channels or 0) * sum(number**2 for number in self.bins))

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        return {**super().get_config(), "bins": list(self.bins)}


@keras.saving.register_keras_serializable(package="atelier")
class LocalResponseNormalization(keras.layers.Layer):  # type: ignore[misc]
    """Each value divided by its neighbours' strength across channels (Krizhevsky et al. 2012, section 3.3).

    (B, H, W, C) -> the same shape: x / (bias + alpha * sum of squares over `size` channels) ** beta. The
    defaults are the paper's.

    Args:
        size: channels in the sum, the value's own in the middle; odd.
        bias: the paper's k.
        alpha: weight of the sum.
        beta: the power.
    """

    def __init__(
        self, size: int = 5, bias: float = 2.0, alpha: float = 1e-4, beta: float = 0.75, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.size, self.bias, self.alpha, self.beta = size, bias, alpha, beta

    def call(self, inputs: Any) -> Any:
        """(B, H, W, C) -> the same shape."""
        channels, reach = inputs.shape[-1], self.size // 2
        squares = keras.ops.pad(keras.ops.square(inputs), [(0, 0), (0, 0), (0, 0), (reach, reach)])
        strength = sum(squares[..., shift : shift + channels] for shift in range(self.size))
        return inputs / keras.ops.power(self.bias + self.alpha * strength, self.beta)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """As it came."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        own = {"size": self.size, "bias": self.bias, "alpha": self.alpha, "beta": self.beta}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="atelier")
class SmoothResizing(keras.layers.Layer):  # type: ignore[misc]
    """Pictures of another size, as Pillow's bilinear filter makes them, but for its rounding.

    (B, H, W, C) -> (B, height, width, C). When it shrinks, the triangle is as wide as the shrinkage, so that
    nothing fine is skipped: what a network sees here is what it was trained on. Keras's Resizing skips, and
    with `antialias` it has no counterpart in OpenVINO. A side is resized by one product with a fixed matrix.

    Args:
        height: in pixels; so is width.
    """

    def __init__(self, height: int, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if min(height, width) < 1:
            raise ValueError(f"SmoothResizing expects a size in pixels, received {height}x{width}.")
        self.height, self.width = int(height), int(width)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """The picture's size must be known.

        Raises:
            ValueError: it is not.
        """
        _, height, width, _ = input_shape
        if height is None or width is None:
            raise ValueError(f"SmoothResizing expects pictures of a known size, received {input_shape}.")
        self._rows, self._columns = _triangles(height, self.height), _triangles(width, self.width)

    def call(self, inputs: Any) -> Any:
        """(B, H, W, C) -> (B, height, width, C)."""
        inputs = keras.ops.cast(inputs, self.compute_dtype)
        shrunk = keras.ops.einsum("bhwc,jw->bhjc", inputs, self._columns)
        return keras.ops.einsum("bhjc,ih->bijc", shrunk, self._rows)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(B, H, W, C) -> (B, height, width, C)."""
        return (input_shape[0], self.height, self.width, input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        return {**super().get_config(), "height": self.height, "width": self.width}


@keras.saving.register_keras_serializable(package="atelier")
class MajorityVote(keras.layers.Layer):  # type: ignore[misc]
    """Several answers become one: the class that most of them hold likeliest (study A8).

    A list of (B, C), each row summing to one -> (B, C). The result is the mean of the answers that voted for
    the winner: it is the likeliest class of each of them, so of their mean, whose rows sum to one; where all
    agree it is the plain mean. Among classes with as many votes the likelier one by the mean of all wins.
    """

    def call(self, inputs: Any) -> Any:
        """List of S answers (B, C) -> (B, C)."""
        answers = keras.ops.stack(inputs, axis=1)
        votes = _likeliest(answers)
        # A mean is at most 1: half of it settles a tie and never outweighs a vote.
        standing = keras.ops.sum(votes, axis=1) + 0.5 * keras.ops.mean(answers, axis=1)
        agrees = keras.ops.sum(votes * _likeliest(standing)[:, None, :], axis=-1)
        together = keras.ops.sum(answers * agrees[:, :, None], axis=1)
        return together / keras.ops.sum(agrees, axis=1, keepdims=True)

    def compute_output_shape(self, input_shape: Sequence[tuple[int | None, ...]]) -> tuple[int | None, ...]:
        """As each of the answers."""
        return tuple(input_shape[0])


def _likeliest(values: Any) -> Any:
    """(..., C) -> the same shape: 1 at each row's largest value, the first of equal ones, 0 elsewhere.

    Keras's argmax on TensorFlow has no counterpart in OpenVINO.
    """
    largest = keras.ops.max(values, axis=-1, keepdims=True)
    largest = keras.ops.cast(keras.ops.equal(values, largest), values.dtype)
    return largest * keras.ops.cast(keras.ops.equal(keras.ops.cumsum(largest, axis=-1), 1), values.dtype)


def _triangles(length: int, wanted: int) -> np.ndarray:
    """(wanted, length): the share of each pixel of a side in each of the resized side's."""
    shrinkage = max(length / wanted, 1.0)
    centres = (np.arange(wanted) + 0.5) * length / wanted - 0.5
    shares = np.maximum(0.0, 1 - np.abs(np.arange(length)[None] - centres[:, None]) / shrinkage)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True), np.float32)


def _edges(length: Any, cells: int) -> list[tuple[Any, Any]]:
    """Where each of `cells` begins and ends along `length` pixels, a number or a tensor."""
    return [(i * length // cells, -(-(i + 1) * length // cells)) for i in range(cells)]
