"""Layers that Keras does not have. Import this module before loading a saved network that holds one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras


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


def _edges(length: Any, cells: int) -> list[tuple[Any, Any]]:
    """Where each of `cells` begins and ends along `length` pixels, a number or a tensor."""
    return [(i * length // cells, -(-(i + 1) * length // cells)) for i in range(cells)]
