"""The convolutions of EfficientNet-Lite (Google 2020; Tan and Le 2019, arXiv:1905.11946).

EfficientNet without squeeze-and-excitation, with ReLU6 for swish; stem, first and last stage and head are
not scaled.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import keras

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

    title: str
    width: float
    depth: float


VARIANTS: Mapping[str, Variant] = {
    "efficientnet_lite0": Variant("EfficientNet-Lite0", 1.0, 1.0),
    "efficientnet_lite2": Variant("EfficientNet-Lite2", 1.1, 1.2),
}


@dataclass(frozen=True)
class Block:
    """One inverted bottleneck, scaled.

    Attributes:
        number: from 0; its layers are named "block_<number>_...".
        kernel: pixels a side of its depthwise convolution.
        stride: of that convolution.
        expansion: how many times wider it is inside.
        width: channels out.
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
    scaled_blocks: list[Block] = []
    for place, stage in enumerate(STAGES):
        scaled = 0 < place < len(STAGES) - 1
        repeats = math.ceil(variant.depth * stage.repeats) if scaled else stage.repeats
        for repeat in range(repeats):
            scaled_blocks.append(
                Block(
                    len(scaled_blocks),
                    stage.kernel,
                    stage.stride if repeat == 0 else 1,
                    stage.expansion,
                    _multiple_of_8(stage.width * variant.width),
                    first=repeat == 0,
                    last=repeat == repeats - 1,
                )
            )
    return tuple(scaled_blocks)


def maps(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    """The convolutions: (B, H, W, 3), scaled -> (B, about H / 32, about W / 32, 1280)."""
    x = _conv_norm(x, _STEM, 3, "stem", strides=2)
    for block in blocks(name):
        x = _bottleneck(x, block)
    return _conv_norm(x, _HEAD, 1, "head")


def _bottleneck(x: keras.KerasTensor, block: Block) -> keras.KerasTensor:
    name, shortcut = f"block_{block.number}", x
    if block.expansion != 1:
        x = _conv_norm(x, shortcut.shape[-1] * block.expansion, 1, f"{name}_expand")
    x = keras.layers.DepthwiseConv2D(
        block.kernel, strides=block.stride, padding="same", use_bias=False, name=f"{name}_depthwise"
    )(x)
    x = keras.layers.BatchNormalization(epsilon=_EPSILON, name=f"{name}_depthwise_bn")(x)
    x = keras.layers.ReLU(6.0, name=f"{name}_depthwise_relu")(x)
    x = keras.layers.Conv2D(block.width, 1, use_bias=False, name=f"{name}_project")(x)
    x = keras.layers.BatchNormalization(epsilon=_EPSILON, name=f"{name}_project_bn")(x)
    return x if block.first else keras.layers.Add(name=f"{name}_add")([shortcut, x])


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
