"""EfficientNet-Lite0 and Lite2 (Google 2020; Tan and Le 2019, arXiv:1905.11946), for machines without a GPU.

EfficientNet without squeeze-and-excitation, with ReLU6 for swish; stem, first and last stage and head are
not scaled. Their ImageNet weights come as packages of the Python Package Index, so no download but `pip` is
needed (`weight_packages`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from components.errors import WeightsError
from components.models.torch_file import read_state_dict

_EPSILON = 1e-3
_STEM, _HEAD = 32, 1280


@dataclass(frozen=True)
class Stage:
    """Blocks of one resolution and width.

    Attributes:
        repeats: blocks, before scaling.
        kernel: pixels a side of the depthwise convolution.
        stride: of its first block.
        expansion: how many times wider a block is inside.
        width: channels out, before scaling.
    """

    repeats: int
    kernel: int
    stride: int
    expansion: int
    width: int


STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)
"""Table 1 of the paper; the first and the last stage's repeats are not scaled."""


@dataclass(frozen=True)
class Variant:
    """How much wider and deeper than the table a network is."""

    width: float
    depth: float


VARIANTS: Mapping[str, Variant] = {
    "efficientnet_lite0": Variant(1.0, 1.0),
    "efficientnet_lite2": Variant(1.1, 1.2),
}


@dataclass(frozen=True)
class Block:
    """One inverted bottleneck, scaled.

    Attributes:
        number: from 0; its layers are named "block_<number>_...".
        first: whether it is the first of its stage.
        last: whether it is the last of its stage.
    """

    number: int
    kernel: int
    stride: int
    expansion: int
    width: int
    first: bool
    last: bool

    @property
    def output(self) -> str:
        """Name of the layer that the block ends with."""
        return f"block_{self.number}_project_bn" if self.first else f"block_{self.number}_add"


def blocks(name: str) -> tuple[Block, ...]:
    """The blocks of a variant, in order."""
    variant = VARIANTS[name]
    found: list[Block] = []
    for place, stage in enumerate(STAGES):
        scaled = 0 < place < len(STAGES) - 1
        repeats = math.ceil(variant.depth * stage.repeats) if scaled else stage.repeats
        for repeat in range(repeats):
            found.append(
                Block(
                    len(found),
                    stage.kernel,
                    stage.stride if repeat == 0 else 1,
                    stage.expansion,
                    _multiple_of_8(stage.width * variant.width),
                    first=repeat == 0,
                    last=repeat == repeats - 1,
                )
            )
    return tuple(found)


def maps(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    """The convolutions: (B, H, W, 3), scaled -> (B, about H / 32, about W / 32, 1280)."""
    x = _conv_norm(x, _STEM, 3, "stem", strides=2)
    for block in blocks(name):
        x = _bottleneck(x, block)
    return _conv_norm(x, _HEAD, 1, "head")


def _bottleneck(x: keras.KerasTensor, block: Block) -> keras.KerasTensor:
    name, begun = f"block_{block.number}", x
    if block.expansion != 1:
        x = _conv_norm(x, begun.shape[-1] * block.expansion, 1, f"{name}_expand")
    x = keras.layers.DepthwiseConv2D(
        block.kernel, strides=block.stride, padding="same", use_bias=False, name=f"{name}_depthwise"
    )(x)
    x = keras.layers.BatchNormalization(epsilon=_EPSILON, name=f"{name}_depthwise_bn")(x)
    x = keras.layers.ReLU(6.0, name=f"{name}_depthwise_relu")(x)
    x = keras.layers.Conv2D(block.width, 1, use_bias=False, name=f"{name}_project")(x)
    x = keras.layers.BatchNormalization(epsilon=_EPSILON, name=f"{name}_project_bn")(x)
    return x if block.first else keras.layers.Add(name=f"{name}_add")([begun, x])


def _conv_norm(
    x: keras.KerasTensor, width: int, kernel: int, name: str, strides: int = 1
) -> keras.KerasTensor:
    x = keras.layers.Conv2D(width, kernel, strides, padding="same", use_bias=False, name=name)(x)
    x = keras.layers.BatchNormalization(epsilon=_EPSILON, name=f"{name}_bn")(x)
    return keras.layers.ReLU(6.0, name=f"{name}_relu")(x)


def _multiple_of_8(width: float) -> int:
    """The nearest multiple of 8 that is at least nine tenths of `width`."""
    rounded = max(8, int(width + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * width else rounded


def load_torch(network: keras.Model, path: Path, name: str, *, top: str = "") -> None:
    """Fill the network's layers with a PyTorch state dictionary's tensors.

    Args:
        network: holds the layers of `maps`, and perhaps ImageNet's classifier.
        path: a .pth file with the names of the package efficientnet_lite_pytorch.
        name: in VARIANTS.
        top: name of the layer of the 1000-way classifier; "" where the network has none.

    Raises:
        WeightsError: the file cannot be read safely, or is of another network.
    """
    tensors = read_state_dict(path)
    wanted = dict(_names(name, top))
    missing = sorted(f"{key}.weight" for key in wanted.values() if f"{key}.weight" not in tensors)
    if missing:
        raise WeightsError(
            f"{path}: expected the weights of {name}, but {len(missing)} of its layers are not in the file, "
            f"the first {missing[0]}. Give the file of this network."
        )
    for layer_name, key in wanted.items():
        layer = network.get_layer(layer_name)
        values = _values(layer, key, tensors)
        shapes = [tuple(weight.shape) for weight in layer.weights]
        if [value.shape for value in values] != shapes:
            raise WeightsError(
                f"{path}: expected weights of {shapes} for the layer {layer_name} of {name}, received "
                f"{[value.shape for value in values]} ({key}). Give the file of this network."
            )
        layer.set_weights(values)


def _names(name: str, top: str) -> Iterator[tuple[str, str]]:
    """Pairs of a layer's name here and in the PyTorch package."""
    yield from (("stem", "_conv_stem"), ("stem_bn", "_bn0"), ("head", "_conv_head"), ("head_bn", "_bn1"))
    if top:
        yield top, "_fc"
    for block in blocks(name):
        here, there = f"block_{block.number}", f"_blocks.{block.number}"
        if block.expansion != 1:
            yield f"{here}_expand", f"{there}._expand_conv"
            yield f"{here}_expand_bn", f"{there}._bn0"
        yield f"{here}_depthwise", f"{there}._depthwise_conv"
        yield f"{here}_depthwise_bn", f"{there}._bn1"
        yield f"{here}_project", f"{there}._project_conv"
        yield f"{here}_project_bn", f"{there}._bn2"


def _values(layer: keras.layers.Layer, key: str, tensors: Mapping[str, np.ndarray[Any, Any]]) -> list[Any]:
    """The layer's weights in Keras's order and layout."""
    weight = tensors[f"{key}.weight"]
    match layer:
        case keras.layers.BatchNormalization():
            return [weight, *(tensors[f"{key}.{part}"] for part in ("bias", "running_mean", "running_var"))]
        case keras.layers.DepthwiseConv2D():
            return [weight.transpose(2, 3, 0, 1)]
        case keras.layers.Conv2D():
            return [weight.transpose(2, 3, 1, 0)]
        case _:
            return [weight.T, tensors[f"{key}.bias"]]
