"""Statistics pooling: what layers at several depths of a backbone answer on the whole, as features.

How much, how unevenly and what together tells how a picture is painted and less what it shows: the
statistics that carry style in Gatys et al. 2015 (arXiv:1508.06576) and Huang and Belongie 2017
(arXiv:1703.06868).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import keras

from components.models.efficientnet_lite_maps import VARIANTS, blocks
from components.models.heads import FEATURES
from components.models.layers import Covariances, MeanAndDeviation

_WIDEST_COVARIANCES = 256
"""Channels of a layer whose covariances are taken, at most: 256 make 32,896 numbers."""


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


DEPTHS: Mapping[str, Depths] = {
    "mobilenet_v2": Depths(
        wide=(
            "block_1_expand_relu",
            "block_3_expand_relu",
            "block_6_expand_relu",
            "block_10_expand_relu",
            "block_13_expand_relu",
            "block_16_expand_relu",
            "out_relu",
        ),
        narrow=("block_2_add", "block_5_add", "block_9_add", "block_12_add"),
    ),
    **{name: _lite(name) for name in VARIANTS},
}
"""From brush strokes to what is shown: the widest layer of each resolution, and between them bottlenecks."""


def statistics_pooled(
    backbone: keras.Model, name: str, depths: str = "", narrow_depths: str = ""
) -> keras.KerasTensor:
    """The layer "features": (B, H, W, 3) -> (B, 2 wide channels + pairs of narrow channels), in float32.

    Args:
        backbone: holds the layers.
        name: in DEPTHS.
        depths: names of the wide layers, between commas; "" for the table's.
        narrow_depths: the same of the narrow layers.

    Raises:
        ValueError: a layer that the backbone does not have, or one too wide for its covariances.
    """
    wide = {layer: _maps(backbone, layer) for layer in _names(depths) or DEPTHS[name].wide}
    narrow = {layer: _maps(backbone, layer) for layer in _names(narrow_depths) or DEPTHS[name].narrow}
    if broad := [layer for layer, maps in narrow.items() if maps.shape[-1] > _WIDEST_COVARIANCES]:
        raise ValueError(
            f"narrow_depths are layers of at most {_WIDEST_COVARIANCES} channels, for pairs of them are "
            f"counted; received {broad[0]!r} of {narrow[broad[0]].shape[-1]}. Name it in depths instead"
        )
    # 16 bits are too few for sums over a map.
    pooled = [MeanAndDeviation(dtype="float32")(maps) for maps in wide.values()]
    pooled += [Covariances(dtype="float32")(maps) for maps in narrow.values()]
    return keras.layers.Concatenate(name=FEATURES, dtype="float32")(pooled)


def _names(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (name.strip() for name in text.split(","))))


def _maps(backbone: keras.Model, name: str) -> keras.KerasTensor:
    """What the layer of that name answers."""
    maps = {layer.name: layer.output for layer in backbone.layers if _is_map(layer)}
    if name not in maps:
        raise ValueError(f"the backbone has no depth {name!r}; it has {', '.join(maps)}")
    return maps[name]


def _is_map(layer: keras.layers.Layer) -> bool:
    return not isinstance(layer, keras.layers.InputLayer) and len(getattr(layer.output, "shape", ())) == 4
