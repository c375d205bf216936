"""Measure what the README states: every benchmark, or those named (`make bench ARGS="help_time"`)."""

from __future__ import annotations

import os
import subprocess
import sys

BENCHMARKS = (
    "help_time",
    "serving_start",
    "gallery_baseline",
    "feeding",
    "ingest_speed",
    "near_duplicates",
    "large_manifest",
    "heads_grid",
    "fit_overhead",
    "out_of_collection",
)


def main(names: list[str]) -> int:
    """Run each in a process of its own, so that none pays for another's imports."""
    unknown = sorted(set(names) - set(BENCHMARKS))
    if unknown:
        print(f"{', '.join(unknown)}: no such benchmark; there are {', '.join(BENCHMARKS)}.", file=sys.stderr)
        return 2
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    failed = 0
    for name in names or BENCHMARKS:
        print(f"\n== {name}", flush=True)
        failed |= subprocess.run([sys.executable, "-m", f"tests.benchmarks.{name}"], check=False).returncode
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
