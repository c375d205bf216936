"""The convolutions of a trained classifier, at any picture size."""

from __future__ import annotations

from typing import Literal

import keras

from components.errors import TrainingError

_CONVOLUTIONS = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.SeparableConv2D)
_MOST = 5  # style layers, as in Gatys et al.: one for each of VGG's blocks


def feature_layers(network: keras.Model) -> list[str]:
    """Names of a network's convolutions, the ones nearest the picture first.

    Raises:
        TrainingError: it has none.
    """
    names = [layer.name for layer in _with_convolutions(network).layers if isinstance(layer, _CONVOLUTIONS)]
    if not names:
        raise TrainingError(
            f"{network.name}: style transfer expects a network with convolutions among its layers, received "
            f"{[type(layer).__name__ for layer in network.layers]}. Choose a run of a convolutional family."
        )
    return names


def chosen(names: list[str], layers: Literal["literature", "inverted"]) -> tuple[list[str], list[str]]:
    """(content layers, style layers) of convolutions `names`, in their order.

    The early half of the convolutions sees lines and colours, the deep half what they make up. The
    literature (Gatys et al. 2015) takes style from the early half and content from a deep layer. Study
    D7 found the reverse better with a network that had learnt styles: there the deep layers know them.
    """
    middle = -(-len(names) // 2)
    early, deep = names[:middle], names[middle:] or names[-1:]
    if layers == "literature":
        return [deep[len(deep) // 2]], _spread(early)
    return [early[len(early) // 2]], _spread(deep)


def feature_extractor(network: keras.Model, names: list[str]) -> keras.Model:
    """A copy of the network up to those layers: pictures (B, H, W, 3), 0..255, of any size, to their maps.

    Returns:
        A model with a dict of maps (B, h, w, C) by layer name; its weights are a copy, and held.

    Raises:
        TrainingError: a layer is not among the network's convolutions.
    """
    network, known = _with_convolutions(network), feature_layers(network)
    if unknown := [name for name in names if name not in known]:
        raise TrainingError(f"{network.name} has no convolution {unknown}; it has {known}.")
    maps = {name: network.get_layer(name).output for name in dict.fromkeys(names)}
    trunk = keras.Model(network.input, maps)
    # Only the classifier behind the convolutions fixed the size.
    image = keras.Input((None, None, 3), name="image")
    copy = keras.models.clone_model(trunk, input_tensors=image)
    copy.set_weights(trunk.get_weights())
    copy.trainable = False
    return copy


def _with_convolutions(network: keras.Model) -> keras.Model:
    """The network itself, or the one within it whose answers it votes over or mirrors."""
    if not any(isinstance(layer, _CONVOLUTIONS) for layer in network.layers):
        for layer in network.layers:
            if isinstance(layer, keras.Model):
                return _with_convolutions(layer)
    return network


def _spread(names: list[str]) -> list[str]:
    count = min(_MOST, len(names))
    places = [round(place * (len(names) - 1) / max(count - 1, 1)) for place in range(count)]
    return [names[place] for place in places]
