from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from components.data.cache import decoded
from components.data.cache.store import Store
from components.data.images.reader import read_rgb, resize
from components.data.manifest import Manifest, Task
from components.data.sources import folder
from components.errors import DataError, ImageError
from tests.tiny_collections import save


@pytest.fixture
def works(tmp_path: Path) -> Manifest:
    for seed in range(6):
        save(tmp_path / "works" / f"class {seed % 2}" / f"{seed}.png", seed)
    return folder.read(tmp_path / "works", Task.STYLE)


def entries(folder: Path) -> list[Path]:
    """Everything but the locks: finished arrays, and drafts if any were left."""
    return [path for path in folder.iterdir() if path.name != ".locks"]


def test_pixels_are_the_readers_in_row_order(works: Manifest, tmp_path: Path) -> None:
    images = decoded.decoded(works, (16, 24), tmp_path / "cache")
    assert isinstance(images, np.memmap)
    assert (images.shape, images.dtype) == ((6, 16, 24, 3), np.uint8)
    for pixels, path in zip(images, works.paths(), strict=True):
        assert np.array_equal(pixels, resize(read_rgb(path), (16, 24)))
    with pytest.raises(ValueError, match="read-only"):
        images[0] = 0


def test_the_second_time_nothing_is_decoded(works: Manifest, tmp_path: Path) -> None:
    first = decoded.decoded(works, (16, 16), tmp_path / "cache")
    for path in works.paths():
        path.unlink()
    assert np.array_equal(decoded.decoded(works, (16, 16), tmp_path / "cache"), first)


def test_another_size_order_or_selection_is_another_entry(works: Manifest, tmp_path: Path) -> None:
    kept = tmp_path / "cache"
    images = decoded.decoded(works, (16, 16), kept)
    turned = decoded.decoded(works.with_frame(works.frame[::-1]), (16, 16), kept)
    assert np.array_equal(turned, images[::-1])
    assert len(decoded.decoded(works.with_frame(works.frame[:2]), (16, 16), kept)) == 2
    decoded.decoded(works, (8, 8), kept)
    assert len(entries(kept)) == 4


@pytest.mark.parametrize("damage", ["short", "changed", "no array", "no description", "not an array"])
def test_a_damaged_entry_is_built_again(works: Manifest, tmp_path: Path, damage: str) -> None:
    kept = tmp_path / "cache"
    images = np.array(decoded.decoded(works, (16, 16), kept))
    array, about = (entries(kept)[0] / name for name in ("array.npy", "about.json"))
    whole = array.read_bytes()
    match damage:
        case "short":
            array.write_bytes(whole[:-100])
        case "changed":
            array.write_bytes(whole[:-400] + bytes(400))
        case "no array":
            array.unlink()
        case "no description":
            about.unlink()
        case "not an array":
            array.write_bytes(b"x" * len(whole))
    assert np.array_equal(decoded.decoded(works, (16, 16), kept), images)


def test_a_file_that_changed_since_ingest_is_named(works: Manifest, tmp_path: Path) -> None:
    save(works.paths()[3], 99)
    with pytest.raises(DataError, match=rf"{works.paths()[3].name}: changed since it was ingested"):
        decoded.decoded(works, (16, 16), tmp_path / "cache")
    assert entries(tmp_path / "cache") == []


def test_a_store_may_be_given_for_a_folder(works: Manifest, tmp_path: Path) -> None:
    store = Store(tmp_path / "cache")
    assert np.array_equal(
        decoded.decoded(works, (8, 8), store), decoded.decoded(works, (8, 8), tmp_path / "cache")
    )
    assert store.usage().entries == 1


def test_a_file_that_vanished_is_named(works: Manifest, tmp_path: Path) -> None:
    works.paths()[0].unlink()
    with pytest.raises(DataError, match=rf"{works.paths()[0].name}: cannot be read any more"):
        decoded.decoded(works, (16, 16), tmp_path / "cache")


def test_an_unreadable_picture_is_named(works: Manifest, tmp_path: Path) -> None:
    import hashlib

    works.paths()[0].write_bytes(b"no picture")
    sha256 = hashlib.sha256(b"no picture").hexdigest()
    frame = works.frame.assign(sha256=[sha256, *works.frame["sha256"][1:]])
    with pytest.raises(ImageError, match=works.paths()[0].name):
        decoded.decoded(works.with_frame(frame), (16, 16), tmp_path / "cache")


def test_nothing_to_decode_is_an_error(works: Manifest, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no works to decode"):
        decoded.decoded(works.with_frame(works.frame[:0]), (16, 16), tmp_path / "cache")


def test_threads_and_processes_that_want_the_same_all_end_well(works: Manifest, tmp_path: Path) -> None:
    works.save(tmp_path / "manifest")
    code = (
        "import sys; from pathlib import Path; from components.data.cache import decoded;"
        "from components.data.manifest import Manifest;"
        "print(int(decoded.decoded(Manifest.load(Path(sys.argv[1])), (32, 32), Path(sys.argv[2])).sum()))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "manifest"), str(tmp_path / "cache")]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    with ThreadPoolExecutor(4) as pool:
        arrays = list(pool.map(lambda _: decoded.decoded(works, (32, 32), tmp_path / "cache"), range(4)))
    sums = {int(array.sum()) for array in arrays}
    sums |= {int(process.communicate(timeout=60)[0]) for process in processes}
    assert len(sums) == 1
    assert len(entries(tmp_path / "cache")) == 1
