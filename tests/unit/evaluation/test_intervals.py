import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score

from components.errors import DataError
from components.evaluation.intervals import Interval, bootstrap, bootstrap_macro_f1, share_interval
from components.evaluation.resample_metrics import balanced_accuracy_of, macro_f1, mean_of, of_places


def _works(count: int, accuracy: float, classes: int = 4) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    truth = np.arange(count) % classes
    return truth, np.where(rng.random(count) < accuracy, truth, rng.integers(0, classes, count))


def _width(interval: Interval) -> float:
    assert interval.low is not None
    assert interval.high is not None
    return interval.high - interval.low


def test_holds_the_figure_and_narrows_with_more_works() -> None:
    few, many = _works(60, 0.7), _works(3000, 0.7)
    for truth, predicted in (few, many):
        found = bootstrap_macro_f1(truth, predicted, 4)
        assert found.point == pytest.approx(f1_score(truth, predicted, average="macro"))
        assert found.low < found.point < found.high
    assert _width(bootstrap_macro_f1(*few, 4)) > 4 * _width(bootstrap_macro_f1(*many, 4))


def test_agrees_with_drawing_works_one_by_one() -> None:
    truth, predicted = _works(80, 0.6)
    rng = np.random.default_rng(1)
    drawn = []
    for _ in range(400):
        places = np.concatenate(
            [rng.choice(np.flatnonzero(truth == k), (truth == k).sum()) for k in range(4)]
        )
        drawn.append(f1_score(truth[places], predicted[places], average="macro"))
    found = bootstrap_macro_f1(truth, predicted, 4)
    assert (found.low, found.high) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.02)


def test_covers_the_true_figure_about_as_often_as_it_says() -> None:
    inside = 0
    rng = np.random.default_rng(2)
    truth = np.arange(300) % 3
    asymptotic = 0.7 + 0.3 / 3  # accuracy = macro-F1 of symmetric errors and equal classes
    for seed in range(100):
        predicted = np.where(rng.random(300) < 0.7, truth, rng.integers(0, 3, 300))
        found = bootstrap_macro_f1(truth, predicted, 3, resamples=400, seed=seed)
        inside += found.low <= asymptotic <= found.high
    assert inside >= 88


def test_is_reproducible() -> None:
    truth, predicted = _works(60, 0.7)
    assert bootstrap_macro_f1(truth, predicted, 4) == bootstrap_macro_f1(truth, predicted, 4)


@pytest.mark.parametrize(
    ("truth", "predicted", "groups"),
    [
        ([0, 1, 2], [0, 0, 1], None),  # a work a class
        ([0, 0, 1, 1], [0, 0, 0, 0], ["a", "a", "b", "b"]),  # a picture a class, in copies
        ([0, 0, 1, 1], [0, 0, 0, 0], ["a", "a", "a", "a"]),  # all one picture
        ([0, 0, 1, 1], [1, 1, 0, 0], None),  # every answer wrong
        ([0, 0, 1, 1], [0, 0, 1, 1], None),  # every answer right
    ],
)
def test_an_interval_that_cannot_vary_is_none(
    truth: list[int], predicted: list[int], groups: list[str] | None
) -> None:
    is_, said = np.array(truth), np.array(predicted)
    found = bootstrap_macro_f1(is_, said, 3, groups=groups)
    assert found.point == pytest.approx(f1_score(is_, said, average="macro", labels=[0, 1, 2]))
    assert (found.low, found.high) == (None, None)
    assert str(found) == f"{found.point:.3f} [too few works]"


def test_copies_count_once_in_the_interval_of_macro_f1_and_of_shares() -> None:
    truth, predicted = _works(80, 0.6)
    groups = np.repeat(np.arange(80), 4)
    copies = np.repeat(truth, 4), np.repeat(predicted, 4)
    single = bootstrap_macro_f1(truth, predicted, 4)
    honest = bootstrap_macro_f1(*copies, 4, groups=groups)
    assert honest.point == pytest.approx(single.point)
    assert _width(honest) == pytest.approx(_width(single), rel=0.15)
    assert _width(bootstrap_macro_f1(*copies, 4)) == pytest.approx(_width(single) / 2, rel=0.15)
    right = truth == predicted
    assert _width(share_interval(np.repeat(right, 4), groups)) == pytest.approx(
        _width(share_interval(right)), rel=0.15
    )


def test_groups_of_one_work_each_change_nothing() -> None:
    truth, predicted = _works(60, 0.7)
    names = [f"work {number}" for number in range(60)]
    assert bootstrap_macro_f1(truth, predicted, 4, groups=names) == bootstrap_macro_f1(truth, predicted, 4)
    assert share_interval(truth == predicted, names) == share_interval(truth == predicted)
    order = np.random.default_rng(0).permutation(60)
    assert share_interval((truth == predicted)[order]) == share_interval(truth == predicted)


def test_many_classes_are_quick_and_the_same() -> None:
    truth, predicted = _works(3000, 0.6, classes=101)
    found = bootstrap_macro_f1(truth, predicted, 101, resamples=100)
    assert found.point == pytest.approx(f1_score(truth, predicted, average="macro"))
    assert found.low < found.point < found.high


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
        if found.low is None:
            assert (found.low, found.high) == (None, None)
        else:
            assert 0 <= found.low <= found.point <= found.high <= 1


def test_metrics_of_draws_agree_with_scikit_learn() -> None:
    truth, predicted = _works(90, 0.6)
    found = bootstrap(macro_f1(truth, predicted, 4), 90, strata=truth)
    assert found.point == pytest.approx(f1_score(truth, predicted, average="macro"))
    quick = bootstrap_macro_f1(truth, predicted, 4)
    assert (found.low, found.high) == pytest.approx((quick.low, quick.high), abs=0.02)
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
