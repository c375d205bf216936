"""Pictures of more than 8 bits: white is recognised, and outliers change no other pixel."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image

from components.data.images.reader import read_rgb, skim
from tests.fuzz_images import encoded


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
