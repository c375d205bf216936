"""Where statistics pooling looks into each backbone: from brush strokes to what is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from components.models.efficientnet_lite_maps import VARIANTS, blocks

LAST = "last"
"""Stands for a backbone's last maps: some of Keras's networks give that layer no name of its own."""


@dataclass(frozen=True)
class Depths:
    """The layers of a backbone whose maps are pooled.

    Attributes:
        wide: give the mean and the standard deviation of each channel.
        narrow: give the covariance of each two channels, so they have few.
    """

    wide: tuple[str, ...]
    narrow: tuple[str, ...]


def _lite(name: str) -> Depths:
    """The widest layer of each stage and the last; the narrow ends of the first five stages."""
    every = blocks(name)
    wide = tuple(f"block_{block.number}_expand_relu" for block in every if block.first and block.number)
    return Depths((*wide, "head_relu"), tuple(block.output for block in every if block.last)[:5])


def _vgg(last: int) -> Depths:
    """The last convolution of each block, and the pairs of the first two as Gatys's style has them."""
    wide = ("block1_conv2", "block2_conv2", *(f"block{number}_conv{last}" for number in (3, 4, 5)))
    return Depths(wide, narrow=("block1_conv2", "block2_conv2"))


def _of_each(pattern: str, *places: str) -> tuple[str, ...]:
    return tuple(pattern.format(place) for place in places)


DEPTHS: Mapping[str, Depths] = {
    "mobilenet_v2": Depths(
        wide=(*_of_each("block_{}_expand_relu", "1", "3", "6", "10", "13", "16"), "out_relu"),
        narrow=_of_each("block_{}_add", "2", "5", "9", "12"),
    ),
    **{name: _lite(name) for name in VARIANTS},
    "resnet50": Depths(
        wide=("conv1_relu", *_of_each("conv{}_out", "2_block3", "3_block4", "4_block6", "5_block3")),
        narrow=("conv1_relu", *_of_each("conv{}_2_relu", "2_block1", "2_block3", "3_block4")),
    ),
    "vgg16": _vgg(3),
    "vgg19": _vgg(4),
    # Keras numbers the layers between by how many were built before, so these alone have names that stay.
    "inception_v3": Depths(wide=_of_each("mixed{}", "0", "2", "3", "7", "8", "10"), narrow=()),
    "efficientnet_b0": Depths(
        wide=(*_of_each("block{}_expand_activation", "2a", "3a", "4a", "5a", "6a", "7a"), "top_activation"),
        narrow=("block1a_project_bn", *_of_each("block{}_add", "2b", "3b", "4c", "5c")),
    ),
    "efficientnet_v2_b0": Depths(
        wide=(*_of_each("block{}_expand_activation", "2a", "3a", "4a", "5a", "6a"), "top_activation"),
        narrow=("block1a_project_activation", *_of_each("block{}_add", "2b", "3b", "4c", "5e")),
    ),
    "convnext_tiny": Depths(
        wide=(
            *_of_each("convnext_tiny_stage_{}_gelu", "0_block_2", "1_block_2", "2_block_8", "3_block_2"),
            LAST,
        ),
        narrow=_of_each("convnext_tiny_stage_0_block_{}_pointwise_conv_2", "0", "2"),
    ),
    "mobilenet_v3_small": Depths(
        wide=(*_of_each("expanded_conv_{}_squeeze_excite_mul", "3", "4", "6", "8", "10"), LAST),
        narrow=("expanded_conv_project_bn", *_of_each("expanded_conv_{}_add", "2", "5", "7", "9")),
    ),
    "squeezenet": Depths(
        wide=("conv1", *_of_each("fire{}_concat", "2", "3", "4", "5", "6", "7", "8", "9")),
        narrow=_of_each("fire{}_squeeze1x1", "2", "3", "4", "5", "6", "7", "8", "9"),
    ),
}
"""A backbone's name -> its depths: the widest layers of each resolution and the last; bottlenecks between."""
