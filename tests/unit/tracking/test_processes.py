"""Whether a process is gone, also where machines, containers and numbers are alike."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from components.tracking.processes import (
    Life,
    Process,
    container_of,
    is_gone,
    start_of,
    this_life,
    this_process,
)

OWN = Process.parse(this_process())
DOCKER = "a" * 64
POD = "01234567-89ab-cdef-0123-456789abcdef"


def wait_for(true: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)


def process(**life: str) -> Process:
    """This process as it would be written in another life."""
    assert OWN is not None
    return replace(OWN, life=replace(OWN.life, **life))


def test_within_sight_a_process_is_looked_up() -> None:
    assert not is_gone(this_process())
    assert is_gone(str(Process(this_life(), os.getpid(), "0"))), "the number was given to another process"
    assert is_gone(str(Process(this_life(), 999_999_999, "1")))
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        text = str(Process(this_life(), child.pid, start_of(child.pid) or ""))
        assert not is_gone(text)
        assert child.stdin is not None
        child.stdin.close()
        wait_for(lambda: is_gone(text))  # also before its parent has asked how it ended
    assert is_gone(text)


@pytest.mark.parametrize("text", ["", "elsewhere/1/0.0", "host/kernel/pid:[1]/x/1", "a/b/c/d/e/f"])
def test_of_other_texts_nobody_can_say(text: str) -> None:
    assert not is_gone(text)


def test_of_another_machine_or_container_nobody_can_say() -> None:
    other = {"kernel": "another kernel", "namespace": "pid:[4026532999]"}
    assert not is_gone(str(process(**other, place="")))
    assert not is_gone(str(process(**other, place=f"container:{DOCKER}")))


def test_another_life_of_the_same_place_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    place = f"container:{DOCKER}"
    here = Life(place, this_life().kernel, this_life().namespace)
    monkeypatch.setattr("components.tracking.processes.this_life", lambda: here)
    assert not is_gone(str(process(place=place))), "this life goes on"
    assert is_gone(str(process(place=place, namespace="pid:[4026532999]"))), "the container was restarted"
    assert is_gone(str(process(place=place, kernel="before"))), "the machine was restarted"


@pytest.mark.parametrize(
    ("mount", "expected"),
    [
        (f"1 2 8:1 /var/lib/docker/containers/{DOCKER}/hosts /etc/hosts rw", f"container:{DOCKER}"),
        (
            f"1 2 8:1 /containers/overlay-containers/{DOCKER}/userdata/hostname /etc/hostname rw",
            f"container:{DOCKER}",
        ),
        (f"1 2 8:1 /nerdctl/1/containers/default/{DOCKER}/hosts /etc/hosts rw", f"container:{DOCKER}"),
        (
            f"1 2 8:1 /kubelet/pods/{POD}/containers/train/9f /dev/termination-log rw",
            f"pod:{POD}:train",
        ),
        # A machine that runs containers sees their mounts, but not over its own /etc.
        (f"1 2 0:5 / /var/lib/docker/containers/{DOCKER}/mounts/shm rw", ""),
        ("1 2 8:1 / / rw", ""),
    ],
)
def test_a_container_is_told_by_what_lies_over_its_etc(mount: str, expected: str) -> None:
    assert container_of(["1 2 0:3 / /proc rw", mount]) == expected


@pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")
def test_a_process_in_another_namespace_is_not_taken_for_dead() -> None:
    """As in two containers of one machine: the numbers are alike, the processes are not."""
    say = "from components.tracking.processes import this_process; print(this_process(), flush=True); input()"
    apart = ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c"]
    inner = subprocess.Popen([*apart, say], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert inner.stdin is not None
    assert inner.stdout is not None
    text = inner.stdout.readline().strip()
    if not text:
        inner.wait()
        pytest.skip("no right to make a namespace")
    owner = Process.parse(text)
    assert owner is not None
    assert owner.life.namespace != this_life().namespace
    assert not is_gone(text)
    ask = f"from components.tracking.processes import is_gone; print(is_gone({this_process()!r}))"
    asked = subprocess.run([*apart, ask], capture_output=True, text=True, timeout=60, check=True)
    assert asked.stdout.strip() == "False", "it cannot see us, and so cannot say that we are gone"
    inner.communicate()
    # Only who sees every process can tell that a namespace has ended with all of its own.
    assert is_gone(text) == (this_life().namespace == "pid:[4026531836]" and os.geteuid() == 0)
