"""PyTorch's weights files of both layouts, written without PyTorch, and such as attack their reader."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import keras
import numpy as np

from components.models import efficientnet_lite_weights

STORAGES = {"float32": "FloatStorage", "int64": "LongStorage"}


@dataclass(frozen=True)
class Global:
    """A name of a module, as pickle writes it, whether the module is there or not."""

    module: str
    name: str

    def __call__(self, *_: Any) -> Any:
        raise AssertionError("pickling calls nothing")


@dataclass(frozen=True)
class Call:
    """A function to be called when the file is read."""

    function: Any
    arguments: tuple[Any, ...]

    def __reduce__(self) -> tuple[Any, ...]:
        return self.function, self.arguments


@dataclass(frozen=True)
class Storage:
    """A tensor's numbers: pickled as a reference to them."""

    key: str
    kind: str
    count: Any


class Pickler(pickle._Pickler):
    """Writes `Global` as a name and `Storage` as PyTorch refers to one."""

    dispatch: ClassVar[dict[Any, Any]] = dict(pickle._Pickler.dispatch)

    def persistent_id(self, obj: Any) -> Any:
        if isinstance(obj, Storage):
            return ("storage", Global("torch", obj.kind), obj.key, "cpu", obj.count, None)
        return None

    def save_named(self, obj: Global) -> None:
        self.write(f"c{obj.module}\n{obj.name}\n".encode())

    dispatch[Global] = save_named


def pickled(content: Any) -> bytes:
    """`content` as PyTorch pickles it."""
    file = io.BytesIO()
    Pickler(file, protocol=2).dump(content)
    return file.getvalue()


def tensor(storage: Storage, shape: Any, strides: Any, offset: Any = 0) -> Call:
    """A view of the storage, as PyTorch pickles a tensor."""
    rebuild = Global("torch._utils", "_rebuild_tensor_v2")
    return Call(rebuild, (storage, offset, shape, strides, False, OrderedDict()))


def dictionary(arrays: Mapping[str, np.ndarray]) -> OrderedDict[str, Call]:
    """A state dictionary whose tensors have a storage each, numbered from 0."""
    return OrderedDict(
        (name, tensor(_storage(str(number), array), array.shape, _strides(array)))
        for number, (name, array) in enumerate(arrays.items())
    )


def write_zip(
    path: Path,
    arrays: Mapping[str, np.ndarray],
    content: Any = None,
    compression: int = zipfile.ZIP_STORED,
    byteorder: bytes = b"little",
) -> Path:
    """The layout since PyTorch 1.6; `content` in place of the arrays' dictionary."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("archive/data.pkl", pickled(dictionary(arrays) if content is None else content))
        archive.writestr("archive/byteorder", byteorder)
        for number, array in enumerate(arrays.values()):
            archive.writestr(f"archive/data/{number}", array.tobytes())
    return path


def write_pickles(path: Path, arrays: Mapping[str, np.ndarray], content: Any = None) -> Path:
    """The layout before; `content` in place of the arrays' dictionary."""
    begins = (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True, "protocol_version": 1001})
    with path.open("wb") as file:
        for part in (*begins, dictionary(arrays) if content is None else content):
            file.write(pickled(part))
        file.write(pickled([str(number) for number in range(len(arrays))]))
        for array in arrays.values():
            file.write(array.size.to_bytes(8, "little") + array.tobytes())
    return path


def lite_arrays(network: keras.Model, name: str, top: str = "") -> dict[str, np.ndarray]:
    """The weights of an EfficientNet-Lite's layers, by PyTorch's names and with its axes."""
    arrays: dict[str, np.ndarray] = {}
    for here, key in efficientnet_lite_weights._names(name, top):
        layer = network.get_layer(here)
        parts = efficientnet_lite_weights._parts(layer)
        for part, value in zip(parts, layer.get_weights(), strict=True):
            arrays[f"{key}.{part}"] = np.ascontiguousarray(_in_torch_order(layer, value))
        if isinstance(layer, keras.layers.BatchNormalization):
            arrays[f"{key}.num_batches_tracked"] = np.array(7)
    return arrays


def _in_torch_order(layer: keras.layers.Layer, value: np.ndarray) -> np.ndarray:
    match layer:
        case keras.layers.DepthwiseConv2D():
            return value.transpose(2, 3, 0, 1)
        case keras.layers.Conv2D():
            return value.transpose(3, 2, 0, 1)
        case _:
            return value.T


def _storage(key: str, array: np.ndarray) -> Storage:
    return Storage(key, STORAGES[array.dtype.name], array.size)


def _strides(array: np.ndarray) -> tuple[int, ...]:
    return tuple(stride // array.itemsize for stride in np.empty(array.shape, array.dtype).strides)
