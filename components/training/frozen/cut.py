"""Where a network is cut in two: what always answers the same is computed once, the rest is trained."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras

from components.models.heads import FEATURES


@dataclass(frozen=True)
class Parted:
    """A network cut in two; both parts share the network's own weights.

    Attributes:
        backbone: image (B, H, W, 3) -> features (B, D) or maps (B, h, w, C).
        head: these -> probabilities (B, C).
        maps: whether maps pass, alone or packed with vectors into one (B, D).
    """

    backbone: keras.Model
    head: keras.Model
    maps: bool

    @property
    def packed(self) -> bool:
        """Whether maps pass as a part of one vector."""
        return self.maps and len(self.backbone.output.shape) == 2


def parted(model: keras.Model) -> Parted:
    """Cut `model` at its layer "features"."""
    return _cut(model, [model.get_layer(FEATURES).output])


def parted_at_frozen(model: keras.Model) -> Parted | None:
    """Cut `model` behind as much as always answers the same: frozen, and free of chance.

    The cut is where a single map passes, so between residual blocks or modules and not amid one. Vectors that
    the frozen part answers beside it, as statistics pooling takes them off at several depths, pass too: they
    are packed with the map into one vector. What passes holds no more values than the picture itself. None
    where nothing that costs anything is frozen.
    """
    constant = _constant(model)
    chosen: list[keras.KerasTensor] = []
    most = 1
    for operation in constant:
        before = _with_vectors(_ancestors(operation), constant)
        passing = _passing(model, before)
        maps = [tensor for tensor in passing if len(tensor.shape) > 2]
        alone = not maps or (len(maps) == 1 and maps[0] is operation.output)
        layers = sum(map(_has_weights, before))
        if alone and layers >= most and _worth_keeping(passing, model.input):
            chosen, most = passing, layers
    return _cut(model, chosen) if chosen else None


def _constant(model: keras.Model) -> list[Any]:
    """Operations that answer the same to the same picture in every step of a stage, in order."""
    constant: list[Any] = []
    known: set[int] = set()
    for operation in model.operations:
        if known.issuperset(map(id, _sources(operation))) and not _changes(operation):
            constant.append(operation)
            known.add(id(operation))
    return constant


def _changes(operation: Any) -> bool:
    """Whether training changes what it answers: by gradients, by what it counts, or by chance."""
    if not isinstance(operation, keras.layers.Layer):
        return False
    return bool(
        operation.trainable_variables
        or (operation.trainable and (operation.weights or hasattr(operation, "seed_generator")))
    )


def _has_weights(operation: Any) -> bool:
    return isinstance(operation, keras.layers.Layer) and bool(operation.weights)


def _sources(operation: Any) -> list[Any]:
    """The operations whose answers it takes; none of the input layer."""
    return [tensor._keras_history.operation for tensor in _inputs(operation)]


def _inputs(operation: Any) -> list[keras.KerasTensor]:
    if isinstance(operation, keras.layers.InputLayer):
        return []
    tensors: list[keras.KerasTensor] = keras.tree.flatten(operation.input)
    return tensors


def _ancestors(operation: Any) -> list[Any]:
    """The operation and all that lead up to it."""
    before, waiting = {id(operation): operation}, [operation]
    while waiting:
        for source in _sources(waiting.pop()):
            if id(source) not in before:
                before[id(source)] = source
                waiting.append(source)
    return list(before.values())


def _with_vectors(before: list[Any], constant: Sequence[Any]) -> list[Any]:
    """Those operations, and the constant ones that make vectors of what they answer."""
    known = {id(operation) for operation in before}
    for operation in constant:
        shape = getattr(operation.output, "shape", ())
        if id(operation) not in known and len(shape) == 2 and known.issuperset(map(id, _sources(operation))):
            before = [*before, operation]
            known.add(id(operation))
    return before


def _passing(model: keras.Model, before: list[Any]) -> list[keras.KerasTensor]:
    """What the operations answer that any other one takes, or the network answers."""
    known = {id(operation) for operation in before}
    later = [operation for operation in model.operations if id(operation) not in known]
    wanted = [tensor for operation in later for tensor in _inputs(operation)] + list(model.outputs)
    passing = {id(tensor): tensor for tensor in wanted if id(tensor._keras_history.operation) in known}
    return list(passing.values())


def _worth_keeping(passing: Sequence[keras.KerasTensor], image: keras.KerasTensor) -> bool:
    """Early layers of a network answer with many times the values they are given."""
    shapes = [tensor.shape[1:] for tensor in (*passing, image)]
    if any(None in shape for shape in shapes):
        return False
    *values, picture = map(math.prod, shapes)
    return bool(sum(values) <= picture)


def _cut(model: keras.Model, tensors: Sequence[keras.KerasTensor]) -> Parted:
    """Cut at one tensor, or at several that pass as one vector, packed and unpacked on either side."""
    maps = any(len(tensor.shape) > 2 for tensor in tensors)
    if len(tensors) == 1:
        (tensor,) = tensors
        return Parted(keras.Model(model.input, tensor), keras.Model(tensor, model.output), maps)
    lengths = [math.prod(tensor.shape[1:]) for tensor in tensors]
    flat = [keras.layers.Reshape((length,))(tensor) for tensor, length in zip(tensors, lengths, strict=True)]
    backbone = keras.Model(model.input, keras.layers.Concatenate(dtype="float32")(flat))
    packed = keras.Input((sum(lengths),), name="packed")
    unpacked, start = [], 0
    for tensor, length in zip(tensors, lengths, strict=True):
        unpacked.append(keras.layers.Reshape(tensor.shape[1:])(packed[:, start : start + length]))
        start += length
    head = keras.Model(list(tensors), model.output)
    return Parted(backbone, keras.Model(packed, head(unpacked)), maps)
