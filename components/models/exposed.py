"""A network that also gives what its layers answer on the whole: what tells a picture of another kind.

Channels' means and standard deviations, from brush strokes to what is shown, hold how a picture is made
(Huang and Belongie 2017, arXiv:1703.06868). Measured on paintings, they tell noise, text and photographs
apart from them far better than the last layer's average does (`inference.novelty`).
"""

from __future__ import annotations

import keras
import numpy as np
from numpy.typing import NDArray

from components.models.heads import FEATURES
from components.models.layers import Covariances

_FEWEST_CHANNELS = 8
"""Layers of fewer only prepare the picture."""


def with_statistics(network: keras.Model) -> keras.Model | None:
    """The network with a second output, the statistics of its maps; None where it has no maps.

    Of each resolution the widest map is taken, and of several as wide the last. Where the layer "features"
    is made of such statistics, it gives them: all of it but its covariances, which say less. Of several
    networks made one (`voting`) they are the members' statistics side by side; of one network asked several
    times, at several sizes or mirrored, their mean.

    Args:
        network: image (B, H, W, 3) in 0..255 -> probabilities (B, C). It stays as it is; weights are shared.

    Returns:
        Image (B, H, W, 3) -> [probabilities (B, C), statistics (B, D)], float32.
    """
    if any(isinstance(layer, keras.Model) for layer in network.layers):
        return _of_members(network)
    own = _given(network) or [_summed_up(maps) for maps in _widest(network)]
    if not own:
        return None
    return keras.Model(network.input, [network.output, _joined(own)], name=network.name)


def feature_columns(network: keras.Model) -> NDArray[np.int64] | None:
    """Which columns of the layer "features" are the statistics, in order; None where they are not from it.

    Where the features of many pictures are at hand, nothing needs to be computed again.
    """
    given = {id(tensor) for tensor in _given(network)}
    if not given:
        return None
    start, columns = 0, []
    for tensor in network.get_layer(FEATURES).input:
        if id(tensor) in given:
            columns.append(np.arange(start, start + tensor.shape[-1]))
        start += tensor.shape[-1]
    return np.concatenate(columns)


def _given(network: keras.Model) -> list[keras.KerasTensor]:
    """What the layer "features" joins but covariances; nothing where it joins none: it may be anything."""
    known = {layer.name: layer for layer in network.layers}
    joined = known.get(FEATURES)
    if not isinstance(joined, keras.layers.Concatenate):
        return []
    covariances = {id(layer.output) for layer in network.layers if isinstance(layer, Covariances)}
    others = [tensor for tensor in joined.input if id(tensor) not in covariances]
    return others if len(others) < len(joined.input) else []


def _widest(network: keras.Model) -> list[keras.KerasTensor]:
    """The widest map (B, h, w, C) of each resolution, the finest first."""
    widest: dict[tuple[int, int], keras.KerasTensor] = {}
    for layer in network.layers:
        maps = layer.output
        if isinstance(maps, keras.KerasTensor) and len(maps.shape) == 4 and None not in maps.shape[1:]:
            before = widest.get(maps.shape[1:3])
            if maps.shape[3] >= (before.shape[3] if before is not None else _FEWEST_CHANNELS):
                widest[maps.shape[1:3]] = maps
    return list(widest.values())


def _summed_up(maps: keras.KerasTensor) -> keras.KerasTensor:
    """(B, h, w, C) -> (B, 2 C): means, then standard deviations."""
    maps = keras.ops.cast(maps, "float32")  # sums are too large for 16 bits
    deviations = keras.ops.sqrt(keras.ops.var(maps, axis=(1, 2)) + 1e-5)
    return keras.ops.concatenate([keras.ops.mean(maps, axis=(1, 2)), deviations], axis=-1)


def _joined(vectors: list[keras.KerasTensor]) -> keras.KerasTensor:
    if len(vectors) == 1:
        return keras.ops.cast(vectors[0], "float32")
    return keras.layers.Concatenate(dtype="float32", name="statistics")(vectors)


def _of_members(network: keras.Model) -> keras.Model | None:
    """The same graph over its members' statistics: Keras calls each layer anew, members with two outputs."""
    found = {layer: with_statistics(layer) for layer in network.layers if isinstance(layer, keras.Model)}
    members = {id(layer): member for layer, member in found.items() if member is not None}
    if len(members) < len(found):
        return None
    seen: dict[int, list[keras.KerasTensor]] = {}

    def call(layer: keras.layers.Layer, *inputs: keras.KerasTensor, **options: object) -> object:
        if id(layer) not in members:
            return layer(*inputs, **options)
        answer, statistics = members[id(layer)](*inputs)
        seen.setdefault(id(layer), []).append(statistics)
        return answer

    again = keras.models.clone_model(network, clone_function=lambda layer: layer, call_function=call)
    means = [
        tensors[0] if len(tensors) == 1 else keras.layers.Average(dtype="float32")(tensors)
        for tensors in seen.values()
    ]
    return keras.Model(again.input, [again.output, _joined(means)], name=network.name)
