import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import f1_score

from components.errors import DataError
from components.evaluation.answers import logged_rows, work_rows
from components.evaluation.paired import beside_best, compare, mcnemar, of_tables

NAMES = ["Cubism", "Impressionism", "Pop Art"]


def _runs(works: int, first: float, second: float, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Truth and two runs' answers, right by so much more than chance; works are hard for both."""
    rng = np.random.default_rng(seed)
    truth, hardness = np.arange(works) % 3, rng.random(works)
    answers = [
        np.where(hardness + 0.3 * rng.normal(size=works) < skill, truth, rng.integers(0, 3, works))
        for skill in (first, second)
    ]
    return truth, *answers


def test_tells_a_better_run_and_how_much_better() -> None:
    truth, first, second = _runs(300, 0.4, 0.8)
    found = compare(truth, first, second, 3)
    assert found.first_macro_f1 == pytest.approx(f1_score(truth, first, average="macro"))
    assert found.second_macro_f1 == pytest.approx(f1_score(truth, second, average="macro"))
    assert found.difference.point == pytest.approx(found.second_macro_f1 - found.first_macro_f1)
    assert 0 < found.difference.low < found.difference.point < found.difference.high
    assert found.p_value < 0.01
    assert found.mcnemar_p < 0.01
    assert "The second is better on 300 works" in found.verdict
    assert "The first is better" in compare(truth, second, first, 3).verdict


def test_pairing_tells_what_two_intervals_would_not() -> None:
    truth, first, _ = _runs(300, 0.6, 0.6)
    wrong = np.flatnonzero(first != truth)[:10]
    second = first.copy()
    second[wrong] = truth[wrong]  # right on ten works more, elsewhere the same
    found = compare(truth, first, second, 3)
    assert found.p_value < 0.01
    assert (found.only_first, found.only_second) == (0, 10)
    assert found.mcnemar_p == pytest.approx(2 * 0.5**10)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), skills=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_is_symmetric(seed, skills) -> None:
    truth, first, second = _runs(60, *skills, seed=seed)
    there = compare(truth, first, second, 3, resamples=200)
    back = compare(truth, second, first, 3, resamples=200)
    assert back.p_value == there.p_value
    assert back.mcnemar_p == pytest.approx(there.mcnemar_p)
    assert back.difference.point == -there.difference.point
    if there.difference.low is not None:
        ends = (-there.difference.high, -there.difference.low)
        assert (back.difference.low, back.difference.high) == pytest.approx(ends)
    assert 0 < there.p_value <= 1
    assert 0 < there.mcnemar_p <= 1


def test_the_same_answers_do_not_differ() -> None:
    truth, first, _ = _runs(60, 0.6, 0.6)
    found = compare(truth, first, first, 3)
    assert found.difference_text == "0.000, the same answers"
    assert found.p_value == found.mcnemar_p == 1
    assert "No difference can be told" in found.verdict


def test_alike_runs_are_called_different_about_as_often_as_it_says() -> None:
    called = sum(
        compare(*_runs(150, 0.6, 0.6, seed=seed), 3, resamples=400, seed=seed).p_value < 0.05
        for seed in range(200)
    )
    assert 1 <= called <= 20  # of 10 expected


def test_copies_of_a_work_are_no_more_witnesses() -> None:
    truth, first, second = (np.repeat(one, 5) for one in _runs(60, 0.5, 0.75, seed=1))
    each = compare(truth, first, second, 3)
    grouped = compare(truth, first, second, 3, groups=np.repeat(np.arange(60), 5))
    wide, narrow = (one.difference.high - one.difference.low for one in (grouped, each))
    assert wide == pytest.approx(narrow * np.sqrt(5), rel=0.25)
    single = compare(truth[::5], first[::5], second[::5], 3)
    assert grouped.mcnemar_p == single.mcnemar_p > each.mcnemar_p


def test_copies_of_one_picture_a_class_tell_no_difference() -> None:
    truth = np.repeat([0, 1, 2], 20)
    right, wrong = truth.copy(), (truth + 1) % 3
    found = compare(truth, wrong, right, 3, groups=np.repeat(["a", "b", "c"], 20))
    assert found.difference_text == "1.000 [too few works]"
    assert found.p_value == found.mcnemar_p == 0.25
    assert found.verdict == "No difference can be told on 60 works: too few works."
    assert "The second is better" in compare(truth, wrong, right, 3).verdict  # 60 pictures are enough


@settings(max_examples=30, deadline=None)
@given(first=st.integers(0, 40), second=st.integers(0, 40))
def test_mcnemar_is_a_coin_thrown_for_each_work_they_differ_on(first, second) -> None:
    assert mcnemar(first, second) == pytest.approx(mcnemar(second, first))
    expected = binomtest(first, first + second).pvalue if first + second else 1
    assert mcnemar(first, second) == expected


def _table(answers: np.ndarray, truth: np.ndarray, groups: list[str] | None = None) -> list[dict]:
    return work_rows([f"{n}.jpg" for n in range(len(truth))], truth, np.eye(3)[answers], NAMES, groups)


def test_two_runs_tables_are_compared_work_by_work() -> None:
    truth, first, second = _runs(90, 0.4, 0.8)
    there = of_tables(_table(first, truth), _table(second, truth)[::-1], NAMES)
    back = of_tables(_table(second, truth)[::-1], _table(first, truth), NAMES)
    direct = compare(truth, first, second, 3)
    assert replace(there, difference=direct.difference, p_value=direct.p_value) == direct
    assert there.p_value == back.p_value
    assert there.row()["works"] == 90
    assert there.row()["verdict"] == there.verdict


def test_tables_say_what_was_answered() -> None:
    rows = work_rows(["a", "b"], np.array([0, 2]), np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3]]), NAMES)
    assert rows[1] == {
        "work": "b",
        "group": "b",
        "true": "Pop Art",
        "predicted": "Impressionism",
        "probability": 0.6,
        "probability_of_true": 0.3,
    }
    with pytest.raises(DataError, match=r"2 names \(1 different"):
        work_rows(["a", "a"], np.array([0, 2]), np.eye(3)[[0, 2]], NAMES)


def test_tables_come_back_as_they_were_logged(tmp_path: Path) -> None:
    truth, first, _ = _runs(9, 0.5, 0.5)
    rows, file = _table(first, truth), tmp_path / "test_works.json"
    columns = list(rows[0])
    file.write_text(json.dumps({"columns": columns, "data": [list(row.values()) for row in rows]}))
    assert logged_rows(file) == rows
    file.write_text("[1, 2]")
    with pytest.raises(DataError, match="expected a table"):
        logged_rows(file)
    with pytest.raises(DataError, match="FileNotFoundError"):
        logged_rows(tmp_path / "none.json")


def test_says_what_is_wrong() -> None:
    truth, first, second = _runs(9, 0.5, 0.5)
    with pytest.raises(DataError, match="same test works"):
        compare(truth, first[:5], second, 3)
    with pytest.raises(DataError, match="at least one work"):
        compare(truth[:0], first[:0], second[:0], 3)
    with pytest.raises(DataError, match="9 and 8 works, of which 8"):
        of_tables(_table(first, truth), _table(second, truth)[:8], NAMES)
    other = [row | {"true": "Cubism"} for row in _table(second, truth)]
    with pytest.raises(DataError, match="9 and 9 works, of which 3"):
        of_tables(_table(first, truth), other, NAMES)
    with pytest.raises(DataError, match="received 'Pop Art' too"):
        of_tables(_table(first, truth), _table(second, truth), NAMES[:2])


def test_several_runs_beside_the_best_of_them() -> None:
    truth, poor, good = _runs(300, 0.3, 0.8)
    nearly = good.copy()
    nearly[0] = (truth[0] + 1) % 3 if good[0] == truth[0] else truth[0]
    names = [str(number) for number in range(300)]
    runs = {
        name: work_rows(names, truth, np.eye(3)[said], NAMES)
        for name, said in {"A1": poor, "A2": good, "A3": nearly}.items()
    }
    runs["A4"] = runs["A2"][:200]  # of other works
    best, second, last = beside_best(runs, NAMES)
    assert {best["run"], second["run"]} == {"A2", "A3"}
    assert best["difference"] == best["p"] == ""
    assert last["run"] == "A1"
    assert second["p"] > 0.05 > last["p"]
    assert second["right only here"] + second["right only in the best"] == 1
    assert list(best) == list(last)
    assert beside_best({"A1": runs["A1"]}, NAMES) == []
