from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from components.data.images import strips
from components.data.images.alpha import Alpha
from components.data.images.reader import read_rgb, resize, skim
from components.errors import ImageError
from tests.tiny_collections import picture


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def flat(mode: str, colour: object, size: tuple[int, int] = (12, 8)) -> Image.Image:
    return Image.new(mode, size, colour)


def test_plain_rgb_is_read_as_it_is(tmp_path: Path) -> None:
    image = picture(1)
    path = tmp_path / "work.png"
    image.save(path)
    assert np.array_equal(np.asarray(read_rgb(path)), np.asarray(image))
    assert np.array_equal(np.asarray(read_rgb(path.read_bytes())), np.asarray(image))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(orientation: int) -> None:
    upright = Image.new("RGB", (24, 16), "white")
    upright.paste("black", (0, 0, 12, 8))  # the dark corner must come back to the upper left
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Pillow's transposes that make each orientation
    stored = upright if orientation == 1 else upright.transpose(Image.Transpose(undo[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(stored, exif=exif)
    assert np.array_equal(np.asarray(read_rgb(data)), np.asarray(upright))
    seen = skim(data).probe
    assert (seen.width, seen.height) == (24, 16)


def test_tiff_orientation_is_undone_once() -> None:
    upright = picture(3, (24, 16))
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(upright.transpose(Image.Transpose.ROTATE_90), "TIFF", exif=exif)
    assert np.array_equal(np.asarray(read_rgb(data)), np.asarray(upright))
    assert (skim(data).probe.width, skim(data).probe.height) == (24, 16)


@pytest.mark.parametrize(
    ("image", "kind", "expected"),
    [
        (flat("L", 77), "PNG", (77, 77, 77)),
        (flat("1", 1), "PNG", (255, 255, 255)),
        (flat("RGB", (10, 200, 30)).quantize(4), "PNG", (10, 200, 30)),
        (flat("RGBA", (200, 0, 0, 0)), "PNG", (255, 255, 255)),
        (flat("RGBA", (0, 0, 0, 128)), "PNG", (127, 127, 127)),
        (flat("LA", (0, 0)), "PNG", (255, 255, 255)),
        (flat("CMYK", (0, 0, 0, 0)), "JPEG", (255, 255, 255)),
        (flat("I;16", 257 * 100), "PNG", (100, 100, 100)),
        (flat("I;16", 257 * 100), "TIFF", (100, 100, 100)),
        (flat("F", 0.5), "TIFF", (128, 128, 128)),
        (flat("F", 128.0), "TIFF", (128, 128, 128)),
    ],
    ids=[
        "grey",
        "bilevel",
        "palette",
        "clear",
        "half-clear",
        "grey-alpha",
        "cmyk",
        "16-png",
        "16-tiff",
        "float",
        "f255",
    ],
)
def test_every_mode_becomes_rgb(image: Image.Image, kind: str, expected: tuple[int, ...]) -> None:
    rgb = read_rgb(encoded(image, kind))
    assert rgb.mode == "RGB"
    assert np.abs(np.asarray(rgb).reshape(-1, 3).astype(int) - expected).max() <= 1


def ramp(white: float, dtype: type) -> np.ndarray:
    """(64, 64) from black to white."""
    return np.tile(np.linspace(0, white, 64), (64, 1)).astype(dtype)


KNOWN_RANGES = [
    (np.float32, 1.0),
    (np.float32, 255.0),
    (np.float32, 4095.0),
    (np.float32, 65535.0),
    (np.float32, 2e6),
    (np.int32, 255),
    (np.int32, 4095),
    (np.int32, 65535),
    (np.int32, 2**31 - 1),
    (np.uint32, 2**32 - 1),
    (np.uint16, 4095),
    (np.uint16, 65535),
]


@pytest.mark.parametrize(("dtype", "white"), KNOWN_RANGES)
def test_more_than_8_bits_become_8_by_the_range_that_the_values_fill(dtype: type, white: float) -> None:
    data = deep(ramp(white, dtype))
    grey = np.asarray(read_rgb(data))[..., 0].astype(int)
    assert np.abs(grey - np.linspace(0, 255, 64)).max() <= 1
    assert np.array_equal(np.asarray(skim(data).grey), grey)


@pytest.mark.parametrize(("dtype", "white"), [case for case in KNOWN_RANGES if case[1] < 65535])
@pytest.mark.parametrize("times", [1.001, 1.2, 16.0])
def test_outliers_are_clipped_and_change_no_other_pixel(dtype: type, white: float, times: float) -> None:
    pixels = ramp(white, dtype)
    expected = np.asarray(read_rgb(deep(pixels)))
    pixels[0, 0] = white * times
    pixels[0, 1] = white * 1.001  # a resampler's overshoot comes seldom alone
    shown = np.asarray(read_rgb(deep(pixels))).copy()
    assert shown[0, 0].tolist() == [255] * 3
    shown[0, :2] = expected[0, :2]
    assert np.array_equal(shown, expected)


def test_a_whole_edge_that_overshoots_is_white() -> None:
    pixels = ramp(1.0, np.float32)
    pixels[:, -8:] = 1.2
    assert np.abs(np.asarray(read_rgb(deep(pixels)))[0, :56, 0] - np.linspace(0, 255, 64)[:56]).max() <= 1


def test_what_is_no_number_is_black_or_white_alone() -> None:
    pixels = ramp(1.0, np.float32)
    pixels[0, :4] = [np.nan, np.inf, -np.inf, -0.2]
    shown = np.asarray(read_rgb(deep(pixels)))[..., 0]
    assert shown[0, :4].tolist() == [0, 255, 0, 0]
    assert np.abs(shown[1] - np.linspace(0, 255, 64)).max() <= 1


def deep(pixels: np.ndarray) -> bytes:
    """A TIFF of these pixels; Pillow writes unsigned 32 bits as signed ones, so the tag is changed."""
    if pixels.dtype != np.uint32:
        return encoded(Image.fromarray(pixels), "TIFF")
    data = encoded(Image.fromarray(pixels.view(np.int32)), "TIFF")
    signed = struct.pack("<HHII", 339, 3, 1, 2)
    assert data.count(signed) == 1
    return data.replace(signed, struct.pack("<HHII", 339, 3, 1, 1))


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


def test_palette_transparency_is_laid_on_white() -> None:
    image = flat("P", 0)
    image.putpalette([9, 9, 9, 200, 0, 0])
    rgb = read_rgb(encoded(image, "GIF", transparency=0))
    assert np.asarray(rgb).min() == 255


def test_an_animation_gives_its_first_frame() -> None:
    frames = [flat("RGB", colour) for colour in ("red", "lime", "blue")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert tuple(np.asarray(read_rgb(data))[0, 0]) == (255, 0, 0)


def test_content_counts_not_the_extension(tmp_path: Path) -> None:
    path = tmp_path / "work.jpg"
    path.write_bytes(encoded(picture(2), "PNG"))
    assert np.array_equal(np.asarray(read_rgb(path)), np.asarray(picture(2)))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_truncated_file_is_refused_by_reader_and_skim(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "work.jpg"
    data = encoded(picture(4, (64, 64)), kind)
    path.write_bytes(data[: len(data) * 2 // 3])
    for look in (read_rgb, skim):
        with pytest.raises(ImageError, match=r"work\.jpg.*(Fetch|Export)"):
            look(path)


@pytest.mark.parametrize("data", [b"", b"hello", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(ImageError, match="the picture"):
        read_rgb(data)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"gone\.jpg: cannot be opened"):
        read_rgb(tmp_path / "gone.jpg")


def bomb(width: int, height: int) -> bytes:
    """A PNG whose header claims this size; its pixels would be zeros."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(10_500, 10_000), (60_000, 60_000)])
def test_a_bomb_is_refused_from_its_header(size: tuple[int, int]) -> None:
    with pytest.raises(ImageError, match="100,000,000"):
        read_rgb(bomb(*size))


def test_the_bound_can_be_set() -> None:
    data = encoded(picture(5))
    assert read_rgb(data, max_pixels=40 * 32).size == (40, 32)
    with pytest.raises(ImageError, match="40 x 32 pixels; at most 1,279"):
        read_rgb(data, max_pixels=40 * 32 - 1)


def test_a_broken_exif_block_does_not_cost_the_picture() -> None:
    data = encoded(picture(6), "JPEG", exif=b"Exif\0\0not a TIFF header at all")
    assert read_rgb(data).size == (40, 32)


def test_probe_gives_the_files_own_size_and_mode() -> None:
    seen = skim(encoded(flat("L", 3, (301, 203)), "JPEG")).probe
    assert (seen.width, seen.height, seen.mode) == (301, 203, "L")


def test_resize_stretches_to_height_and_width() -> None:
    pixels = resize(picture(7, (40, 32)), (16, 24))
    assert pixels.shape == (16, 24, 3)
    assert pixels.dtype == np.uint8
    halves = Image.new("RGB", (64, 64), "black")
    halves.paste("white", (0, 0, 64, 32))
    small = resize(halves, (2, 2))
    assert small[0].min() > 200
    assert small[1].max() < 55


@pytest.mark.parametrize(
    ("image", "options"),
    [
        (flat("RGBA", (200, 10, 30, 0)), {}),
        (flat("LA", (90, 0)), {}),
        (flat("P", 0), {"transparency": 0}),
    ],
    ids=["rgba", "grey-alpha", "palette"],
)
def test_transparency_is_laid_on_a_ground_or_dropped_by_name(
    image: Image.Image, options: dict[str, int]
) -> None:
    if image.mode == "P":
        image.putpalette([9, 9, 9, 200, 0, 0])
    beneath = {"RGBA": (200, 10, 30), "LA": (90, 90, 90), "P": (9, 9, 9)}[image.mode]
    data = encoded(image, "PNG", **options)
    for alpha, expected in {Alpha.WHITE: (255,) * 3, Alpha.BLACK: (0,) * 3, Alpha.DROP: beneath}.items():
        assert read_rgb(data, alpha=alpha).getpixel((0, 0)) == expected
    assert read_rgb(data).getpixel((0, 0)) == (255, 255, 255)


def test_thousands_of_mutated_files_are_read_or_refused_in_bounded_time_and_memory() -> None:
    """In a process of its own: a crash takes no test run with it, and its memory is its own."""
    command = [sys.executable, "-m", "tests.fuzz_images", "--files", "3000", "--seed", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    assert told["read"] + told["refused"] == told["files"] == 3000
    assert min(told["read"], told["refused"]) > 300  # the mutations are neither harmless nor hopeless
    assert told["slowest_cpu_s"] < 2
    assert told["peak_mib"] < 1024
