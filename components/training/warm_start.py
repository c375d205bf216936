"""Start from the weights of another run (study A5)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keras

import components.models.layers  # noqa: F401 (the saved network may hold one of them)
from components.errors import WeightsError


def warm_started(model: keras.Model, source: Path) -> keras.Model:
    """`model` with the weights of the network in `source`, layer by layer where name and shapes agree.

    What differs (a head of other width, more classes) keeps its own start.

    Args:
        model: as built.
        source: a .keras file, as a run keeps it.

    Raises:
        WeightsError: it cannot be read, or no layer with weights fits.
    """
    try:
        network = keras.models.load_model(source, compile=False)
    except (OSError, ValueError, TypeError) as exc:
        raise WeightsError(
            f"{source}: a network saved by Keras (.keras) is expected to start from ({exc}). Give a run that "
            f"ended well, or its model.keras."
        ) from exc
    found = {layer.name: layer for layer in _leaves(network)}
    taken = 0
    for layer in _leaves(model):
        other = found.get(layer.name)
        own = [tuple(weight.shape) for weight in layer.weights]
        if other is not None and own and own == [tuple(weight.shape) for weight in other.weights]:
            layer.set_weights(other.get_weights())
            taken += 1
    if not taken:
        raise WeightsError(
            f"{source}: none of the layers of {network.name} fits one of {model.name} by name and shape. "
            f"Start from a run of the same family."
        )
    return model


def _leaves(network: keras.Model) -> Iterator[keras.layers.Layer]:
    """Its layers, those within nested networks for these."""
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from _leaves(layer)
        else:
            yield layer
