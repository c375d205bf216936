"""Work on many items: in order, an error at its place, never far ahead."""

from __future__ import annotations

import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.data.threads import in_order


@given(count=st.integers(0, 70))
def test_results_come_in_the_order_of_the_items(count: int) -> None:
    def work(number: int) -> int:
        time.sleep((number * 7 % 5) / 5000)
        return number * number

    assert list(in_order(work, range(count), "Counting")) == [number * number for number in range(count)]


@pytest.mark.parametrize("bad", [0, 5, 8, 41])
def test_an_error_comes_at_its_place(bad: int) -> None:
    def work(number: int) -> int:
        if number == bad:
            raise ValueError(f"no {bad}")
        return number

    results = in_order(work, range(50), None)
    assert [next(results) for _ in range(bad)] == list(range(bad))
    with pytest.raises(ValueError, match=f"no {bad}"):
        next(results)


def test_it_runs_never_far_ahead_of_who_takes_the_results() -> None:
    begun: list[int] = []
    results = in_order(begun.append, range(100_000), None)
    next(results)
    time.sleep(0.2)
    assert len(begun) <= 8 * (2 * (os.cpu_count() or 1) + 1)
    results.close()
