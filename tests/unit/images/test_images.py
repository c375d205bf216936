from __future__ import annotations

import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from components.data.alpha import Alpha
from components.data.images.reader import read_rgb, resize, skim
from components.errors import ImageError
from tests.fuzz_images import encoded
from tests.tiny_collections import picture


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
