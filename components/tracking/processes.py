"""Which process writes a run, in words by which another process can tell whether it is gone.

A process number alone says little: numbers are given anew, begin anew with every container, and a name of a
machine may be that of many containers. So a process is told by

- the start of its kernel and its namespace of process numbers: where both are ours, we can look it up;
- its place (a container, a pod's container, or a machine), which has one life at a time: another life at the
  same place means that the earlier one, with all of its processes, has ended.

Of a process that is neither within sight nor of an earlier life of this place, nobody can say whether it
is gone.
"""

from __future__ import annotations

import os
import platform
import re
import sys
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

_FIRST_NAMESPACE = "pid:[4026531836]"
"""The kernel's own namespace of process numbers, from which every process is seen."""
_MOUNTED_INTO_CONTAINERS = {"/etc/hostname", "/etc/hosts", "/etc/resolv.conf", "/dev/termination-log"}
_POD = re.compile(r"/pods/([0-9a-f-]{36})/containers/([^/]+)/")
_CONTAINER = re.compile(r"/(?:overlay-)?containers/(?:[\w-]+/)?([0-9a-f]{64})/")


@dataclass(frozen=True)
class Life:
    """One life of a place, from its start to its end.

    Attributes:
        place: container, pod's container or machine; "" where none can be told for certain.
        kernel: the start of the kernel.
        namespace: that of the process numbers.
    """

    place: str
    kernel: str
    namespace: str

    def shares_numbers_with(self, other: Self) -> bool:
        """Whether a process number means the same process in both."""
        return (self.kernel, self.namespace) == (other.kernel, other.namespace)


@dataclass(frozen=True)
class Process:
    """A process: its number, and its start, which tells it from a later one of that number."""

    life: Life
    pid: int
    started: str

    def __str__(self) -> str:
        """The form that a run's tag holds: place/kernel/namespace/pid/start."""
        return f"{self.life.place}/{self.life.kernel}/{self.life.namespace}/{self.pid}/{self.started}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read what `str` wrote; None for any other text."""
        parts = text.split("/")
        if len(parts) != 5 or not parts[3].isdigit():
            return None
        return cls(Life(*parts[:3]), int(parts[3]), parts[4])


def this_process() -> str:
    """What the tag PROCESS holds for the running process."""
    pid = os.getpid()
    return str(Process(this_life(), pid, start_of(pid) or ""))


def is_gone(process: str) -> bool:
    """True when `process` has certainly ended; False where it runs, and where nobody here can say."""
    owner = Process.parse(process)
    if owner is None:
        return False
    here = this_life()
    if owner.life.shares_numbers_with(here):
        return start_of(owner.pid) != owner.started
    if owner.life.place and owner.life.place == here.place:
        return True  # an earlier life of this place
    if owner.life.kernel == here.kernel and here.namespace == _FIRST_NAMESPACE and os.geteuid() == 0:
        return not _is_seen(owner)
    return False


@cache
def this_life() -> Life:
    """The life that this process belongs to."""
    if sys.platform != "linux":  # no containers; the kernel's start is not told exactly, the processes' are
        return Life(f"machine:{platform.node()}:{uuid.getnode():x}", "", "")
    kernel = _read("/proc/sys/kernel/random/boot_id") or f"unknown-{uuid.uuid4()}"
    try:
        namespace = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        namespace = f"unknown-{uuid.uuid4()}"
    return Life(_place(namespace), kernel, namespace)


def container_of(mounts: Iterable[str]) -> str:
    """The container whose lines of /proc/self/mountinfo these are; "" outside of one.

    Docker, Podman and containerd lay files of the container's own folder over its /etc, and a restarted
    container keeps that folder; of a pod's container, pod and name stay the same.
    """
    container = ""
    for line in mounts:
        fields = line.split()
        if len(fields) < 5 or fields[4] not in _MOUNTED_INTO_CONTAINERS:
            continue
        if pod := _POD.search(fields[3]):
            return f"pod:{pod[1]}:{pod[2]}"
        if found := _CONTAINER.search(fields[3]):
            container = f"container:{found[1]}"
    return container


def start_of(pid: int) -> str | None:
    """When the process of that number started, to be compared with a later answer; None where none runs."""
    if sys.platform == "linux":
        try:
            state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (OSError, ValueError):
            return None
        # In ticks since the kernel's start: a corrected clock does not change it.
        return None if state in {"Z", "X"} else fields[18]  # ended, and its parent has not asked how yet
    import psutil

    try:
        return f"{psutil.Process(pid).create_time():.2f}"
    except psutil.NoSuchProcess:
        return None


def _place(namespace: str) -> str:
    container = container_of(_read("/proc/self/mountinfo").splitlines())
    if container:
        return container
    machine = _read("/etc/machine-id")
    # Images may bring a machine-id: it counts only where systemd has started this machine itself.
    if machine and namespace == _FIRST_NAMESPACE and Path("/run/systemd/system").is_dir():
        return f"machine:{platform.node()}:{machine}"
    return ""


def _is_seen(owner: Process) -> bool:
    """Whether a process of that number runs in the owner's namespace, seen from the first namespace."""
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            if str((folder / "ns" / "pid").readlink()) != owner.life.namespace:
                continue
            numbers = re.search(r"^NSpid:\s*(.*)$", (folder / "status").read_text(), re.MULTILINE)
        except OSError:  # it ended meanwhile
            continue
        if numbers is None or numbers[1].split()[-1] == str(owner.pid):
            return True
    return False


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""
