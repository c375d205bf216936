"""How long `atelier --help` takes: the median of whole processes, after one that warms the disk."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time


def main() -> None:
    """Print seconds: median, fastest, slowest."""
    command = [sys.executable, "-m", "flows.cli", "--help"]
    seconds = []
    for _ in range(8):
        started = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        seconds.append(time.perf_counter() - started)
    counted = seconds[1:]
    print(f"atelier --help: {statistics.median(counted):.2f} s ({min(counted):.2f}-{max(counted):.2f})")


if __name__ == "__main__":
    main()
