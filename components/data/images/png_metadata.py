"""PNG files without their texts and colour profile.

Pillow refuses a PNG whose texts or profile are longer than 1 MiB each, or 64 MiB together, once they are
unpacked: editors write such XMP. A picture needs neither, so what Pillow refuses is read without them.
"""

from __future__ import annotations

import io
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_LEFT_OUT = {b"tEXt", b"zTXt", b"iTXt", b"iCCP"}
_END = b"IEND"
_XMP = b"XML:com.adobe.xmp"
_SEARCHED = 1 << 20
"""Bytes of unpacked XMP in which the orientation is looked for."""
_ORIENTATION = re.compile(rb'tiff:Orientation(?:="|>)([1-8])')


@dataclass(frozen=True)
class Slim:
    """A PNG without texts and profile.

    Attributes:
        file: the rest, from its start.
        orientation: as the XMP that was left out has it, 1 to 8; 1 where it has none.
    """

    file: io.BytesIO
    orientation: int


def without_metadata(source: Path | bytes) -> Slim | None:
    """The file without texts and profile; None where it is no PNG or has neither.

    Raises:
        OSError: the file cannot be read.
    """
    if isinstance(source, bytes):
        return _slim(io.BytesIO(source))
    with source.open("rb") as file:
        return _slim(file)


def _slim(file: BinaryIO) -> Slim | None:
    if file.read(len(SIGNATURE)) != SIGNATURE:
        return None
    kept, is_shorter, orientation = [SIGNATURE], False, 1
    while len(head := file.read(8)) == 8:
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        body = file.read(length + 4)  # with the checksum
        if kind not in _LEFT_OUT:
            kept += [head, body]
        else:
            is_shorter = True
            orientation = _xmp_orientation(body[:-4]) or orientation if kind == b"iTXt" else orientation
        if kind == _END:
            break
    return Slim(io.BytesIO(b"".join(kept)), orientation) if is_shorter else None


def _xmp_orientation(text: bytes) -> int | None:
    """Of the body of an iTXt chunk: keyword, 0, compressed or not, method, language, 0, keyword, 0, text."""
    keyword, _, rest = text.partition(b"\0")
    parts = rest[2:].split(b"\0", 2)
    if keyword != _XMP or len(parts) < 3:
        return None
    packed = rest[0] != 0
    try:
        xmp = zlib.decompressobj().decompress(parts[2], _SEARCHED) if packed else parts[2][:_SEARCHED]
    except zlib.error:
        return None
    match = _ORIENTATION.search(xmp)
    return int(match[1]) if match else None
