"""The documents: the map of the house is the house, and the paths that they name are there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "docs/figures.md"])
def test_every_path_that_a_document_names_is_there(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    rooms = "components|flows|serving|dashboard|tests|infra|docs"
    named = re.findall(rf"(?<=[`(\"])(?:{rooms})/[\w./-]*", text)
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_readme_can_be_read_in_one_go() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 250
