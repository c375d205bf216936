"""Which layers a stage trains."""

from __future__ import annotations

import keras

from components.errors import TrainingError
from components.models import catalog
from components.models.heads import FEATURES


def freeze(model: keras.Model, train: str, *, family: str = "", pretrained: bool) -> None:
    """Set every layer's `trainable` for a stage; takes effect at the next compile.

    Batch norm of a pre-trained backbone stays frozen whatever is trained: its statistics come from ImageNet's
    million images, and a small batch of paintings would overwrite them (Keras's transfer-learning guide).

    "last-24" and "last-20%" count layers as `model.layers[-24:]` does, those without weights included: so
    studies B (B7) and C (C6) count them.

    Args:
        model: with a layer named "features" where a backbone ends.
        train: as a stage has it: "all", "head" (only what stands behind "features"), "last-module",
            "last-24", "last-20%".
        family: its name, which says where the last module begins.
        pretrained: True when the backbone began with given weights.

    Raises:
        TrainingError: a network without a backbone is asked for its head or last module, or one is asked
            for more layers than it has.
    """
    trained = {id(layer) for layer in _trained(model, train, family)}
    norms = {id(layer) for layer in backbone(model) if isinstance(layer, keras.layers.BatchNormalization)}
    for layer in model.layers:  # one by one: setting a model to what it already is changes no layer
        layer.trainable = id(layer) in trained and not (pretrained and id(layer) in norms)


def _trained(model: keras.Model, train: str, family: str) -> list[keras.layers.Layer]:
    layers: list[keras.layers.Layer] = model.layers
    match train:
        case "all":
            return layers
        case "head":
            return _behind(model, FEATURES, family)
        case "last-module":
            return _behind(model, catalog.family(family).last_module, family)
    count = train.removeprefix("last-")
    most = round(len(layers) * int(count[:-1]) / 100) if count.endswith("%") else int(count)
    if most > len(layers):
        raise TrainingError(
            f"{model.name}: a stage trains the last {most} layers, but there are {len(layers)}. Train fewer, "
            f"or all."
        )
    return layers[-max(most, 1) :]


def _behind(model: keras.Model, name: str, family: str) -> list[keras.layers.Layer]:
    """The layers that do not lead up to the layer `name`."""
    if all(layer.name != name for layer in model.layers):
        raise TrainingError(
            f"{family or model.name} has no pre-trained backbone with a head or last module of its own. "
            f"Train all of it, or its last layers as in last-4."
        )
    before = {id(layer) for layer in keras.Model(model.input, model.get_layer(name).output).layers}
    return [layer for layer in model.layers if id(layer) not in before]


def backbone(model: keras.Model) -> list[keras.layers.Layer]:
    """The layers up to "features"; none of a network that has no such layer."""
    if all(layer.name != FEATURES for layer in model.layers):
        return []
    layers: list[keras.layers.Layer] = keras.Model(model.input, model.get_layer(FEATURES).output).layers
    return layers
