"""Progress without knowing who shows it: a component reports, an edge decides what is drawn.

    for path in track(paths, "Reading paintings"):
        ...

Nothing is shown unless the caller installed a reporter with `reporting(...)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Protocol, TypeVar

T = TypeVar("T")


class Advance(Protocol):
    """Called as work goes on."""

    def __call__(self, steps: int = 1, /, note: str = "") -> None:
        """`steps` more are done; `note` is a short text beside the bar."""


class Reporter(Protocol):
    """Draws one piece of work from its start to its end."""

    def __call__(self, title: str, total: int | None) -> AbstractContextManager[Advance]:
        """`total` is the number of steps, None where it is not known."""


@contextmanager
def _silent(title: str, total: int | None) -> Iterator[Advance]:  # noqa: ARG001
    def advance(steps: int = 1, /, note: str = "") -> None:
        pass

    yield advance


_reporter: ContextVar[Reporter] = ContextVar("atelier_progress", default=_silent)


@contextmanager
def reporting(reporter: Reporter) -> Iterator[None]:
    """Within the block, work is shown by `reporter`."""
    token = _reporter.set(reporter)
    try:
        yield
    finally:
        _reporter.reset(token)


def steps(title: str, total: int | None = None) -> AbstractContextManager[Advance]:
    """A piece of work that calls the yielded `advance` itself."""
    return _reporter.get()(title, total)


def track(items: Iterable[T], title: str, total: int | None = None) -> Iterator[T]:
    """Yield `items`, one step each."""
    if total is None and isinstance(items, Sized):
        total = len(items)
    with steps(title, total) as advance:
        for item in items:
            yield item
            advance()
