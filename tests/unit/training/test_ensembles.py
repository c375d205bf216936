"""Bootstrap resamples by group, what they leave out, and the table of folds."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from components.errors import DataError
from components.evaluation import folds
from components.evaluation.metrics import evaluate
from components.training.ensembles.bagging import OutOfBag, Resample, left_out


def _works() -> tuple[list[str], np.ndarray]:
    """300 works, every third pair near-duplicates; the third class is rare."""
    groups = [f"group {number - number % 2 if number % 3 == 0 else number}" for number in range(300)]
    labels = np.where(np.arange(300) < 12, 2, np.arange(300) // 2 % 2)
    return groups, labels


def test_groups_are_drawn_whole_and_each_class_keeps_its_share() -> None:
    groups, labels = _works()
    rows = Resample(member=1).rows(groups, labels)
    times = Counter(rows.tolist())
    by_group: dict[str, set[int]] = {}
    for place, group in enumerate(groups):
        by_group.setdefault(group, set()).add(times.get(place, 0))
    assert all(len(counts) == 1 for counts in by_group.values())
    assert max(times.values()) > 1
    first = dict(reversed(list(zip(groups, labels, strict=True))))
    drawn: Counter[int] = Counter()
    for group, counts in by_group.items():
        drawn[first[group]] += counts.pop()
    assert drawn == Counter(first.values())


def test_members_draw_otherwise_and_always_the_same() -> None:
    groups, labels = _works()
    draws = [Resample(member=member, seed=3).rows(groups, labels) for member in (1, 2, 1)]
    np.testing.assert_array_equal(draws[0], draws[2])
    assert len(draws[0]) != len(draws[1]) or (draws[0] != draws[1]).any()
    keys = {Resample(member=member, seed=seed).key for member in (1, 2) for seed in (0, 1)}
    assert len(keys) == 4


def test_several_labels_to_a_work_are_drawn_alike() -> None:
    groups = [str(number) for number in range(50)]
    rows = Resample(member=1).rows(groups, np.ones((50, 4), int))
    assert len(rows) == 50


def test_out_of_bag_answers_are_means_of_those_who_did_not_see() -> None:
    groups, labels = _works()
    rows = Resample(member=1).rows(groups, labels)
    out = left_out(rows, 300)
    assert not set(out) & set(rows)
    assert 0.25 < len(out) / 300 < 0.5
    bag = OutOfBag(4, 2)
    bag.add(np.array([0, 2]), np.array([[1.0, 0.0], [0.5, 0.5]]))
    bag.add(np.array([2]), np.array([[0.0, 1.0]]))
    np.testing.assert_array_equal(bag.places, [0, 2])
    np.testing.assert_allclose(bag.probabilities, [[1, 0], [0.25, 0.75]])


def test_folds_as_a_table() -> None:
    metrics = [
        {
            "test/macro_f1": f1,
            "test/macro_f1_low": f1 - 0.1,
            "test/macro_f1_high": f1 + 0.1,
            "test/accuracy": f1,
            "training_seconds": 10 * f1,
        }
        for f1 in (0.5, 0.7)
    ]
    truth = np.array([0, 1, 0, 1])
    pooled = evaluate(truth, np.eye(2)[[0, 1, 1, 1]], ["a", "b"])
    rows = folds.rows(metrics, [2, 2], pooled)
    assert [row["fold"] for row in rows] == ["1", "2", "mean ± sd", "all works"]
    assert rows[0]["95 % interval"] == "[0.400, 0.600]"
    assert rows[2]["macro-F1"] == "0.600 ± 0.141"
    assert [row["seconds"] for row in rows] == ["5", "7", "12", "12"]
    assert rows[3]["macro-F1"] == f"{pooled.macro_f1:.3f}"
    assert rows[3]["works"] == 4
    assert "weighted F1" not in rows[0]  # the runs did not log it
    assert folds.summary(metrics)["folds/accuracy_mean"] == pytest.approx(0.6)
    with pytest.raises(DataError, match="at least one fold"):
        folds.spread([])
