"""PyTorch's weights files (.pth), read without PyTorch and without executing anything that stands in them.

A .pth file is made of pickles, and a pickle may name any function of any module to be called. This reader
knows tensors and ordered dictionaries only; a file that names anything else is refused before it is called.
Nor can a file take more memory than its own size explains. Both layouts are read: the one before PyTorch 1.6
(pickles one after the other) and the later one (a zip).
"""

from __future__ import annotations

import math
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from components.errors import WeightsError

_MAGIC = 0x1950A86A20F9469CFC6C
"""First pickle of the older layout."""
_PROTOCOL = 1001
_MAX_BYTES = 1 << 30
"""A larger weights file is refused, and larger tensors: what a backbone needs is a tenth of it."""
_MAX_PICKLE_BYTES = 2 << 20
"""Names and shapes of a network's tensors are a hundred kilobytes or so."""

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


class _Storage(NamedTuple):
    """Numbers in the file that tensors are views of; a tuple, for a pickle may set what can be set."""

    key: str
    dtype: str
    length: int

    @property
    def size(self) -> int:
        """In bytes."""
        return self.length * np.dtype(self.dtype).itemsize


class _Tensor(NamedTuple):
    """A view of a storage."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def size(self) -> int:
        """In bytes, each number counted as often as the view shows it."""
        return math.prod(self.shape) * np.dtype(self.storage.dtype).itemsize


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


class _Bounded:
    """A file of which pickles read no more than they may, however much a length in them asks for."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._left = file, _MAX_PICKLE_BYTES

    def read(self, size: int) -> bytes:
        """At most `size` bytes."""
        self._spend(size)
        return self._file.read(size)

    def readline(self) -> bytes:
        """Up to and with the next line feed.

        Raises:
            EOFError: there is none, so the file is cut off within a name.
        """
        line = self._file.readline(self._left + 1)
        self._spend(len(line))
        if not line.endswith(b"\n"):
            raise EOFError("it ends within a name")
        return line

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise ValueError(f"its pickles are of more than {_MAX_PICKLE_BYTES >> 20} MiB")


class _TensorsOnly(pickle._Unpickler):
    """Unpickles tensors and dictionaries of them; refuses every other name.

    The unpickler that is written in Python: the one in C fills tens of gigabytes where a pickle numbers a
    memo so high.
    """

    def __init__(self, file: _Bounded, path: Path) -> None:
        super().__init__(file, encoding="utf-8")
        self._path = path

    def find_class(self, module: str, name: str) -> Any:
        """What stands for a name in the file.

        Raises:
            WeightsError: any name that is no tensor's, storage's or ordered dictionary's.
        """
        match module, name:
            case "torch", storage if storage in _STORAGES:
                return _STORAGES[storage]
            case "collections", "OrderedDict":
                return OrderedDict
            case "torch._utils", "_rebuild_tensor_v2":
                return _rebuilder()
        wanted = ascii(f"{module}.{name}"[:100])
        raise WeightsError(
            f"{self._path}: expected tensors alone, but the file asks for {wanted}, which could execute "
            f"code. Nothing of it was called. Save the weights again with "
            f"torch.save(model.state_dict(), path), or get the file from its publisher."
        )

    def persistent_load(self, pid: Any) -> _Storage:
        """("storage", dtype, key, device, count[, view]) -> the storage it means."""
        kind, dtype, key, _, count, *view = pid
        known = kind == "storage" and dtype in _STORAGES.values() and isinstance(count, int)
        if not known or count < 0 or any(view):
            raise ValueError(f"a storage is expected, received {ascii(pid)[:100]}")
        return _Storage(str(key), dtype, count)


def _rebuilder() -> Callable[..., _Tensor]:
    """PyTorch's `_rebuild_tensor_v2`, a new function each time: a pickle may set a function's attributes."""

    def rebuilt(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> _Tensor:
        if not isinstance(storage, _Storage):
            raise TypeError("a tensor of no storage")
        tensor = _Tensor(storage, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))
        lengths = (*tensor.shape, *tensor.strides, tensor.offset)
        if len(tensor.shape) != len(tensor.strides) or min(lengths) < 0:
            raise ValueError(f"a tensor of shape {tensor.shape} and strides {tensor.strides} cannot be meant")
        return tensor

    return rebuilt


def _read_pickles(path: Path) -> dict[str, NDArray[Any]]:
    """The layout before PyTorch 1.6: five pickles, then each storage's length and numbers."""
    with path.open("rb") as file:
        bounded = _Bounded(file)

        def load() -> Any:
            return _TensorsOnly(bounded, path).load()

        if load() != _MAGIC or load() != _PROTOCOL:
            raise ValueError("no PyTorch file: it begins with other numbers")
        if load().get("little_endian") is not True:
            raise ValueError("its numbers are in another byte order")
        tensors = _tensors(load(), path)
        storages = _storages(tensors.values(), path)
        numbers: dict[str, NDArray[Any]] = {}
        for key in load():
            count = _count(file)
            storage = storages.get(str(key))
            if storage is None or count != storage.length:
                raise ValueError(f"a storage has {count} numbers, which its tensors do not expect")
            numbers[storage.key] = _numbers(file, storage)
    return {name: _array(tensor, numbers[tensor.storage.key]) for name, tensor in tensors.items()}


def _read_zip(path: Path) -> dict[str, NDArray[Any]]:
    """The layout since PyTorch 1.6: data.pkl, and a file for each storage; none of them compressed."""
    with zipfile.ZipFile(path) as archive:
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
            raise ValueError("it is compressed, as PyTorch's files are not")
        pickles = [name for name in archive.namelist() if name.rpartition("/")[2] == "data.pkl"]
        if len(pickles) != 1:
            raise ValueError(f"one data.pkl is expected in it, found {len(pickles)}")
        folder = pickles[0].removesuffix("data.pkl")
        if f"{folder}byteorder" in archive.namelist() and archive.read(f"{folder}byteorder") != b"little":
            raise ValueError("its numbers are in another byte order")
        with archive.open(pickles[0]) as file:
            tensors = _tensors(_TensorsOnly(_Bounded(file), path).load(), path)
        numbers: dict[str, NDArray[Any]] = {}
        for storage in _storages(tensors.values(), path).values():
            with archive.open(f"{folder}data/{storage.key}") as file:
                numbers[storage.key] = _numbers(file, storage)
    return {name: _array(tensor, numbers[tensor.storage.key]) for name, tensor in tensors.items()}


def _tensors(content: Any, path: Path) -> dict[str, _Tensor]:
    """The file's content, where it is a dictionary of tensors."""
    if not isinstance(content, dict):
        raise WeightsError(
            f"{path}: expected a dictionary of tensors, received a {type(content).__name__}. Save the "
            f"weights with torch.save(model.state_dict(), path)."
        )
    other = [
        name for name, value in content.items() if not (isinstance(name, str) and isinstance(value, _Tensor))
    ]
    if other:
        raise WeightsError(
            f"{path}: expected tensors alone, but {ascii(other[0])[:100]} is none. Save the weights with "
            f"torch.save(model.state_dict(), path)."
        )
    size = sum(tensor.size for tensor in content.values())
    if size > _MAX_BYTES:
        raise ValueError(f"its tensors are of {size} bytes, more than a weights file holds")
    return dict(content)


def _storages(tensors: Iterable[_Tensor], path: Path) -> dict[str, _Storage]:
    """The storages of the tensors; together they are no larger than the file."""
    storages: dict[str, _Storage] = {}
    for tensor in tensors:
        if storages.setdefault(tensor.storage.key, tensor.storage) != tensor.storage:
            raise ValueError("two of its tensors take a storage for different things")
    size = sum(storage.size for storage in storages.values())
    if size > path.stat().st_size:
        raise ValueError(f"numbers of {size} bytes are expected in it, and it is smaller")
    return storages


def _count(file: IO[bytes]) -> int:
    """How many numbers of a storage follow."""
    data = file.read(8)
    if len(data) < 8:
        raise EOFError("it ends within the lengths of its numbers")
    return int.from_bytes(data, "little")


def _numbers(file: IO[bytes], storage: _Storage) -> NDArray[Any]:
    data = file.read(storage.size)
    if len(data) != storage.size:
        raise ValueError(f"a storage of {storage.size} bytes is expected, of which {len(data)} are there")
    return np.frombuffer(data, storage.dtype)


def _array(tensor: _Tensor, numbers: NDArray[Any]) -> NDArray[Any]:
    """The tensor as an array of its own; what it reads must lie within the storage."""
    shape, strides = tensor.shape, tensor.strides
    if 0 in shape:
        return np.empty(shape, numbers.dtype)
    last = tensor.offset + sum((length - 1) * stride for length, stride in zip(shape, strides, strict=True))
    if last >= len(numbers):
        raise ValueError(f"a tensor reaches to number {last} of a storage of {len(numbers)}")
    step = numbers.dtype.itemsize
    view = np.lib.stride_tricks.as_strided(
        numbers[tensor.offset :], shape, [stride * step for stride in strides], writeable=False
    )
    return view.copy()
