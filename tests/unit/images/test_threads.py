"""Work on many items, in threads or processes: in order, an error at its place, never far ahead."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.data import processes
from components.data.images import scan
from components.data.threads import in_order
from tests.tiny_collections import picture
from tests.tiny_work import crashed_then_failed, squared, squared_or_crashed

LOOKED_AT = scan._looked_at


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


def how(number: int, ended: str) -> tuple[int, str]:
    return number, ended


def test_many_items_are_done_in_other_processes_in_order() -> None:
    done = list(processes.in_order(squared, range(2000), "Counting", crashed=how))
    assert [square for square, _ in done] == [number * number for number in range(2000)]
    assert (os.getpid() in {process for _, process in done}) is (os.cpu_count() == 1)


def test_few_items_stay_in_this_process() -> None:
    results = processes.in_order(squared, range(50), "Counting", crashed=how)
    assert {process for _, process in results} == {os.getpid()}


def test_an_item_that_ends_its_process_is_named_and_never_tried_in_this_one() -> None:
    results = list(processes.in_order(squared_or_crashed, range(2000), "Counting", crashed=how))
    expected: list[object] = [number * number for number in range(2000)]
    expected[200], expected[207] = (200, "SIGKILL"), (207, "SIGSEGV")
    assert results == expected


def test_an_error_behind_a_crash_comes_at_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "WORTH_IT", 2)
    results = processes.in_order(crashed_then_failed, range(5), "Counting", crashed=how)
    assert [next(results) for _ in range(3)] == [0, (1, "exit status 3"), 2]
    with pytest.raises(ValueError, match="no 3"):
        next(results)


UNGUARDED = """
from components.data.processes import in_order
print(sum(in_order(abs, range(2000), "Counting", crashed=lambda item, how: 0)))
"""


def test_a_script_without_a_guarded_main_is_done_in_threads(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(UNGUARDED)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120, check=True)
    assert str(sum(range(2000))) in done.stdout.split()


def test_a_picture_that_crashes_its_decoder_is_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / f"{number}.png" for number in range(6)]
    for number, path in enumerate(paths):
        picture(number).save(path)
    monkeypatch.setattr(processes, "WORTH_IT", 2)
    monkeypatch.setattr(scan, "_looked_at", crashes_at_3)
    manifest = scan.manifest_of([scan.Work(path) for path in paths], root=tmp_path, source="folder")
    assert len(manifest) == 5
    (rejected,) = manifest.rejected
    assert rejected.path == "3.png"
    assert "crashed (SIGSEGV)" in rejected.reason


def crashes_at_3(work: scan.Work) -> object:
    if work.path.stem == "3":
        os.kill(os.getpid(), signal.SIGSEGV)
    return LOOKED_AT(work)
