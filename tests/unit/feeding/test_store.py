"""Kept arrays: made once, checked whole, bounded, and nothing half-written on a full disk."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from components.data.cache import array_file, store
from components.data.cache.array_file import BLOCK_BYTES, Layout
from components.data.cache.store import Store
from components.errors import DataError
from components.settings import Settings

KIB = 1024


def numbers(seed: int, kib: int = 8) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (kib, KIB), dtype=np.uint8)


def kept(where: Store, seed: int, kib: int = 8) -> NDArray[np.uint8]:
    array = numbers(seed, kib)
    return where.array(f"key{seed}", Layout(array.shape, "|u1"), lambda: iter(array), "numbers")


def refused() -> Iterator[bytes]:
    raise AssertionError("must not be made again")


def names(where: Store) -> set[str]:
    return {path.name for path in where.folder.iterdir()} - {".locks"}


def test_what_was_made_is_found_read_only_and_a_plain_numpy_file(tmp_path: Path) -> None:
    where = Store(tmp_path)
    array = np.random.default_rng(0).normal(size=(5, 7)).astype("float32")
    layout = Layout((5, 7), "<f4")
    made = where.array("key", layout, lambda: [array[:2], array[2:].tobytes()], "numbers")
    assert np.array_equal(made, array)
    assert np.array_equal(where.array("key", layout, refused, "numbers"), array)
    assert np.array_equal(np.load(tmp_path / "key" / "array.npy"), array)
    assert not made.flags.writeable
    assert where.usage() == store.Usage(1, made.nbytes + 128 + about_size(tmp_path), store.LIMIT_BYTES)


def about_size(folder: Path) -> int:
    return (folder / "key" / "about.json").stat().st_size


@pytest.mark.parametrize("rows", [3, 5])
def test_too_few_or_too_many_rows_are_an_error_and_leave_nothing(tmp_path: Path, rows: int) -> None:
    where = Store(tmp_path)
    with pytest.raises(ValueError, match=f"has 4096 bytes, received {rows * KIB}"):
        where.array("key", Layout((4, KIB), "|u1"), lambda: iter(numbers(0, rows)), "numbers")
    assert names(where) == set()


def test_a_flipped_bit_anywhere_is_found(tmp_path: Path) -> None:
    where = Store(tmp_path)
    size = 2 * BLOCK_BYTES // KIB + 3
    array = numbers(0, size)
    kept(where, 0, size)
    path = tmp_path / "key0" / "array.npy"
    whole = path.read_bytes()
    stamp = path.stat()
    layout = Layout(array.shape, "|u1")
    for place in (0, 70, 128, BLOCK_BYTES + 127, BLOCK_BYTES + 128, len(whole) // 2 + 77, len(whole) - 1):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << place % 8
        path.write_bytes(flipped)
        os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        assert array_file.opened(tmp_path / "key0", layout) is None
        assert np.array_equal(kept(where, 0, size), array)
        assert path.read_bytes() == whole


def test_rows_in_each_other_s_place_are_found(tmp_path: Path) -> None:
    where = Store(tmp_path)
    array = numbers(0)
    kept(where, 0)
    path = tmp_path / "key0" / "array.npy"
    path.write_bytes(path.read_bytes()[:128] + array[::-1].tobytes())
    assert np.array_equal(kept(where, 0), array)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"crc32": 3}', '{"crc32": []}', '{"crc32": ["x"]}'])
def test_a_damaged_description_is_not_trusted(tmp_path: Path, text: str) -> None:
    where = Store(tmp_path)
    kept(where, 0)
    (tmp_path / "key0" / "about.json").write_text(text)
    assert np.array_equal(kept(where, 0), numbers(0))


def test_another_shape_or_type_under_the_key_is_not_trusted(tmp_path: Path) -> None:
    where = Store(tmp_path)
    kept(where, 0)
    for layout in (Layout((4, 2 * KIB), "|u1"), Layout((8, KIB), "|i1"), Layout((8, KIB - 1), "|u1")):
        assert array_file.opened(tmp_path / "key0", layout) is None


def test_what_was_asked_for_longest_ago_goes_first(tmp_path: Path) -> None:
    where = Store(tmp_path, limit_bytes=3 * 9 * KIB)
    for seed in range(3):
        kept(where, seed)
        age(tmp_path / f"key{seed}", 100 - seed)
    kept(where, 0)  # asked for again: the youngest
    kept(where, 3)
    assert names(where) == {"key0", "key2", "key3"}
    assert where.usage().bytes <= where.limit_bytes


def age(entry: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(entry / "about.json", (then, then))


def test_what_is_open_here_stays_and_can_be_read(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    where = Store(tmp_path, limit_bytes=9 * KIB)
    view = kept(where, 0)[2:4]  # a view of it counts
    kept(where, 1)
    assert names(where) == {"key0", "key1"}
    assert "ATELIER_CACHE_BYTES" in str(recwarn.pop(UserWarning).message)
    assert np.array_equal(view, numbers(0)[2:4])
    plain = np.asarray(view)
    del view
    kept(where, 2)
    assert names(where) == {"key0", "key2"}
    assert np.array_equal(plain, numbers(0)[2:4])
    del plain
    kept(where, 3)
    assert names(where) == {"key3"}


HOLDER = """
    import sys
    from pathlib import Path
    from components.data.cache import array_file
    array = array_file.opened(Path(sys.argv[1]), array_file.Layout((8, 1024), "|u1"))
    print(array is not None, flush=True)
    sys.stdin.readline()
    print(int(array.sum()), flush=True)
"""


def test_what_another_process_has_open_stays_until_it_ends(tmp_path: Path) -> None:
    where = Store(tmp_path, limit_bytes=9 * KIB)
    kept(where, 0)
    command = [sys.executable, "-c", textwrap.dedent(HOLDER), str(tmp_path / "key0")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        kept(where, 1)
        assert names(where) == {"key0", "key1"}
        out, _ = holder.communicate("\n", timeout=60)
    assert int(out) == int(numbers(0).sum())
    kept(where, 2)
    assert names(where) == {"key2"}


def test_larger_than_the_bound_is_kept_alone_and_said(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    where = Store(tmp_path, limit_bytes=10 * KIB)
    kept(where, 0)
    assert np.array_equal(kept(where, 1, kib=20), numbers(1, 20))
    assert names(where) == {"key1"}
    assert "over the bound" in str(recwarn.pop(UserWarning).message)


def test_threads_make_it_once_while_others_evict(tmp_path: Path) -> None:
    where = Store(tmp_path, limit_bytes=9 * KIB)
    made: list[int] = []
    wrong: list[int] = []

    def ask(first: int) -> None:
        for step in range(12):
            seed = (first + step) % 3
            array = numbers(seed)

            def rows(seed: int = seed, array: NDArray[np.uint8] = array) -> Iterator[NDArray[np.uint8]]:
                made.append(seed)
                yield from array

            found = where.array(f"key{seed}", Layout(array.shape, "|u1"), rows, "numbers")
            if not np.array_equal(found, array):
                wrong.append(seed)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []
    assert len(made) < 48
    assert not [name for name in names(where) if name.endswith(".part")]


MAKER = """
    import sys, time
    from pathlib import Path
    from components.data.cache.store import Layout, Store
    def rows():
        print("making", flush=True)
        time.sleep(float(sys.argv[2]))
        yield bytes(8 * 1024)
    Store(Path(sys.argv[1])).array("shared", Layout((8, 1024), "|u1"), rows, "numbers")
"""


def maker(folder: Path, seconds: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(MAKER), str(folder), str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_of_two_processes_one_makes_and_the_other_reads(tmp_path: Path) -> None:
    outs = [process.communicate(timeout=60)[0] for process in [maker(tmp_path, 0.5) for _ in range(2)]]
    assert sorted(outs) == ["", "making\n"]


def test_what_a_killed_process_left_is_cleared(tmp_path: Path) -> None:
    where = Store(tmp_path)
    with maker(tmp_path, 600) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "making\n"
        kept(where, 0)  # its draft counts, and stays while it lives
        assert len(names(where)) == 2
        assert where.usage().bytes > 16 * KIB
        process.kill()
    kept(where, 1)
    assert names(where) == {"key0", "key1"}


def test_clear_drops_all_that_is_not_in_use(tmp_path: Path) -> None:
    where = Store(tmp_path)
    held = kept(where, 0)
    kept(where, 1)
    assert 8 * KIB < where.clear() < 9 * KIB
    assert names(where) == {"key0"}
    assert np.array_equal(held, numbers(0))
    assert Store(tmp_path / "none").clear() == 0
    assert Store(tmp_path / "none").usage().entries == 0


def test_the_settings_bound_it(settings: Settings) -> None:
    bounded = settings.replace(cache_bytes=5)
    assert store.of(bounded) == Store(settings.cache / "arrays", 5)
    assert store.of(settings).limit_bytes == store.LIMIT_BYTES


FULL = """
    import resource, sys
    from pathlib import Path
    from components.data.cache.store import Layout, Store
    from components.errors import DataError
    limit = lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    early = sys.argv[2] == "early"
    def rows():
        print("making", flush=True)
        for row in range(300):
            if row == 100:
                limit(64 * 1024)
            yield bytes(1024)
    if early:
        limit(64 * 1024)
    store = Store(Path(sys.argv[1]))
    try:
        store.array("key", Layout((300, 1024), "|u1"), rows, "decoded pictures")
    except DataError as exc:
        print(exc)
    limit(resource.RLIM_INFINITY)
    print(len(store.array("key", Layout((2, 1024), "|u1"), lambda: [bytes(2048)], "numbers")))
"""


@pytest.mark.parametrize("when", ["early", "amid"])
def test_a_disk_that_takes_no_more_is_said_and_leaves_nothing(tmp_path: Path, when: str) -> None:
    """The process may write no file over 64 KiB: the kernel refuses as on a full disk."""
    command = [sys.executable, "-c", textwrap.dedent(FULL), str(tmp_path), when]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    *making, said, later = done.stdout.splitlines()
    assert said.startswith(f"{tmp_path}: 0.3 MiB of decoded pictures cannot be written (File too large)")
    assert said.endswith("or set ATELIER_HOME to another disk.")
    assert making == ([] if when == "early" else ["making"])  # a reserved disk needs no work to be refused
    assert later == "2"
    assert {path.name for path in tmp_path.iterdir()} == {".locks", "key"}


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(DataError, match=r"numbers cannot be written \(Not a directory\)"):
        kept(Store(tmp_path / "file"), 0)


TINY_DISK = """
    set -e
    mount -t tmpfs -o size=256k tmpfs "$1"
    "$2" -c "$3" "$1"
    ls -A "$1"
"""

ON_TINY_DISK = """
    import sys
    from pathlib import Path
    from components.data.cache.store import Layout, Store
    from components.errors import DataError
    try:
        Store(Path(sys.argv[1])).array("key", Layout((300, 1024), "|u1"), lambda: [], "decoded pictures")
    except DataError as exc:
        print(exc)
"""


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    mounted = ["unshare", "--user", "--map-root-user", "--mount"]
    try:
        can = subprocess.run(
            [*mounted, "mount", "-t", "tmpfs", "tmpfs", str(tmp_path)], capture_output=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("no unshare here")
    if can.returncode:
        pytest.skip("no user may mount here")
    script = [textwrap.dedent(TINY_DISK), "sh", str(tmp_path), sys.executable, textwrap.dedent(ON_TINY_DISK)]
    done = subprocess.run(
        [*mounted, "sh", "-c", *script], capture_output=True, text=True, timeout=60, check=True
    )
    said, *left = done.stdout.splitlines()
    assert "cannot be written (No space left on device)" in said
    assert left == [".locks"]
