"""RandAugment's operations one by one, next to Pillow's."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from components.data.feeding import rand_augment
from components.data.feeding.rand_augment import COLOUR, GEOMETRY, OPERATIONS, RandAugment

SIZE = (24, 32)
COARSE = np.random.default_rng(0).integers(20, 220, (3, 6, 8, 3), dtype=np.uint8)
PICTURES = np.stack([np.asarray(Image.fromarray(one).resize(SIZE[::-1], 3)) for one in COARSE])
LEVEL = 0.3
FACTOR = 0.9 * LEVEL


def coloured(name: str, sign: float = 1.0, level: float = LEVEL) -> np.ndarray:
    drawn = np.full(len(PICTURES), OPERATIONS.index(name), np.int32)
    signs = np.full(len(PICTURES), sign, np.float32)
    return np.asarray(rand_augment._coloured(PICTURES.astype(np.float32), drawn, signs, level))


def moved(name: str, level: float) -> np.ndarray:
    drawn = np.full(len(PICTURES), OPERATIONS.index(name), np.int32)
    levels = np.full(len(PICTURES), level, np.float32)
    return np.asarray(rand_augment._moved(keras.ops.convert_to_tensor(PICTURES, "float32"), drawn, levels))


PILLOWS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "brightness": lambda image: ImageEnhance.Brightness(image).enhance(1 + FACTOR),
    "colour": lambda image: ImageEnhance.Color(image).enhance(1 + FACTOR),
    "contrast": lambda image: ImageEnhance.Contrast(image).enhance(1 + FACTOR),
    "posterize": lambda image: ImageOps.posterize(image, 8 - round(4 * LEVEL)),
    "solarize": lambda image: ImageOps.solarize(image, 256 * (1 - LEVEL)),
    "autocontrast": ImageOps.autocontrast,
    "equalize": ImageOps.equalize,
}


@pytest.mark.parametrize("name", PILLOWS)
def test_colours_are_pillow_s(name: str) -> None:
    expected = np.stack([np.asarray(PILLOWS[name](Image.fromarray(one))) for one in PICTURES])
    # Pillow rounds luma and means to whole numbers, and equalises in whole steps.
    np.testing.assert_allclose(coloured(name), expected, atol={"equalize": 6}.get(name, 1.6))


def test_sharpness_is_pillow_s_within_the_border() -> None:
    expected = np.stack(
        [np.asarray(ImageEnhance.Sharpness(Image.fromarray(one)).enhance(1 - FACTOR)) for one in PICTURES]
    )
    found = coloured("sharpness", sign=-1.0)
    np.testing.assert_allclose(found[:, 1:-1, 1:-1], expected[:, 1:-1, 1:-1], atol=1.6)


def test_moves_are_pillow_s_inside() -> None:
    degrees = 30 * LEVEL
    expected = np.stack(
        [np.asarray(Image.fromarray(one).rotate(degrees, Image.Resampling.BILINEAR)) for one in PICTURES]
    ).astype(float)
    inside = (slice(None), slice(8, -8), slice(8, -8))
    found = [moved("rotate", sign * LEVEL)[inside] for sign in (1, -1)]
    assert min(np.abs(one - expected[inside]).mean() for one in found) < 3
    # Half a side to the right, or left, and what comes in is the edge.
    shifted = moved("translate x", 0.5 / 0.45)
    np.testing.assert_allclose(shifted[:, :, :16], PICTURES[:, :, 16:], atol=0.01)
    np.testing.assert_allclose(shifted[:, :, 16:], PICTURES[:, :, -1:].repeat(16, axis=2), atol=0.01)
    upright = moved("translate y", 0.5 / 0.45)
    np.testing.assert_allclose(upright[:, :12], PICTURES[:, 12:], atol=0.01)
    for name in ("shear x", "shear y"):
        middle = moved(name, LEVEL)[:, 11:13, 15:17]
        np.testing.assert_allclose(middle, PICTURES[:, 11:13, 15:17], atol=12)
        assert not np.allclose(moved(name, LEVEL), PICTURES, atol=12)


@pytest.mark.parametrize("name", COLOUR)
def test_colours_leave_a_flat_picture_in_range_and_moves_leave_colours(name: str) -> None:
    for sign in (1.0, -1.0):
        found = coloured(name, sign, level=1.0)
        assert found.min() >= 0
        assert found.max() <= 255
    drawn = np.zeros(3, np.int32)
    same = rand_augment._coloured(PICTURES.astype(np.float32), drawn, np.ones(3, np.float32), LEVEL)
    np.testing.assert_array_equal(same, PICTURES)


def test_a_picture_of_one_value_is_not_equalised_or_stretched() -> None:
    flat = np.full((1, *SIZE, 3), 77, np.float32)
    for name in ("equalize", "autocontrast", "sharpness", "contrast"):
        drawn = np.array([OPERATIONS.index(name)], np.int32)
        found = rand_augment._coloured(flat, drawn, np.ones(1, np.float32), LEVEL)
        np.testing.assert_allclose(found, flat, atol=0.01)


def test_pictures_of_a_batch_get_operations_of_their_own() -> None:
    batch = np.repeat(PICTURES[:1], 64, axis=0)
    found = np.asarray(RandAugment(seed=3)(batch, training=True))
    assert len({one.tobytes() for one in found}) > 30
    alone = np.asarray(RandAugment(num_ops=1, seed=3)(batch, training=True))
    untouched = (np.abs(alone - batch).max(axis=(1, 2, 3)) == 0).mean()
    assert 0 < untouched < 0.3  # identity is one of fourteen


def test_it_runs_in_a_compiled_graph_of_any_batch_size() -> None:
    image = keras.Input((*SIZE, 3))
    network = keras.Model(image, RandAugment(seed=1)(image))
    network.compile(loss="mse", optimizer="sgd")
    for count in (1, 3):
        assert np.isfinite(network.train_on_batch(PICTURES[:count], PICTURES[:count].astype(np.float32)))
    np.testing.assert_array_equal(network.predict(PICTURES, verbose=0), PICTURES)
    assert len(GEOMETRY) + len(COLOUR) == 14
