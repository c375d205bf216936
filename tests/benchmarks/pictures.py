"""The pictures that benchmarks measure with: a folder of real ones, or the synthetic gallery."""

from __future__ import annotations

import os
from pathlib import Path

from components.data.sources import synthetic

VARIABLE = "ATELIER_BENCH_PICTURES"


def pictures(scratch: Path, at_least: int) -> tuple[list[Path], str]:
    """Every JPEG below the folder that VARIABLE names, else a gallery drawn in `scratch`; what they are."""
    folder = os.environ.get(VARIABLE)
    if folder:
        found = sorted(path for path in Path(folder).expanduser().rglob("*.jpg") if path.is_file())
        return found, f"{len(found):,} JPEGs below {VARIABLE}"
    root = synthetic.draw(scratch, works_per_style=-(-at_least // 6), size=256)
    found = sorted(root.rglob("*.jpg"))
    return found, f"{len(found):,} synthetic pictures (set {VARIABLE} to a folder of real ones)"
