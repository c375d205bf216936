"""What training works are like, and what is unlike them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from components.data.manifest import Split
from components.errors import DataError, RegistryError
from components.evaluation.novelty import WORKS, described, drawn, fitted
from components.inference.novelty import LIKE_TRAINING, UNLIKE_TRAINING, Novelty

WIDTH = 40
_AXES = np.random.default_rng(9).normal(size=(6, WIDTH))


def works(count: int, seed: int) -> np.ndarray:
    """Six causes behind forty statistics, of very different scales, one of which never changes."""
    rng = np.random.default_rng(seed)
    statistics = rng.normal(size=(count, 6)) @ _AXES + 0.1 * rng.normal(size=(count, WIDTH))
    statistics[:, -1] = 0
    return (statistics * np.logspace(-2, 3, WIDTH) + 5).astype(np.float32)


def test_one_in_twenty_new_works_is_a_false_alarm_and_what_breaks_the_pattern_is_found() -> None:
    novelty = fitted(works(400, 0), works(400, 1))
    fresh = works(2000, 2)
    assert (novelty.scores(fresh) > novelty.threshold).mean() == pytest.approx(0.05, abs=0.03)
    shuffled = np.random.default_rng(3).permuted(fresh, axis=0)  # each statistic as common as before
    assert (novelty.scores(shuffled) > novelty.threshold).mean() > 0.99


def test_training_works_score_about_one() -> None:
    train = works(200, 0)
    assert np.sqrt(np.mean(np.square(fitted(train, works(50, 1)).scores(train)))) == pytest.approx(
        1, abs=1e-3
    )


def test_what_never_varied_does_not_decide_alone() -> None:
    novelty = fitted(works(200, 0), works(200, 1))
    odd = works(20, 2)
    odd[:, -1] += 1e6
    assert np.isfinite(novelty.scores(odd)).all()
    assert (novelty.scores(odd) < 1e3).all()


def test_a_threshold_can_be_carried_over_in_the_same_units() -> None:
    judged = fitted(works(200, 0), works(200, 1))
    again = described(np.concatenate([works(200, 0), works(200, 1)]), threshold=judged.threshold)
    assert again.threshold == judged.threshold
    assert (again.scores(works(1000, 2)) > again.threshold).mean() == pytest.approx(0.05, abs=0.04)


def test_wide_statistics_of_few_works_work() -> None:
    wide = np.random.default_rng(0).normal(size=(12, 3000)).astype(np.float32)
    novelty = fitted(wide[:8], wide[8:])
    assert novelty.axes.shape == (3000, 2)
    assert np.isfinite(novelty.scores(wide)).all()


def test_it_answers_the_same_once_it_was_saved(tmp_path: Path) -> None:
    novelty = fitted(works(200, 0), works(50, 1))
    limit = novelty.save(tmp_path / "novelty.npz", Split.VALIDATION, 0.04)
    loaded = Novelty.load(tmp_path / "novelty.npz", limit)
    assert loaded.threshold == novelty.threshold
    np.testing.assert_allclose(loaded.scores(works(50, 3)), novelty.scores(works(50, 3)), rtol=5e-3)


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "novelty.npz"
    limit = fitted(works(50, 0), works(50, 1)).save(path, Split.VALIDATION, None)
    fitted(works(50, 5), works(50, 1)).save(path, Split.VALIDATION, None)
    with pytest.raises(RegistryError, match=r"novelty\.npz.*SHA-256.*atelier promote"):
        Novelty.load(path, limit)
    path.write_bytes(b"no archive")
    with pytest.raises(RegistryError, match=r"novelty\.npz"):
        Novelty.load(path, limit)


def test_a_score_says_what_it_means() -> None:
    novelty = fitted(works(200, 0), works(200, 1))
    usual, odd = novelty.judge(np.stack([works(1, 2)[0], works(1, 2)[0][::-1]]))
    assert (usual.unlike_training, usual.message) == (False, LIKE_TRAINING)
    assert (odd.unlike_training, odd.message) == (True, UNLIKE_TRAINING)


def test_too_few_works_and_no_numbers_are_refused() -> None:
    with pytest.raises(DataError, match="at least 8 works"):
        fitted(works(7, 0), works(20, 1))
    with pytest.raises(DataError, match="at least one validation work"):
        fitted(works(20, 0), works(0, 1))
    diverged = works(20, 0)
    diverged[3, 3] = np.nan
    with pytest.raises(DataError, match="diverged"):
        fitted(diverged, works(20, 1))


def test_the_same_works_are_drawn_each_time() -> None:
    assert list(drawn(5)) == [0, 1, 2, 3, 4]
    many = drawn(5 * WORKS)
    assert len(many) == len(set(many)) == WORKS
    assert (np.diff(many) > 0).all()
    np.testing.assert_array_equal(many, drawn(5 * WORKS))
