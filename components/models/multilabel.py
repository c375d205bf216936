"""Several classes to a work (study C9): each gets a probability of its own."""

from __future__ import annotations

import keras

LAYER = "probabilities"


def each_by_itself(network: keras.Model) -> keras.Model:
    """`network`, its softmax made a sigmoid: the same weights, probabilities that need not sum to one.

    A network that was called or compiled before must be compiled anew.
    """
    network.get_layer(LAYER).activation = keras.activations.sigmoid
    return network
