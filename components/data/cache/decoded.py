"""Decode once: pictures as one memory-mapped array, under a key of their content, size and reader."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from components.data.alpha import Alpha
from components.data.borders import Borders
from components.data.cache.array_file import Layout
from components.data.cache.store import Store
from components.data.images.padding import PADDING_VERSION
from components.data.images.reader import READER_VERSION, read_rgb, resize
from components.data.manifest import Manifest
from components.data.threads import in_order
from components.errors import DataError, ImageError
from components.storage import key_of

Work = tuple[Path, str]


def decoded(
    manifest: Manifest,
    image_size: tuple[int, int],
    store: Store | Path,
    *,
    alpha: Alpha = Alpha.WHITE,
    borders: Borders = Borders.KEEP,
) -> NDArray[np.uint8]:
    """The works' pixels in row order, (N, H, W, 3) uint8, memory-mapped and read-only.

    Found in `store` if they were decoded before; a damaged entry is decoded again, not trusted.

    Args:
        manifest: the works; files are checked against their SHA-256.
        image_size: (height, width); pictures are stretched to it.
        store: of arrays; a folder alone is a store with the usual bound.
        alpha: what becomes of transparency.
        borders: what becomes of padding.

    Raises:
        ImageError: a picture cannot be read any more.
        DataError: there is no work, a file has changed since it was ingested, or the disk is full.
    """
    if not len(manifest):
        raise DataError(f"{manifest.source}: no works to decode. Check the selection and the split.")
    works = list(zip(manifest.paths(), manifest.frame["sha256"], strict=True))
    # Pictures that were decoded before there was a choice are those that keep their borders.
    cropping = () if borders is Borders.KEEP else (borders, PADDING_VERSION)
    key = key_of("images", READER_VERSION, alpha, *cropping, image_size, [sha256 for _, sha256 in works])
    layout = Layout((len(works), *image_size, 3), "|u1")
    kept = Store(store) if isinstance(store, Path) else store

    def rows() -> Iterator[bytes]:
        title = f"Decoding at {image_size[0]} x {image_size[1]}"
        return in_order(lambda work: _pixels(*work, image_size, alpha, borders), works, title)

    return kept.array(key, layout, rows, "decoded pictures")


def _pixels(path: Path, sha256: str, image_size: tuple[int, int], alpha: Alpha, borders: Borders) -> bytes:
    """One work's row; the bytes that are decoded are the bytes that were hashed."""
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise DataError(
            f"{path}: cannot be read any more ({exc.strerror}). If the collection was moved, run "
            "`atelier ingest --root FOLDER` with its new folder: data versions find their pictures there "
            "from then on."
        ) from exc
    if hashlib.sha256(data).hexdigest() != sha256:
        raise DataError(f"{path}: changed since it was ingested. Run `atelier ingest` again.")
    try:
        return resize(read_rgb(data, alpha=alpha, borders=borders), image_size).tobytes()
    except ImageError as exc:
        raise ImageError(str(exc).replace("the picture", str(path), 1)) from exc
