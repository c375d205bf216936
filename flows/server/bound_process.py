"""Start a server so that no process of it outlives the one that started it.

`python -m flows.server.bound_process MARK STARTER COMMAND...` first ends what an earlier start with the same
mark left behind (a child that still holds the port), then becomes the command. On Linux the kernel ends the
command when its parent dies, even by -9. Imports little: it stands before every server.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

MARK = "ATELIER_STARTED_AS"
"""Variable that a started process and all it starts carry."""
END_SECONDS = 10
_PR_SET_PDEATHSIG = 1


def bound(mark: str, command: list[str]) -> list[str]:
    """The command line that runs `command` bound to whoever starts it."""
    return [sys.executable, "-m", "flows.server.bound_process", mark, str(os.getpid()), *command]


def end_leftovers(mark: str) -> int:
    """End every process of ours marked `mark` or `mark`:...; how many there were."""
    import psutil

    left = []
    for process in psutil.process_iter():
        try:
            carried = process.environ().get(MARK, "")
            if process.pid != os.getpid() and (carried == mark or carried.startswith(f"{mark}:")):
                process.terminate()
                left.append(process)
        except psutil.Error:
            continue  # gone meanwhile, or of another user
    _, alive = psutil.wait_procs(left, timeout=END_SECONDS)
    for process in alive:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(alive, timeout=END_SECONDS)
    return len(left)


def main(mark: str, starter: int, command: list[str]) -> None:
    """Become the command, after ending what an earlier start left."""
    import psutil

    end_leftovers(mark)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if not psutil.pid_exists(starter):
        sys.exit("what started it died before it began")
    os.environ[MARK] = mark
    os.execvp(command[0], command)  # noqa: S606 (our own command)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
