import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score

from components.errors import DataError
from components.evaluation.intervals import (
    balanced_accuracy_of,
    bootstrap,
    bootstrap_macro_f1,
    macro_f1,
    mean_of,
    of_places,
)


def _works(count: int, accuracy: float, classes: int = 4) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    truth = np.arange(count) % classes
    return truth, np.where(rng.random(count) < accuracy, truth, rng.integers(0, classes, count))


def test_holds_the_figure_and_narrows_with_more_works() -> None:
    few, many = _works(60, 0.7), _works(3000, 0.7)
    for truth, predicted in (few, many):
        low, high = bootstrap_macro_f1(truth, predicted, 4)
        assert low < f1_score(truth, predicted, average="macro") < high
    low_few, high_few = bootstrap_macro_f1(*few, 4)
    low_many, high_many = bootstrap_macro_f1(*many, 4)
    assert high_few - low_few > 4 * (high_many - low_many)


def test_agrees_with_drawing_works_one_by_one() -> None:
    truth, predicted = _works(80, 0.6)
    rng = np.random.default_rng(1)
    drawn = []
    for _ in range(400):
        places = np.concatenate(
            [rng.choice(np.flatnonzero(truth == k), (truth == k).sum()) for k in range(4)]
        )
        drawn.append(f1_score(truth[places], predicted[places], average="macro"))
    assert bootstrap_macro_f1(truth, predicted, 4) == pytest.approx(
        np.quantile(drawn, [0.025, 0.975]), abs=0.02
    )


def test_covers_the_true_figure_about_as_often_as_it_says() -> None:
    inside = 0
    rng = np.random.default_rng(2)
    truth = np.arange(300) % 3
    asymptotic = 0.7 + 0.3 / 3  # accuracy = macro-F1 of symmetric errors and equal classes
    for seed in range(100):
        predicted = np.where(rng.random(300) < 0.7, truth, rng.integers(0, 3, 300))
        low, high = bootstrap_macro_f1(truth, predicted, 3, resamples=400, seed=seed)
        inside += low <= asymptotic <= high
    assert inside >= 88


def test_is_reproducible_and_sure_of_a_perfect_answer() -> None:
    truth, predicted = _works(60, 0.7)
    assert bootstrap_macro_f1(truth, predicted, 4) == bootstrap_macro_f1(truth, predicted, 4)
    assert bootstrap_macro_f1(truth, truth, 4) == (1.0, 1.0)


@pytest.mark.parametrize(("works", "answers"), [(0, 0), (3, 2)])
def test_says_what_is_wrong(works: int, answers: int) -> None:
    with pytest.raises(DataError, match=f"received {works} works and {answers} predictions"):
        bootstrap_macro_f1(np.zeros(works, int), np.zeros(answers, int), 2)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), works=st.integers(1, 60), classes=st.integers(2, 6), tied=st.booleans())
def test_any_interval_holds_its_figure(seed, works, classes, tied) -> None:
    rng = np.random.default_rng(seed)
    truth, predicted = rng.integers(0, classes, (2, works))
    groups = rng.integers(0, works, works) if tied else None
    for metric in (
        mean_of(truth == predicted),
        macro_f1(truth, predicted, classes),
        balanced_accuracy_of(truth, predicted, classes),
    ):
        found = bootstrap(metric, works, strata=truth, groups=groups, resamples=50, seed=seed)
        assert 0 <= found.low <= found.point <= found.high <= 1


def test_metrics_of_draws_agree_with_scikit_learn() -> None:
    truth, predicted = _works(90, 0.6)
    found = bootstrap(macro_f1(truth, predicted, 4), 90, strata=truth)
    assert found.point == pytest.approx(f1_score(truth, predicted, average="macro"))
    assert (found.low, found.high) == pytest.approx(bootstrap_macro_f1(truth, predicted, 4), abs=0.02)
    balanced = bootstrap(balanced_accuracy_of(truth, predicted, 4), 90, strata=truth)
    assert balanced.point == pytest.approx(balanced_accuracy_score(truth, predicted))
    accuracy = bootstrap(mean_of(truth == predicted), 90)
    assert accuracy.point == pytest.approx(accuracy_score(truth, predicted))
    assert str(accuracy) == f"{accuracy.point:.3f} [{accuracy.low:.3f}, {accuracy.high:.3f}]"


def test_a_figure_of_places_is_the_same_figure() -> None:
    truth, predicted = _works(50, 0.6)
    slow = bootstrap(of_places(lambda at: float((truth[at] == predicted[at]).mean())), 50, resamples=100)
    assert slow == bootstrap(mean_of(truth == predicted), 50, resamples=100)


def test_groups_are_drawn_whole_and_strata_keep_their_size() -> None:
    truth = np.repeat([0, 1, 2], [3, 40, 80])
    groups = np.concatenate([[0, 1, 2], np.repeat(np.arange(3, 63), 2)])
    seen = []

    def watched(weights: np.ndarray) -> np.ndarray:
        seen.append(weights)
        return weights.sum(axis=1)

    bootstrap(watched, 123, strata=truth, groups=groups, resamples=20)
    drawn = np.concatenate(seen[1:])
    assert (drawn[:, 3::2] == drawn[:, 4::2]).all()
    for one, size in ((0, 3), (1, 40), (2, 80)):
        assert (drawn[:, truth == one].sum(axis=1) == size).all()


def test_copies_of_a_work_widen_an_interval_they_would_narrow() -> None:
    right = np.random.default_rng(0).random(80) < 0.7
    copies, groups = np.repeat(right, 4), np.repeat(np.arange(80), 4)
    single = bootstrap(mean_of(right), 80)
    fooled = bootstrap(mean_of(copies), 320)
    honest = bootstrap(mean_of(copies), 320, groups=groups)
    assert honest.high - honest.low == pytest.approx(single.high - single.low, rel=0.15)
    assert fooled.high - fooled.low == pytest.approx((single.high - single.low) / 2, rel=0.15)


def test_many_works_are_drawn_in_parts_with_the_same_figures() -> None:
    right = np.random.default_rng(0).random(50_000) < 0.9
    found = bootstrap(mean_of(right), 50_000, resamples=200)
    assert found.high - found.low == pytest.approx(2 * 1.96 * np.sqrt(0.09 / 50_000), rel=0.25)


@pytest.mark.parametrize(("works", "groups"), [(0, None), (3, [1, 2])])
def test_bootstrap_says_what_is_wrong(works: int, groups: list[int] | None) -> None:
    with pytest.raises(DataError, match=f"received {works} works"):
        bootstrap(mean_of(np.ones(works)), works, groups=groups)
