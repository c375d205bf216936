"""Work on many files at once, in bounded memory: Pillow and hashing let other threads run meanwhile."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from components.progress import track

Item = TypeVar("Item")
Result = TypeVar("Result")

_AT_ONCE = 8
"""Items a thread takes: handing over each by itself costs a tenth of reading a small picture."""


def in_order(work: Callable[[Item], Result], items: Sequence[Item], title: str | None) -> Iterator[Result]:
    """Yield `work(item)` in the order of `items`; never far ahead of the one who takes them.

    Args:
        work: runs in as many threads as there are cores.
        items: what it runs on.
        title: of the progress bar; None shows none.

    Raises:
        Exception: the first that `work` raises, at its place; what waits behind it is dropped.
    """
    threads = os.cpu_count() or 1

    def several(start: int) -> tuple[list[Result], Exception | None]:
        done: list[Result] = []
        try:
            for item in items[start : start + _AT_ONCE]:
                done.append(work(item))  # noqa: PERF401 (what was done before an error is kept)
        except Exception as exc:  # noqa: BLE001 (raised at its place)
            return done, exc
        return done, None

    todo = iter(range(0, len(items), _AT_ONCE))
    pool = ThreadPoolExecutor(max_workers=threads)
    try:
        ahead = deque(pool.submit(several, start) for start in islice(todo, 2 * threads))
        places = range(len(items))
        shown = iter(places if title is None else track(places, title, len(items)))
        while ahead:
            done, error = ahead.popleft().result()
            ahead.extend(pool.submit(several, start) for start in islice(todo, 1))
            for result in done:
                next(shown)
                yield result
            if error is not None:
                raise error
        next(shown, None)  # the last step is shown as done
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
