import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.errors import DataError
from components.evaluation.calibration import (
    HIGHEST,
    LOWEST,
    binned,
    chance_error,
    expected_calibration_error,
    fitted,
)
from components.inference.temperature import calibrated, scaled

SEEDS = st.integers(0, 2**32 - 1)


def _exact(works: int, classes: int = 5, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Truths drawn from the very probabilities given."""
    rng = np.random.default_rng(seed)
    odds = np.exp(2 * rng.normal(size=(works, classes)))
    probabilities = odds / odds.sum(axis=1, keepdims=True)
    truth = (probabilities.cumsum(axis=1) > rng.random((works, 1))).argmax(axis=1)
    return truth, probabilities


def test_exact_probabilities_have_no_error_but_chance() -> None:
    assert expected_calibration_error(*_exact(100_000)) < 0.01
    truth, probabilities = _exact(200)
    few = expected_calibration_error(truth, probabilities)
    assert few == pytest.approx(chance_error(probabilities), abs=0.04)
    assert chance_error(probabilities) > 0.05


def test_error_of_a_hand_made_example() -> None:
    probabilities = np.array([[0.9, 0.1]] * 4 + [[0.4, 0.6]] * 4)
    truth = np.array([0, 0, 0, 1, 1, 1, 0, 0])  # .75 right where .9 sure, .5 right where .6 sure
    bins = binned(truth, probabilities)
    assert list(bins.works) == [4, 4]
    assert bins.confidence == pytest.approx([0.6, 0.9])
    assert bins.accuracy == pytest.approx([0.5, 0.75])
    assert ((bins.low < bins.confidence) & (bins.confidence <= bins.high)).all()
    error = expected_calibration_error(truth, probabilities)
    assert error == pytest.approx((4 * 0.1 + 4 * 0.15) / 8)


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, bins=st.integers(1, 30))
def test_error_does_not_go_by_the_order_of_works_or_classes(seed, bins) -> None:
    truth, probabilities = _exact(80, seed=seed % 1000)
    rng = np.random.default_rng(seed)
    works, classes = rng.permutation(80), rng.permutation(5)
    there = np.argsort(classes)
    error = expected_calibration_error(truth, probabilities, bins=bins)
    turned = expected_calibration_error(there[truth[works]], probabilities[works][:, classes], bins=bins)
    assert turned == pytest.approx(error)
    assert 0 <= error <= 1
    assert binned(truth, probabilities, bins=bins).works.sum() == 80


def test_exact_probabilities_need_no_temperature() -> None:
    found = fitted(*_exact(20_000))
    assert found.temperature == pytest.approx(1, abs=0.03)
    assert found.ece_after == pytest.approx(found.ece_before, abs=0.01)


@settings(max_examples=15, deadline=None)
@given(temperature=st.floats(0.3, 4), seed=st.integers(0, 1000))
def test_finds_the_temperature_that_was_lost(temperature, seed) -> None:
    truth, probabilities = _exact(6000, seed=seed)
    found = fitted(truth, scaled(probabilities, 1 / temperature).astype(np.float32))
    assert found.temperature == pytest.approx(temperature, rel=0.1)
    assert found.log_loss_after <= found.log_loss_before


def test_takes_over_confidence_out_of_other_works_too() -> None:
    truth, probabilities = _exact(3000)
    sure = scaled(probabilities, 1 / 2.5)
    found = fitted(truth[:1500], sure[:1500])
    assert found.ece_before > 0.15
    assert found.ece_after < 0.04
    assert expected_calibration_error(truth[1500:], scaled(sure[1500:], found.temperature)) < 0.04


@settings(max_examples=40, deadline=None)
@given(temperature=st.floats(LOWEST, HIGHEST), seed=st.integers(0, 100))
def test_scaling_keeps_distributions_and_answers_and_can_be_undone(temperature, seed) -> None:
    _, probabilities = _exact(20, seed=seed)
    cooler = scaled(probabilities, temperature)
    assert cooler.sum(axis=1) == pytest.approx(1)
    assert (cooler.argmax(axis=1) == probabilities.argmax(axis=1)).all()
    if temperature > 0.5:  # below it the rarest classes' probabilities are nought
        assert scaled(cooler, 1 / temperature) == pytest.approx(probabilities)


@pytest.mark.parametrize("right", [True, False])
def test_stays_within_bounds_where_every_answer_is_right_or_wrong(right) -> None:
    truth = np.arange(30) % 3
    probabilities = np.eye(3)[truth if right else (truth + 1) % 3] * 0.97 + 0.01
    found = fitted(truth, probabilities)
    assert LOWEST <= found.temperature <= HIGHEST
    assert (found.temperature < 1) == right
    assert np.isfinite([found.log_loss_before, found.log_loss_after]).all()


def test_noughts_of_a_softmax_are_no_infinities() -> None:
    truth = np.array([0, 1, 2, 0])
    found = fitted(truth, np.eye(3)[[0, 1, 2, 1]])
    assert np.isfinite([found.temperature, found.log_loss_before, found.log_loss_after]).all()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: expected_calibration_error(np.array([0, 1]), np.full((2, 2), 0.9)), "sum to 1"),
        (lambda: fitted(np.array([0, 3]), np.full((2, 2), 0.5)), "class numbers 0..1"),
        (lambda: fitted(np.array([], int), np.empty((0, 2))), "N > 0"),
        (lambda: binned(np.array([0, 1]), np.full((2, 2), 0.5), bins=0), "received 0"),
        (lambda: scaled(np.full((2, 2), 0.5), 0.0), "above 0; received 0"),
        (lambda: binned(np.array([0, 1]), np.array([0.5, 0.5])), "received .2,. and .2,."),
    ],
)
def test_says_what_is_wrong(call, said) -> None:
    with pytest.raises(DataError, match=said):
        call()


@given(SEEDS, st.floats(0.05, 100))
@settings(max_examples=60)
def test_in_single_precision_the_first_class_stays_the_first(seed: int, temperature: float) -> None:
    rng = np.random.default_rng(seed)
    close = rng.integers(0, 3, (20, 4)) * np.float32(6e-8) + np.float32(0.25)  # one rounding step apart
    sure = np.eye(4, dtype=np.float32)[rng.integers(0, 4, 20)]
    for probabilities in (close.astype(np.float32), sure):
        divided = calibrated(probabilities, temperature)
        assert divided.dtype == np.float32
        np.testing.assert_array_equal(divided.argmax(axis=1), probabilities.argmax(axis=1))
        np.testing.assert_allclose(divided, scaled(probabilities, temperature), atol=1e-6)
