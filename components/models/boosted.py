"""Study D's CNN and XGBoost (row D5): trees on the features of a trained network, as one network."""

from __future__ import annotations

import keras

from components.errors import SettingsError
from components.models.heads import FEATURES
from components.models.trees import Trees

FAMILY = "boosted"
"""In a run's tags and a release's card. No recipe trains it: it is made of a finished run's network."""


def extractor(cnn: keras.Model, layer: str = "") -> keras.Model:
    """What the trees see: image (B, H, W, 3) -> features (B, D).

    Args:
        cnn: ends in its layer "probabilities".
        layer: its output is taken; "": of the last Dense layer before the softmax, and where there is none
            of the layer "features".

    Raises:
        SettingsError: there is no such layer, or its output is no vector.
    """
    known = {one.name: one for one in cnn.layers}
    name = layer or _penultimate(cnn)
    if name not in known:
        raise SettingsError(
            f"{cnn.name} has no layer {name!r} for trees to look at; it has {', '.join(known)}."
        )
    features = known[name].output
    if len(features.shape) != 2:
        raise SettingsError(
            f"trees look at a vector (B, D); the layer {name!r} of {cnn.name} gives {features.shape}. Choose "
            f"one behind its pooling or Flatten."
        )
    return keras.Model(cnn.input, features, name=f"{cnn.name}_{name}")


def build(cnn: keras.Model, trees: Trees, layer: str = "") -> keras.Model:
    """The network up to a layer, then the trees: image (B, H, W, 3) in 0..255 -> probabilities (B, C).

    It shares the network's weights. The study states the pair, not the layer; the penultimate one is usual.

    Args:
        cnn: as `extractor`.
        trees: grown on that layer's output.
        layer: as `extractor`.

    Raises:
        SettingsError: as `extractor`, or trees of other features.
    """
    seen = extractor(cnn, layer)
    if seen.output.shape[1] != trees.features:
        raise SettingsError(
            f"the trees were grown on {trees.features} features, {seen.name} gives {seen.output.shape[1]}. "
            f"Name the layer they were grown on."
        )
    return keras.Model(seen.input, trees.layer("probabilities")(seen.output), name=FAMILY)


def _penultimate(cnn: keras.Model) -> str:
    dense = [one.name for one in cnn.layers[:-1] if isinstance(one, keras.layers.Dense)]
    return dense[-1] if dense else FEATURES
