"""The command line in processes of its own, as its users start it."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

ROAD = ["pipeline", "--scale", "smoke", "--families", "simple_cnn,vgg_inception"]


def atelier(home: Path, *arguments: str) -> list[str]:
    """The command, on a home of the test's."""
    return [sys.executable, "-m", "flows.cli", "--home", str(home), *arguments]


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, ended, with what it printed."""
    return subprocess.run(atelier(home, *arguments), capture_output=True, text=True, timeout=280, check=False)


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
