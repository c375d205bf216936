"""The reader of PyTorch's files: both layouts, and files that attack it."""

from __future__ import annotations

import builtins
import contextlib
import os
import pickle
import resource
import subprocess
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.errors import WeightsError
from components.models import torch_file
from components.models.torch_file import read_state_dict
from tests.tiny_torch import (
    Call,
    Global,
    Storage,
    dictionary,
    pickled,
    tensor,
    write_pickles,
    write_zip,
)

Write = Callable[..., Path]
LAYOUTS = pytest.mark.parametrize("write", [write_pickles, write_zip])

ARRAYS = {
    "a.weight": np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2),
    "a.bias": np.array([1.5, -2.0], np.float32),
    "a.tracked": np.array(3),
    "none": np.empty((0, 4), np.float32),
}


@LAYOUTS
def test_tensors_come_as_they_were_saved(write: Write, tmp_path: Path) -> None:
    arrays = read_state_dict(write(tmp_path / "w.pth", ARRAYS))
    assert list(arrays) == list(ARRAYS)
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, ARRAYS[name])
        assert array.dtype == ARRAYS[name].dtype
        assert array.flags.owndata
        assert array.flags.writeable


@LAYOUTS
def test_tensors_may_be_views_of_one_storage(write: Write, tmp_path: Path) -> None:
    numbers = np.arange(6, dtype=np.float32)
    storage = Storage("0", "FloatStorage", 6)
    views = {"columns": tensor(storage, (3, 2), (1, 3)), "end": tensor(storage, (2,), (1,), 4)}
    arrays = read_state_dict(write(tmp_path / "w.pth", {"numbers": numbers}, views))
    np.testing.assert_array_equal(arrays["columns"], numbers.reshape(2, 3).T)
    np.testing.assert_array_equal(arrays["end"], [4, 5])


class Attack:
    """What leaves a file behind if it is executed."""

    def __init__(self, folder: Path) -> None:
        self.mark = folder / "executed"
        command = f"touch {self.mark}"
        run = f"open({str(self.mark)!r}, 'w').close()"
        self.calls: dict[str, Any] = {
            "os.system": Call(os.system, (command,)),
            "subprocess": Call(subprocess.check_output, (["touch", str(self.mark)],)),
            "eval": Call(builtins.eval, (run,)),
            "exec": Call(builtins.exec, (run,)),
            "getattr": Call(builtins.getattr, (Call(builtins.__import__, ("os",)), "system")),
            "a torch function": Call(Global("torch.hub", "load"), ("somebody/something", "anything")),
            "a method by its path": Call(Global("collections", "OrderedDict.fromkeys"), ([1],)),
            "a module's own import": Call(Global("torch._utils", "os.system"), (command,)),
        }

    def contents(self) -> dict[str, Any]:
        """The attacks at each place of a file that a reader comes by."""
        storage = Storage("0", "FloatStorage", 2)
        system = self.calls["os.system"]
        nested = OrderedDict(deeper=[{"still": (system,)}])
        places: dict[str, Any] = {name: {"a": call} for name, call in self.calls.items()}
        return places | {
            "nested": {"a": nested},
            "as the whole": system,
            "as a key": {Call(os.system, (f"touch {self.mark}",)): 1},
            "as a shape": {"a": tensor(storage, system, (1,))},
            "as a count": {"a": tensor(Storage("0", "FloatStorage", system), (2,), (1,))},
            "as a kind": {"a": tensor(Storage("0", "system", 2), (2,), (1,))},
            "within a tensor's rest": {
                "a": Call(
                    Global("torch._utils", "_rebuild_tensor_v2"), (storage, 0, (2,), (1,), False, system)
                )
            },
        }


ATTACKS = list(Attack(Path()).contents())


@LAYOUTS
@pytest.mark.parametrize("name", ATTACKS)
def test_nothing_that_a_file_names_is_executed(write: Write, name: str, tmp_path: Path) -> None:
    attack = Attack(tmp_path)
    numbers = {"a": np.zeros(2, np.float32)}
    path = write(tmp_path / "w.pth", numbers, attack.contents()[name])
    with pytest.raises(WeightsError, match=r"w\.pth: expected tensors alone, but the file asks for"):
        read_state_dict(path)
    assert not attack.mark.exists()


@pytest.mark.parametrize("where", range(4))
def test_nor_what_stands_in_front_of_the_tensors(where: int, tmp_path: Path) -> None:
    attack = Attack(tmp_path)
    begins: list[Any] = [0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}, {}]
    begins[where] = attack.calls["os.system"]
    path = tmp_path / "w.pth"
    path.write_bytes(b"".join(pickled(part) for part in begins))
    with pytest.raises(WeightsError, match="could execute code"):
        read_state_dict(path)
    assert not attack.mark.exists()


def test_opcodes_that_need_no_reduce_are_refused_too(tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    command = b"touch " + str(mark).encode()
    codes = {
        "INST": b"(S'" + command + b"'\nios\nsystem\n.",
        "OBJ": b"(cos\nsystem\nS'" + command + b"'\no.",
        "STACK_GLOBAL": b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c"
        + bytes([len(command)])
        + command
        + b"\x85R.",
        "EXT1": b"\x82\x01.",
        "BUILD": b"ctorch._utils\n_rebuild_tensor_v2\n}S'__code__'\ncos\nsystem\nsb.",
    }
    for code in codes.values():
        path = tmp_path / "w.pth"
        path.write_bytes(code)
        with pytest.raises(WeightsError):
            read_state_dict(path)
        assert not mark.exists()


def test_a_file_cannot_change_the_reader_for_the_next_file(tmp_path: Path) -> None:
    defaults = b"ctorch._utils\n_rebuild_tensor_v2\n(N}S'__name__'\nS'changed'\nsS'other'\nK\x01stb."
    ordered = b"ccollections\nOrderedDict\n(N}S'keys'\nNstb."
    for code in (defaults, ordered):
        (tmp_path / "bad.pth").write_bytes(code)
        with pytest.raises(WeightsError):
            read_state_dict(tmp_path / "bad.pth")
    assert OrderedDict(a=1).keys()
    assert len(read_state_dict(write_zip(tmp_path / "w.pth", ARRAYS))) == len(ARRAYS)


@LAYOUTS
def test_a_file_cut_off_anywhere_is_said_to_be(write: Write, tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.pth", ARRAYS).read_bytes()
    path = tmp_path / "cut.pth"
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(
            WeightsError, match=r"cut\.pth: expected a whole PyTorch weights file.*get it again"
        ):
            read_state_dict(path)


@LAYOUTS
def test_a_changed_byte_is_read_or_refused_and_nothing_else(write: Write, tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.pth", ARRAYS).read_bytes()
    random = np.random.default_rng(4)
    path = tmp_path / "changed.pth"
    for place in random.integers(0, len(whole), 150):
        changed = bytearray(whole)
        changed[place] ^= int(random.integers(1, 256))
        path.write_bytes(changed)
        with contextlib.suppress(WeightsError):
            read_state_dict(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "EOFError"),
        (b"PK\x03\x04 no zip", "truncated, damaged or of another format"),
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "of another format"),
        (pickle.dumps([1, 2], protocol=2), "begins with other numbers"),
        (pickled(0x1950A86A20F9469CFC6C) + pickled(1000), "begins with other numbers"),
        (
            pickled(0x1950A86A20F9469CFC6C) + pickled(1001) + pickled({"little_endian": False}),
            "another byte order",
        ),
    ],
)
def test_another_format_is_said_to_be(content: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / "w.pth").write_bytes(content)
    with pytest.raises(WeightsError, match=reason):
        read_state_dict(tmp_path / "w.pth")


def test_a_missing_file_and_a_folder_are_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"none\.pth: the weights file cannot be read \(No such file"):
        read_state_dict(tmp_path / "none.pth")
    with pytest.raises(WeightsError, match=r"cannot be read \(Is a directory"):
        read_state_dict(tmp_path)


@LAYOUTS
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ([1, 2], "a dictionary of tensors, received a list"),
        ({"epoch": 3}, r"'epoch' is none.*torch\.save\(model\.state_dict\(\), path\)"),
        ({"state_dict": dictionary({})}, "'state_dict' is none"),
        ({1: tensor(Storage("0", "FloatStorage", 2), (2,), (1,))}, "1 is none"),
    ],
)
def test_a_checkpoint_of_other_things_is_said_to_be(
    write: Write, content: Any, reason: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "w.pth", {"a": np.zeros(2, np.float32)}, content)
    with pytest.raises(WeightsError, match=reason):
        read_state_dict(path)


_TWO = Storage("0", "FloatStorage", 2)


@LAYOUTS
@pytest.mark.parametrize(
    "view",
    [
        tensor(_TWO, (3,), (1,)),
        tensor(_TWO, (2,), (2,)),
        tensor(_TWO, (2,), (1,), 1),
        tensor(_TWO, (2,), (-1,), 1),
        tensor(_TWO, (1,), (1,), -4),
        tensor(_TWO, (-2,), (1,)),
        tensor(_TWO, (2, 2), (1,)),
        tensor(_TWO, (1 << 40, 1 << 40), (0, 0)),
        tensor(_TWO, (1 << 70,), (0,)),
        tensor(_TWO, (2,), (1 << 70,)),
        tensor(_TWO, (1,) * 200, (1,) * 200),
        tensor(_TWO, (1.5,), ("x",)),
        tensor(_TWO, 3, 1),
        tensor(Storage("0", "FloatStorage", 1 << 60), (2,), (1,)),
        tensor(Storage("0", "FloatStorage", -1), (2,), (1,)),
        tensor(Storage("0", "FloatStorage", "2"), (2,), (1,)),
        tensor(Storage("../../../etc/passwd", "FloatStorage", 2), (2,), (1,)),
        tensor("no storage", (2,), (1,)),  # type: ignore[arg-type]
    ],
    ids=range(18),
)
def test_a_view_beyond_its_numbers_is_refused(write: Write, view: Call, tmp_path: Path) -> None:
    path = write(tmp_path / "w.pth", {"a": np.zeros(2, np.float32)}, {"a": view})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(WeightsError, match="cannot be read as one"):
        read_state_dict(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # in KiB


@pytest.mark.parametrize(
    "code",
    [
        b"\x80\x02r\xff\xff\xff\x7f}.",  # LONG_BINPUT: a memo numbered to 2^31
        b"\x80\x04\x95" + (1 << 62).to_bytes(8, "little") + b"}.",  # FRAME of 2^62 bytes
        b"\x80\x04\x8e" + (1 << 40).to_bytes(8, "little") + b"x.",  # BINBYTES8
        b"\x80\x04\x8d" + (1 << 40).to_bytes(8, "little") + b"x.",  # BINUNICODE8
        b"\x80\x02\x8b\xff\xff\xff\x7fx.",  # LONG4
        b"\x80\x05\x96" + (1 << 40).to_bytes(8, "little") + b"x.",  # BYTEARRAY8
    ],
    ids=["memo", "frame", "bytes", "text", "long", "bytearray"],
)
def test_a_count_in_a_pickle_takes_no_memory(code: bytes, tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (tmp_path / "w.pth").write_bytes(code)
    with pytest.raises(WeightsError):
        read_state_dict(tmp_path / "w.pth")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # in KiB


def test_a_pickle_of_many_things_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_file, "_MAX_PICKLE_BYTES", 1000)
    (tmp_path / "w.pth").write_bytes(b"]" * 1001 + b".")
    with pytest.raises(WeightsError, match="its pickles are of more than"):
        read_state_dict(tmp_path / "w.pth")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = write_zip(
        tmp_path / "w.pth", {"a": np.zeros(5_000_000, np.float32)}, compression=zipfile.ZIP_DEFLATED
    )
    assert path.stat().st_size < 100_000
    with pytest.raises(WeightsError, match="it is compressed"):
        read_state_dict(path)


def test_a_zip_of_other_files_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "w.pth", "w") as archive:
        archive.writestr("config.json", "{}")
    with pytest.raises(WeightsError, match=r"one data\.pkl is expected in it, found 0"):
        read_state_dict(tmp_path / "w.pth")
    with pytest.raises(WeightsError, match="another byte order"):
        read_state_dict(write_zip(tmp_path / "big.pth", ARRAYS, byteorder=b"big"))


def test_a_file_beyond_the_limit_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "w.pth").open("wb") as file:
        file.truncate((1 << 30) + 1)
    with pytest.raises(WeightsError, match="at most 1 GiB"):
        read_state_dict(tmp_path / "w.pth")
