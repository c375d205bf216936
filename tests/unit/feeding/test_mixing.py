"""MixUp and CutMix: pictures and labels change by the same share."""

from __future__ import annotations

import numpy as np
import pytest

from components.data.feeding.mixing import Mixing
from components.errors import SettingsError

HEIGHT, WIDTH = 12, 20
LABELS = np.arange(64) % 4
FLAT = np.broadcast_to(np.uint8([10, 90, 170, 250])[LABELS][:, None, None, None], (64, HEIGHT, WIDTH, 3))
"""A picture of a class has one value, so that what is mixed shows its share."""


@pytest.mark.parametrize("kind", ["mixup", "cutmix"])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_labels_are_shares_of_what_is_in_the_picture(kind: str, dtype: type) -> None:
    images, shares = Mixing(kind, 4)(FLAT.astype(dtype), LABELS, np.random.default_rng(0))
    assert (images.dtype, shares.dtype) == (dtype, np.float32)
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-6)
    expected = shares @ np.array([10, 90, 170, 250])
    np.testing.assert_allclose(images.mean(axis=(1, 2, 3)), expected, atol=0.51)
    mixed = (shares.max(axis=1) < 0.999).mean()
    assert 0.3 < mixed < 0.95


def test_mixup_is_a_mean_everywhere_and_cutmix_a_rectangle() -> None:
    blended, _ = Mixing("mixup", 4)(FLAT, LABELS, np.random.default_rng(1))
    assert (blended.min(axis=(1, 2, 3)) == blended.max(axis=(1, 2, 3))).all()
    pasted, _ = Mixing("cutmix", 4)(FLAT, LABELS, np.random.default_rng(1))
    for before, after in zip(FLAT, pasted, strict=True):
        changed = (before != after).any(axis=2)
        rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
        if changed.any():
            assert changed[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()


@pytest.mark.parametrize("kind", ["mixup", "cutmix"])
def test_what_is_given_stays_and_the_generator_decides(kind: str) -> None:
    images = np.array(FLAT)
    first = Mixing(kind, 4)(images, LABELS, np.random.default_rng(2))
    assert np.array_equal(images, FLAT)
    for one, other in zip(first, Mixing(kind, 4)(images, LABELS, np.random.default_rng(2)), strict=True):
        assert np.array_equal(one, other)
    assert not np.array_equal(first[1], Mixing(kind, 4)(images, LABELS, np.random.default_rng(3))[1])


def test_another_name_is_refused() -> None:
    with pytest.raises(SettingsError, match="'none' mixes nothing"):
        Mixing("none", 4)


@pytest.mark.parametrize("kind", ["mixup", "cutmix"])
def test_works_of_several_labels_keep_them_all(kind: str) -> None:
    both = np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 1], [1, 0, 0, 1]], np.float32)[: len(FLAT)]
    single = np.eye(4, dtype=np.float32)[LABELS]
    _, shares = Mixing(kind, 4)(FLAT[: len(both)], both, np.random.default_rng(0))
    assert shares.shape == both.shape
    assert shares.max() <= 1 + 1e-6
    _, hot = Mixing(kind, 4)(FLAT, single, np.random.default_rng(0))
    _, numbers = Mixing(kind, 4)(FLAT, LABELS, np.random.default_rng(0))
    np.testing.assert_allclose(hot, numbers)
