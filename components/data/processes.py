"""Work on many small files in processes of their own: what is done in Python for each then runs side by side.

In threads, reading a small picture and measuring it kept one core busy of two: half of the time is
Python's own. Starting the processes takes most of a second, so a few files stay in threads.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import TypeVar

from components.data.threads import in_order as in_threads
from components.progress import track

Item = TypeVar("Item")
Result = TypeVar("Result")

WORTH_IT = 1500
"""Items from which on processes are started."""
_AT_ONCE = 32


def in_order(work: Callable[[Item], Result], items: Sequence[Item], title: str) -> Iterator[Result]:
    """Yield `work(item)` in the order of `items`, with progress; never far ahead of the one who takes them.

    Where processes cannot be started (a script without a guarded main, a process that died), the rest is
    done in threads.

    Args:
        work: a function of a module, without state.
        items: pickled, as are the results.
        title: of the progress bar.
    """
    if len(items) < WORTH_IT or (os.cpu_count() or 1) == 1:
        yield from in_threads(work, items, title)
        return
    results = _in_processes(work, items)
    for done in track(range(len(items)), title, len(items)):
        try:
            result = next(results)
        except BrokenProcessPool:
            results = in_threads(work, items[done:], None)
            result = next(results)
        yield result


def _in_processes(work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    cores = os.cpu_count() or 1
    # Not forked: this process may hold threads and locks of TensorFlow's.
    context = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")
    pool = ProcessPoolExecutor(cores, mp_context=context, initializer=_begin)
    parts = (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))
    try:
        ahead = deque(pool.submit(_several, work, part) for part in islice(parts, 3 * cores))
        while ahead:
            results = ahead.popleft().result()
            ahead.extend(pool.submit(_several, work, part) for part in islice(parts, 1))
            yield from results
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _several(work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    return [work(item) for item in items]


def _begin() -> None:
    """Leave Ctrl-C to the parent, and end when it is gone, however it went."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
