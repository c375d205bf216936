"""CONTRIBUTING's map of the house is the house."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "infra" / "house_map.py"


def house_map(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def test_the_map_in_contributing_is_up_to_date() -> None:
    checked = house_map("--check")
    assert checked.returncode == 0, checked.stderr


def test_every_room_and_file_says_what_it_is() -> None:
    lines = house_map("--files").stdout.splitlines()
    assert len(lines) > 100
    assert [line for line in lines if len(line.split()) < 3] == []
