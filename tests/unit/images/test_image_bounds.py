"""Long metadata, and memory: what must neither cost a picture nor be without bounds."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from components.data.alpha import Alpha
from components.data.images import strips
from components.data.images.reader import read_rgb, skim
from components.errors import ImageError
from tests.fuzz_images import encoded
from tests.tiny_collections import picture


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iTXt", b"iCCP"])
def test_long_metadata_does_not_cost_the_picture(kind: bytes, where: str, tmp_path: Path) -> None:
    path = tmp_path / "work.png"
    path.write_bytes(with_chunk(encoded(picture(8)), kind, body_of(kind), where))
    assert np.array_equal(np.asarray(read_rgb(path)), np.asarray(picture(8)))
    assert np.array_equal(np.asarray(read_rgb(path.read_bytes())), np.asarray(picture(8)))
    assert skim(path).probe.width == 40


def test_the_orientation_in_long_metadata_counts() -> None:
    xmp = b'<rdf tiff:Orientation="6"/>' + b" " * (2 << 20)
    body = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(xmp)
    short = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(xmp[:200])
    long, brief = (with_chunk(encoded(picture(8)), b"iTXt", text, "before") for text in (body, short))
    assert read_rgb(long).size == (32, 40)
    assert np.array_equal(np.asarray(read_rgb(long)), np.asarray(read_rgb(brief)))


def body_of(kind: bytes) -> bytes:
    """Metadata that unpacks to more than Pillow takes: 2 MiB packed, 65 MiB as they are."""
    packed = zlib.compress(b"<step/>" * 300_000)
    return {
        b"tEXt": b"Comment\0" + b"x" * (65 << 20),
        b"zTXt": b"Comment\0\0" + packed,
        b"iTXt": b"XML:com.adobe.xmp\0\1\0\0\0" + packed,
        b"iCCP": b"profile\0\0" + packed,
    }[kind]


def with_chunk(png: bytes, kind: bytes, body: bytes, where: str) -> bytes:
    """The PNG with one chunk more, behind the header or before the end."""
    place = 8 + 25 if where == "before" else len(png) - 12
    checksum = zlib.crc32(kind + body)
    return (
        png[:place] + struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum) + png[place:]
    )


STRIPPED = ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "I;16", "I;16B", "I", "F"]


@pytest.mark.parametrize("mode", STRIPPED)
def test_strips_give_the_same_pixels_as_the_whole(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    colours = np.random.default_rng(3).integers(0, 256, (64, 48, 4), dtype=np.uint8)
    levels = np.random.default_rng(3).integers(0, 65536, (64, 48), dtype=np.uint16)
    image = Image.fromarray(colours).convert(mode) if not mode.startswith("I;16") else Image.fromarray(levels)
    if mode == "I;16B":
        image = Image.frombytes("I;16B", image.size, levels.byteswap().tobytes())
    options = {"transparency": 3} if mode == "P" else {}
    data = encoded(image, "PNG" if mode in ("P", "LA", "RGBA") else "TIFF", **options)
    whole = [*(np.asarray(read_rgb(data, alpha=alpha)) for alpha in Alpha), np.asarray(skim(data).grey)]
    monkeypatch.setattr(strips, "PIXELS", 48 * 7)
    parts = [*(np.asarray(read_rgb(data, alpha=alpha)) for alpha in Alpha), np.asarray(skim(data).grey)]
    for one, other in zip(whole, parts, strict=True):
        assert np.array_equal(one, other)


BYTES_PER_PIXEL = """
import re, sys
from pathlib import Path
from components.data.images.reader import read_rgb, skim

def peak() -> int:
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024

before = peak()
{"read": read_rgb, "skim": skim}[sys.argv[1]](Path(sys.argv[2]))
print((peak() - before) / 3600**2)
"""


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="memory is read from Linux's /proc")
@pytest.mark.parametrize(
    ("mode", "read", "skimmed"), [("RGBA", 8, 5), ("I;16", 6, 3)], ids=["rgba", "16 bits"]
)
def test_memory_is_that_of_two_pictures(mode: str, read: int, skimmed: int, tmp_path: Path) -> None:
    """13 million pixels, each in a process of its own; without strips it is 15 or 16 bytes a pixel."""
    path = tmp_path / "work.png"
    Image.new(mode, (3600, 3600), 9).save(path, compress_level=1)
    for look, expected in (("read", read), ("skim", skimmed)):
        command = [sys.executable, "-c", BYTES_PER_PIXEL, look, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        assert float(done.stdout) < expected + 3  # a strip's worth, and what the code itself takes


def test_formats_that_take_more_memory_are_bounded_by_it() -> None:
    data = encoded(Image.new("RGB", (400, 300)), "WEBP")
    assert read_rgb(data, max_pixels=160_000).size == (400, 300)
    with pytest.raises(ImageError, match=r"400 x 300 pixels of WEBP take 2 MB of memory; at most 1 MB"):
        read_rgb(data, max_pixels=120_000)
    assert read_rgb(encoded(Image.new("RGB", (400, 300))), max_pixels=120_000).size == (400, 300)
