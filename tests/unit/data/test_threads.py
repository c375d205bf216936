"""Work on many items, in threads or processes: in order, an error at its place, never far ahead."""

from __future__ import annotations

import multiprocessing
import os
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.data import processes
from components.data.threads import in_order


@settings(deadline=None, max_examples=30)
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


def squared(number: int) -> tuple[int, int]:
    return number * number, os.getpid()


def squared_unless_it_dies(number: int) -> int:
    if number == 200 and multiprocessing.parent_process() is not None:
        os._exit(3)
    return number * number


def test_many_items_are_done_in_other_processes_in_order() -> None:
    done = list(processes.in_order(squared, range(2000), "Counting"))
    assert [square for square, _ in done] == [number * number for number in range(2000)]
    assert (os.getpid() in {process for _, process in done}) is (os.cpu_count() == 1)


def test_few_items_stay_in_this_process() -> None:
    assert {process for _, process in processes.in_order(squared, range(50), "Counting")} == {os.getpid()}


def test_where_a_process_dies_the_rest_is_done_in_threads() -> None:
    done = list(processes.in_order(squared_unless_it_dies, range(2000), "Counting"))
    assert done == [number * number for number in range(2000)]
