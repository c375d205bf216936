"""Start from the weights of another run (study A5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import keras

from components.errors import WeightsError
from components.models.network_file import load_network
from components.training.frozen.freezing import backbone


def warm_started(model: keras.Model, source: Path) -> keras.Model:
    """`model` with the weights of the network in `source`, layer by layer where name and shapes agree.

    What differs (a head of other width, more classes) keeps its own start; a backbone is taken whole.

    Args:
        model: as built.
        source: a .keras file, as a run keeps it.

    Raises:
        WeightsError: it cannot be read, no layer with weights fits, or one of the backbone does not.
    """
    try:
        network = load_network(source)
    except (OSError, ValueError, TypeError, KeyError) as exc:
        raise WeightsError(
            f"{source}: a network saved by Keras (.keras) is expected to start from ({exc}). Give a run that "
            f"ended well, or its model.keras."
        ) from exc
    saved = {layer.name: layer for layer in _leaves(network.layers)}
    weighted = [layer for layer in _leaves(model.layers) if layer.weights]
    fitting = {
        layer.name
        for layer in weighted
        if layer.name in saved and _shapes(layer) == _shapes(saved[layer.name])
    }
    needed = {layer.name for layer in _leaves(backbone(model))} - fitting
    if missing := [layer.name for layer in weighted if layer.name in needed]:
        raise WeightsError(
            f"{source}: {len(missing)} layers of the backbone of {model.name} find no layer of the same name "
            f"and shape in {network.name}: {', '.join(missing[:3])} ... Start from a run of the same family "
            f"and the same options of its backbone."
        )
    if not fitting:
        raise WeightsError(
            f"{source}: none of the layers of {network.name} fits one of {model.name} by name and shape. "
            f"Start from a run of the same family."
        )
    for layer in weighted:
        if layer.name in fitting:
            layer.set_weights(saved[layer.name].get_weights())
    return model


def _shapes(layer: keras.layers.Layer) -> list[tuple[int, ...]]:
    return [tuple(weight.shape) for weight in layer.weights]


def _leaves(layers: Iterable[keras.layers.Layer]) -> Iterator[keras.layers.Layer]:
    """Layers, those within nested networks for these."""
    for layer in layers:
        if isinstance(layer, keras.Model):
            yield from _leaves(layer.layers)
        else:
            yield layer
