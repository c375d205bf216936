"""A trained network as a .keras file: what answers, and nothing of how it was trained."""

from __future__ import annotations

from pathlib import Path

import keras

import components.models.layers  # noqa: F401 (a saved network may hold one of them)


def without_training(network: keras.Model) -> keras.Model:
    """The same layers as a network that was never compiled; itself where it is one already.

    Keras saves a compiled network's optimizer state, twice as large as the weights, and its loss, which may
    be a class of ours that another program does not know.
    """
    if not network.compiled:
        return network
    return keras.Model(network.input, network.output, name=network.name)


def save_network(network: keras.Model, path: Path) -> None:
    """Write the network to `path` (.keras), without optimizer and loss."""
    without_training(network).save(path)


def load_network(path: Path) -> keras.Model:
    """The network in `path`, not compiled: older files may hold a loss that Keras does not know.

    Raises:
        OSError, ValueError, TypeError, KeyError: it is no network that Keras can read.
    """
    return keras.models.load_model(path, compile=False)
