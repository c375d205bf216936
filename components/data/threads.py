"""Work on many files at once, in bounded memory: Pillow and hashing let other threads run meanwhile."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from components.progress import track

Item = TypeVar("Item")
Result = TypeVar("Result")


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
    todo = iter(items)
    pool = ThreadPoolExecutor(max_workers=threads)
    try:
        ahead: deque[Future[Result]] = deque(pool.submit(work, item) for item in islice(todo, 8 * threads))
        places = range(len(items))
        for _ in places if title is None else track(places, title, len(items)):
            yield ahead.popleft().result()
            ahead.extend(pool.submit(work, item) for item in islice(todo, 1))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
