"""Decode once: pictures as one memory-mapped array, under a key of their content, size and reader.

The same works at the same size are decoded by one process, once; whoever asks meanwhile waits for it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from components.data.images import READER_VERSION, read_rgb, resize
from components.data.manifest import Manifest
from components.data.threads import in_order
from components.errors import DataError, ImageError
from components.storage import building, key_of

_ARRAY = "images.npy"
_ABOUT = "about.json"
_SAMPLED = 64
"""Rows whose digest is kept and compared on opening: a torn or zeroed file shows, without reading it all."""


def decoded(manifest: Manifest, image_size: tuple[int, int], folder: Path) -> NDArray[np.uint8]:
    """The works' pixels in row order, (N, H, W, 3) uint8, memory-mapped and read-only.

    Found in `folder` if it was decoded before; a damaged entry is decoded again, not trusted.

    Args:
        manifest: the works; files are checked against their SHA-256.
        image_size: (height, width); pictures are stretched to it.
        folder: of all decoded arrays; safe to delete.

    Raises:
        ImageError: a picture cannot be read any more.
        DataError: there is no work, a file has changed since it was ingested, or the disk is full.
    """
    if not len(manifest):
        raise DataError(f"{manifest.source}: no works to decode. Check the selection and the split.")
    works = list(zip(manifest.paths(), manifest.frame["sha256"], strict=True))
    shape = (len(works), *image_size, 3)
    entry = folder / key_of("images", READER_VERSION, image_size, [sha256 for _, sha256 in works])
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / f".{entry.name}.lock"):
        images = _opened(entry, shape)
        if images is None:
            shutil.rmtree(entry, ignore_errors=True)
            _build(entry, works, shape)
            images = _opened(entry, shape)
    if images is None:
        raise DataError(f"{entry}: the decode cache cannot be read back. Check the disk.")
    return images


def _build(entry: Path, works: list[tuple[Path, str]], shape: tuple[int, ...]) -> None:
    """Write the array row by row, in bounded memory.

    Plain writes, as a full disk under a memory-mapped file kills the process instead of raising.
    """
    height, width = shape[1:3]
    title = f"Decoding at {height} x {width}"
    try:
        with building(entry) as draft:
            with (draft / _ARRAY).open("wb") as file:
                header = {"descr": "|u1", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(file, header)
                for row in in_order(lambda work: _pixels(*work, (height, width)), works, title):
                    file.write(row)
            digest = _digest(np.load(draft / _ARRAY, mmap_mode="r"))
            (draft / _ABOUT).write_text(json.dumps({"shape": shape, "digest": digest}))
    except OSError as exc:
        mib = int(np.prod(shape)) / 2**20
        raise DataError(
            f"{entry.parent}: {mib:,.0f} MiB of decoded pictures cannot be written ({exc.strerror}). "
            "Free some, or set ATELIER_HOME to another disk."
        ) from exc


def _pixels(path: Path, sha256: str, image_size: tuple[int, int]) -> bytes:
    """One work's row; the bytes that are decoded are the bytes that were hashed."""
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise DataError(
            f"{path}: cannot be read any more ({exc.strerror}). Run `atelier ingest` again."
        ) from exc
    if hashlib.sha256(data).hexdigest() != sha256:
        raise DataError(f"{path}: changed since it was ingested. Run `atelier ingest` again.")
    try:
        return resize(read_rgb(data), image_size).tobytes()
    except ImageError as exc:
        raise ImageError(str(exc).replace("the picture", str(path), 1)) from exc


def _opened(entry: Path, shape: tuple[int, ...]) -> NDArray[np.uint8] | None:
    """The array of a finished entry; None where there is none, or it is not what was written."""
    try:
        about = json.loads((entry / _ABOUT).read_text())
        images: NDArray[np.uint8] = np.load(entry / _ARRAY, mmap_mode="r")
    except (OSError, ValueError, EOFError):
        return None
    whole = images.shape == shape and images.dtype == np.uint8 and about.get("digest") == _digest(images)
    return images if whole else None


def _digest(images: NDArray[np.uint8]) -> str:
    """SHA-256 over evenly spaced rows, the first and the last among them."""
    places = np.unique(np.linspace(0, len(images) - 1, _SAMPLED).astype(int))
    return hashlib.sha256(images[places].tobytes()).hexdigest()
