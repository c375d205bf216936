"""PyTorch's weights files (.pth), read without PyTorch and without executing anything that stands in them.

A .pth file is made of pickles, and a pickle may name any function of any module to be called. This reader
knows tensors and ordered dictionaries only; a file that names anything else is refused before it is called.
Both layouts are read: the one before PyTorch 1.6 (pickles one after the other) and the later one (a zip).
"""

from __future__ import annotations

import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from components.errors import WeightsError

_MAGIC = 0x1950A86A20F9469CFC6C
"""First pickle of the older layout."""
_PROTOCOL = 1001
_MAX_BYTES = 4 << 30
"""A weights file beyond this is refused: what a backbone needs is a hundredth of it."""

_STORAGES: Mapping[str, str] = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "|i1",
    "ByteStorage": "|u1",
    "BoolStorage": "|b1",
}


@dataclass(frozen=True)
class _Storage:
    """Numbers in the file that tensors are views of."""

    key: str
    dtype: np.dtype[Any]
    count: int


@dataclass(frozen=True)
class _Tensor:
    """A view of a storage."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read_state_dict(path: Path) -> dict[str, NDArray[Any]]:
    """The tensors of a .pth file by name, as arrays that own their memory.

    Args:
        path: what `torch.save(module.state_dict(), path)` wrote.

    Raises:
        WeightsError: the file is missing, truncated, too large, in another format, or holds anything but
            tensors in a dictionary; nothing that it names was called.
    """
    try:
        _check_size(path)
        read = _read_zip if zipfile.is_zipfile(path) else _read_pickles
        return read(path)
    except WeightsError:
        raise
    except OSError as exc:
        raise WeightsError(
            f"{path}: the weights file cannot be read ({exc.strerror or exc}). Check path and permissions."
        ) from exc
    except Exception as exc:
        # pickle, zipfile and NumPy fail in a dozen types on files that are cut off or changed.
        reason = " ".join(str(exc).split())[:200]
        raise WeightsError(
            f"{path}: expected a whole PyTorch weights file (.pth), but it cannot be read as one "
            f"({type(exc).__name__}: {reason}). It is truncated, damaged or of another format: get it again."
        ) from exc


def _check_size(path: Path) -> None:
    size = path.stat().st_size
    if size > _MAX_BYTES:
        raise WeightsError(
            f"{path}: expected a weights file of at most {_MAX_BYTES >> 30} GiB, received {size} bytes."
        )


class _TensorsOnly(pickle.Unpickler):
    """Unpickles tensors and dictionaries of them; refuses every other name."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        super().__init__(file, encoding="utf-8")
        self._path = path

    def find_class(self, module: str, name: str) -> Any:
        """What stands for a name in the file.

        Raises:
            WeightsError: any name that is no tensor's, storage's or ordered dictionary's.
        """
        if module == "torch" and name in _STORAGES:
            return np.dtype(_STORAGES[name])
        allowed: Mapping[tuple[str, str], Callable[..., Any]] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _rebuilt,
        }
        if (module, name) in allowed:
            return allowed[module, name]
        raise WeightsError(
            f"{self._path}: expected tensors alone, but the file asks for {module}.{name}, which could "
            f"execute code. Nothing of it was called. Save the weights again with "
            f"torch.save(model.state_dict(), path), or get the file from its publisher."
        )

    def persistent_load(self, pid: Any) -> _Storage:
        """("storage", dtype, key, device, count[, view]) -> the storage it means."""
        kind, dtype, key, _, count, *view = pid
        if kind != "storage" or not isinstance(dtype, np.dtype) or not isinstance(count, int) or any(view):
            raise ValueError(f"a storage is expected, received {pid!r}")
        return _Storage(str(key), dtype, count)


def _rebuilt(storage: _Storage, offset: int, shape: Any, strides: Any, *_: Any) -> _Tensor:
    return _Tensor(storage, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))


def _read_pickles(path: Path) -> dict[str, NDArray[Any]]:
    """The layout before PyTorch 1.6: five pickles, then each storage's length and numbers."""
    with path.open("rb") as file:

        def load() -> Any:
            return _TensorsOnly(file, path).load()

        if load() != _MAGIC or load() != _PROTOCOL:
            raise ValueError("no PyTorch file: it begins with other numbers")
        if load().get("little_endian") is not True:
            raise ValueError("its numbers are in another byte order")
        tensors = _tensors(load())
        storages = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
        numbers: dict[str, NDArray[Any]] = {}
        for key in load():
            count = int.from_bytes(file.read(8), "little")
            storage = storages.get(str(key))
            if storage is None or count != storage.count:
                raise ValueError(f"the storage {key} has {count} numbers, which its tensors do not expect")
            numbers[storage.key] = _numbers(file, storage)
    return {name: _array(tensor, numbers[tensor.storage.key]) for name, tensor in tensors.items()}


def _read_zip(path: Path) -> dict[str, NDArray[Any]]:
    """The layout since PyTorch 1.6: data.pkl, and a file for each storage."""
    with zipfile.ZipFile(path) as archive:
        pickles = [name for name in archive.namelist() if name.rpartition("/")[2] == "data.pkl"]
        if len(pickles) != 1:
            raise ValueError(f"one data.pkl is expected in it, found {len(pickles)}")
        folder = pickles[0].removesuffix("data.pkl")
        with archive.open(pickles[0]) as file:
            tensors = _tensors(_TensorsOnly(file, path).load())
        numbers: dict[str, NDArray[Any]] = {}
        for storage in {tensor.storage.key: tensor.storage for tensor in tensors.values()}.values():
            with archive.open(f"{folder}data/{storage.key}") as file:
                numbers[storage.key] = _numbers(file, storage)
    return {name: _array(tensor, numbers[tensor.storage.key]) for name, tensor in tensors.items()}


def _tensors(content: Any) -> dict[str, _Tensor]:
    """The file's content, where it is a dictionary of tensors."""
    if not isinstance(content, dict):
        raise WeightsError(f"a dictionary of tensors is expected, received a {type(content).__name__}")
    other = [name for name, value in content.items() if not isinstance(value, _Tensor)]
    if other:
        raise ValueError(f"tensors alone are expected, and {other[:3]} are none")
    return {str(name): tensor for name, tensor in content.items()}


def _numbers(file: IO[bytes], storage: _Storage) -> NDArray[Any]:
    wanted = storage.count * storage.dtype.itemsize
    if not 0 <= wanted <= _MAX_BYTES:
        raise ValueError(f"a storage of {wanted} bytes cannot be meant")
    data = file.read(wanted)
    if len(data) != wanted:
        raise ValueError(f"{wanted} bytes are expected for the storage {storage.key}, {len(data)} are there")
    return np.frombuffer(data, storage.dtype)


def _array(tensor: _Tensor, numbers: NDArray[Any]) -> NDArray[Any]:
    """The tensor as an array of its own; its strides must stay within the storage."""
    if (
        len(tensor.shape) != len(tensor.strides)
        or min((*tensor.shape, *tensor.strides, tensor.offset), default=0) < 0
    ):
        raise ValueError(f"a tensor of shape {tensor.shape} and strides {tensor.strides} cannot be meant")
    empty = 0 in tensor.shape
    last = tensor.offset + sum((n - 1) * s for n, s in zip(tensor.shape, tensor.strides, strict=True))
    if not empty and last >= len(numbers):
        raise ValueError(f"a tensor reaches to number {last} of a storage of {len(numbers)}")
    if empty:
        return np.empty(tensor.shape, numbers.dtype)
    step = numbers.dtype.itemsize
    view = np.lib.stride_tricks.as_strided(
        numbers[tensor.offset :], tensor.shape, [stride * step for stride in tensor.strides], writeable=False
    )
    return view.copy()
