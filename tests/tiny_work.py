"""Work for processes of their own, which import this file: next to nothing, so that they start at once."""

from __future__ import annotations

import os
import signal


def squared(number: int) -> tuple[int, int]:
    """The square, and the process it was computed in."""
    return number * number, os.getpid()


def squared_or_crashed(number: int) -> int:
    """The square; 200 and 207 end the process."""
    if number == 200:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 207:
        os.kill(os.getpid(), signal.SIGSEGV)
    return number * number


def crashed_then_failed(number: int) -> int:
    """1 ends the process, 3 raises."""
    if number == 1:
        os._exit(3)
    if number == 3:
        raise ValueError("no 3")
    return number
