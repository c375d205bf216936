"""Work on many small files in processes of their own: what is done in Python for each then runs side by side.

In threads, reading a small picture and measuring it kept one core busy of two: half of the time is
Python's own. Starting the processes takes most of a second, so a few files stay in threads.

A decoder in C can crash on a hostile file and takes its process with it. The items that were under way are
then done one by one in a process apart, which shows the item at fault; it is never tried in this process.
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
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, TypeVar

from components.data.threads import in_order as in_threads
from components.progress import track

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext, SpawnContext

Item = TypeVar("Item")
Result = TypeVar("Result")

WORTH_IT = 1500
"""Items from which on processes are started."""
_AT_ONCE = 32
"""Items that a process takes at once."""
_AHEAD = 3
"""Times as many parts as there are processes are handed out at most."""


class _StartError(Exception):
    """A process ended before it reached the work."""


def in_order(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    title: str,
    *,
    crashed: Callable[[Item, str], Result],
) -> Iterator[Result]:
    """Yield `work(item)` in the order of `items`, with progress; never far ahead of the one who takes them.

    Where processes cannot be started (a script without a guarded main), the rest is done in threads.

    Args:
        work: a function of a module, without state.
        items: pickled, as are the results.
        title: of the progress bar.
        crashed: gives the result of an item whose process ended amid the work; it is told how it ended, as
            in "SIGSEGV". Called in this process.

    Raises:
        Exception: the first that `work` raises, at its place or up to 31 items before it.
    """
    if len(items) < WORTH_IT or (os.cpu_count() or 1) == 1:
        yield from in_threads(work, items, title)
        return
    results = _in_processes(work, items, crashed)
    for done in track(range(len(items)), title, len(items)):
        try:
            result = next(results)
        except _StartError:
            results = in_threads(work, items[done:], None)
            result = next(results)
        yield result


def _in_processes(
    work: Callable[[Item], Result], items: Sequence[Item], crashed: Callable[[Item, str], Result]
) -> Iterator[Result]:
    cores = os.cpu_count() or 1
    done = 0
    while done < len(items):
        try:
            for result in _in_pool(work, items[done:], cores):
                done += 1
                yield result
        except BrokenProcessPool:
            suspects = items[done : done + (_AHEAD * cores + 1) * _AT_ONCE]
            for result in _one_by_one(work, suspects, crashed):
                done += 1
                yield result


def _in_pool(work: Callable[[Item], Result], items: Sequence[Item], cores: int) -> Iterator[Result]:
    pool = ProcessPoolExecutor(cores, mp_context=_context(), initializer=_begin)
    parts = (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))
    try:
        ahead = deque(pool.submit(_several, work, part) for part in islice(parts, _AHEAD * cores))
        while ahead:
            results = ahead.popleft().result()
            ahead.extend(pool.submit(_several, work, part) for part in islice(parts, 1))
            yield from results
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _several(work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    return [work(item) for item in items]


def _one_by_one(
    work: Callable[[Item], Result], items: Sequence[Item], crashed: Callable[[Item, str], Result]
) -> Iterator[Result]:
    """In one process, and behind each item that ends it in another one.

    Raises:
        _StartError: a process ended before it reached the work.
    """
    done = 0
    while done < len(items):
        receiver, sender = multiprocessing.Pipe(duplex=False)
        process = _context().Process(target=_send_results, args=(sender, work, items[done:]))
        process.start()
        sender.close()  # the process holds the only other end, so that its end is seen here
        try:
            for result in _received(receiver):
                done += 1
                yield result
        finally:
            receiver.close()
            process.terminate()  # it has ended already, unless the results are not wanted any more
            process.join()
        if done < len(items):
            yield crashed(items[done], _how_it_ended(process.exitcode or 0))
            done += 1


def _send_results(sender: Connection, work: Callable[[Item], Result], items: Sequence[Item]) -> None:
    _begin()
    sender.send(None)
    for item in items:
        try:
            sender.send((work(item), None))
        except Exception as exc:  # noqa: BLE001 (raised in the other process)
            sender.send((None, exc))
            return


def _received(receiver: Connection) -> Iterator[Any]:
    try:
        receiver.recv()  # that it is ready
    except EOFError as exc:
        raise _StartError from exc
    while True:
        try:
            result, error = receiver.recv()
        except EOFError:
            return
        if error is not None:
            raise error
        yield result


def _how_it_ended(exitcode: int) -> str:
    try:
        return signal.Signals(-exitcode).name
    except ValueError:
        return f"exit status {exitcode}"


def _context() -> ForkServerContext | SpawnContext:
    """Not forked: this process may hold threads and locks of TensorFlow's."""
    if os.name == "posix":
        return multiprocessing.get_context("forkserver")
    return multiprocessing.get_context("spawn")


def _begin() -> None:
    """Leave Ctrl-C to the parent, and end when it is gone, however it went."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
