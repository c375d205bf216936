import numpy as np
import pytest
from sklearn.metrics import f1_score

from components.errors import DataError
from components.evaluation.intervals import bootstrap_macro_f1


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
