"""Statistics pooling: what layers at several depths of a backbone answer on the whole, as features.

How much, how unevenly and what together tells how a picture is painted and less what it shows: the
statistics that carry style in Gatys et al. 2015 (arXiv:1508.06576) and Huang and Belongie 2017
(arXiv:1703.06868).
"""

from __future__ import annotations

import keras

from components.models.depths import DEPTHS, LAST
from components.models.heads import FEATURES
from components.models.layers import Covariances, MeanAndDeviation

_WIDEST_COVARIANCES = 256
"""Channels of a layer whose covariances are taken, at most: 256 make 32,896 numbers."""
NONE = "none"
"""For no depth of a kind."""


def statistics_pooled(
    backbone: keras.Model, name: str, depths: str = "", narrow_depths: str = ""
) -> keras.KerasTensor:
    """The layer "features": (B, H, W, 3) -> (B, 2 wide channels + pairs of narrow channels), in float32.

    Args:
        backbone: holds the layers.
        name: in `depths.DEPTHS`.
        depths: names of the wide layers, between commas; "" for the table's.
        narrow_depths: the same of the narrow layers, "none" for no covariances.

    Raises:
        ValueError: a layer that the backbone does not have, or one too wide for its covariances.
    """
    usual = DEPTHS[name]
    wide = {layer: _maps(backbone, layer) for layer in _names(depths, usual.wide)}
    narrow = {layer: _maps(backbone, layer) for layer in _names(narrow_depths, usual.narrow)}
    if broad := [layer for layer, maps in narrow.items() if maps.shape[-1] > _WIDEST_COVARIANCES]:
        raise ValueError(
            f"narrow_depths are layers of at most {_WIDEST_COVARIANCES} channels, for pairs of them are "
            f"counted; received {broad[0]!r} of {narrow[broad[0]].shape[-1]}. Name it in depths instead"
        )
    if not wide and not narrow:
        raise ValueError("at least one depth is needed; received none of either kind")
    # 16 bits are too few for sums over a map.
    pooled = [MeanAndDeviation(dtype="float32")(maps) for maps in wide.values()]
    pooled += [Covariances(dtype="float32")(maps) for maps in narrow.values()]
    return keras.layers.Concatenate(name=FEATURES, dtype="float32")(pooled)


def _names(text: str, usual: tuple[str, ...]) -> tuple[str, ...]:
    if text.strip() == NONE:
        return ()
    return tuple(filter(None, (name.strip() for name in text.split(",")))) or usual


def _maps(backbone: keras.Model, name: str) -> keras.KerasTensor:
    """What the layer of that name answers."""
    if name == LAST:
        return backbone.output
    maps = {layer.name: layer.output for layer in backbone.layers if _is_map(layer)}
    if name not in maps:
        raise ValueError(f"the backbone has no depth {name!r}; it has {', '.join(maps)}, {LAST}")
    return maps[name]


def _is_map(layer: keras.layers.Layer) -> bool:
    """Whether it answers with maps of its own; a network within the network is looked into by its parts."""
    other = isinstance(layer, keras.layers.InputLayer | keras.Model)
    return not other and len(getattr(layer.output, "shape", ())) == 4
