"""Turn a network that was trained in 16-bit precision into one of float32."""

from __future__ import annotations

import keras


def in_float32(network: keras.Model) -> keras.Model:
    """The same network, computed in float32 throughout; itself where it is so already.

    For what is judged and served: the weights are float32 in any case, and a release must answer as Keras
    does to 1e-4, which 16 bits cannot.
    """
    if all(_plain(layer) for layer in network.layers):
        return network
    same = keras.models.clone_model(network, clone_function=_in_float32, recursive=True)
    same.set_weights(network.get_weights())
    return same


def _plain(layer: keras.layers.Layer) -> bool:
    if isinstance(layer, keras.layers.InputLayer) or not isinstance(layer, keras.layers.Layer):
        return True  # they compute as they are given
    if isinstance(layer, keras.Model):
        return all(_plain(one) for one in layer.layers)
    return bool(layer.compute_dtype == "float32")


def _in_float32(operation: keras.Operation) -> keras.Operation:
    config = operation.get_config()
    if isinstance(operation, keras.layers.Layer):
        config["dtype"] = "float32"
    return type(operation).from_config(config)
