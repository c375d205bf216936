from __future__ import annotations

import keras
import numpy as np
import pytest

from components.data.feeding.augment import POLICIES, layers_for, preview
from components.data.feeding.random_crops import RandomCrops
from components.errors import SettingsError

IMAGES = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3)).astype(np.float32)
PICTURES = IMAGES.astype(np.uint8)


def augmented(policy: str, seed: int = 0, *, training: bool = True) -> np.ndarray:
    layers = layers_for(policy, seed=seed)
    assert layers is not None
    return np.asarray(keras.ops.convert_to_numpy(layers(IMAGES, training=training)))


@pytest.mark.parametrize("policy", POLICIES)
def test_shape_and_range_stay_and_pixels_change(policy: str) -> None:
    pixels = augmented(policy)
    assert pixels.shape == IMAGES.shape
    assert pixels.min() >= 0
    assert pixels.max() <= 255
    assert not np.allclose(pixels, IMAGES)


@pytest.mark.parametrize("policy", POLICIES)
def test_only_training_is_augmented(policy: str) -> None:
    assert np.array_equal(augmented(policy, training=False), IMAGES)


@pytest.mark.parametrize("policy", POLICIES)
def test_the_seed_decides(policy: str) -> None:
    assert np.allclose(augmented(policy, 1), augmented(policy, 1))
    assert any(not np.allclose(augmented(policy, 1), augmented(policy, seed)) for seed in (2, 3, 4))


def test_flips_only_turn_over() -> None:
    for before, after in zip(IMAGES, augmented("flips"), strict=True):
        turned = (before, before[::-1], before[:, ::-1], before[::-1, ::-1])
        assert any(np.array_equal(after, one) for one in turned)


def test_the_edge_is_filled_with_its_nearest_pixels() -> None:
    flat = np.full((8, 16, 16, 3), 200, np.float32)
    for policy in ("rotate-zoom", "stretch"):
        layers = layers_for(policy, seed=2)
        assert layers is not None
        assert np.allclose(keras.ops.convert_to_numpy(layers(flat, training=True)), 200, atol=0.01)


def test_crops_keep_most_of_the_picture_and_reach_every_edge() -> None:
    rows, columns = np.meshgrid(np.linspace(0, 255, 64), np.linspace(0, 255, 48), indexing="ij")
    images = np.repeat(np.stack([rows, columns, rows], axis=-1)[None], 200, axis=0).astype("float32")
    seen = np.array(RandomCrops(seed=3)(images, training=True))
    ends = np.stack([seen[..., 0].max((1, 2)) - seen[..., 0].min((1, 2)), np.ptp(seen[..., 1], axis=(1, 2))])
    high, wide = ends / 255
    area = high * wide
    assert 0.57 < area.min() < 0.65
    assert area.max() > 0.95
    assert 0.7 < (high / wide).min() < (high / wide).max() < 1.4
    for channel in (0, 1):
        assert seen[..., channel].min() < 2
        assert seen[..., channel].max() > 253


def test_padding_is_one_colour_a_picture_and_crops_leave_the_middle() -> None:
    """Of an even picture nothing but padding can differ, and it lies along straight edges."""
    flat = np.full((64, 24, 24, 3), 200, np.float32)
    layers = layers_for("pad-crop", seed=3)
    assert layers is not None
    pixels = np.asarray(keras.ops.convert_to_numpy(layers(flat, training=True)))
    assert np.allclose(pixels[:, 8:16, 8:16], 200, atol=0.01)
    corners = pixels[:, 0, 0]
    is_padded = np.abs(corners - 200).max(axis=1) > 0.01
    assert 0.4 < is_padded.mean() < 0.9
    assert np.allclose(pixels[is_padded][:, -1, -1], corners[is_padded], atol=0.01)
    assert {0.0, 255.0} <= set(corners[is_padded].ravel().tolist())
    along_rows = (np.abs(pixels - 200).max(axis=3) > 0.01)[:, :, 12].any(axis=1)
    along_columns = (np.abs(pixels - 200).max(axis=3) > 0.01)[:, 12].any(axis=1)
    assert (along_rows & ~along_columns).any()
    assert (along_columns & ~along_rows).any()
    assert (along_rows & along_columns).any()


def test_none_adds_no_layer_and_an_unknown_name_is_refused() -> None:
    assert layers_for("none") is None
    with pytest.raises(
        SettingsError, match="'mixup' is no augmentation policy; expected one of none, rotate-zoom"
    ):
        layers_for("mixup")


def test_the_policies_are_the_recipes() -> None:
    from components.training.recipe import Policy

    assert {"none", *POLICIES} == {policy.value for policy in Policy}


@pytest.mark.parametrize("policy", ["none", *POLICIES])
@pytest.mark.parametrize("mix", ["none", "mixup", "cutmix"])
def test_a_preview_is_a_sheet_of_pictures(policy: str, mix: str) -> None:
    sheet = preview(PICTURES, policy, mix=mix, variants=3, seed=1)
    assert (sheet.shape, sheet.dtype) == ((3, 4, 16, 16, 3), np.uint8)
    assert np.array_equal(sheet, preview(PICTURES, policy, mix=mix, variants=3, seed=1))
    same = [np.array_equal(row, PICTURES) for row in sheet]
    assert all(same) if (policy, mix) == ("none", "none") else not all(same)


def test_a_preview_of_what_is_not_there_is_refused() -> None:
    with pytest.raises(SettingsError, match="'swirl' is no augmentation policy"):
        preview(PICTURES, "swirl")
    with pytest.raises(SettingsError, match="'swirl' mixes nothing; expected one of none, mixup, cutmix"):
        preview(PICTURES, "none", mix="swirl")
