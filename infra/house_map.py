"""Draw the map of the house in CONTRIBUTING.md from the code: each room with the first line of its docstring.

`python infra/house_map.py` brings the map up to date; `--check` says whether it is; `--files` prints every
file instead.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
TOP = ("components", "flows", "serving", "dashboard")
BEGIN, END = "<!-- map of the house: infra/house_map.py -->", "<!-- end of the map -->"


def rooms(top: Path) -> Iterator[Path]:
    """The package and every package below it, in the order of a listing."""
    yield top
    for folder in sorted(path for path in top.iterdir() if (path / "__init__.py").is_file()):
        yield from rooms(folder)


def first_line(file: Path) -> str:
    """The first line of a module's docstring; "" where it has none."""
    return (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def line(path: Path, file: Path) -> str:
    """A path, indented by its depth, and what it is."""
    depth = len(path.relative_to(ROOT).parts) - 1
    name = f"{'  ' * depth}{path.name}{'/' if path.is_dir() else ''}"
    return f"{name:<24}{first_line(file)}".rstrip()


def house_map(*, files: bool = False) -> str:
    """The rooms of the house, a line each; with `files` every module below its room, too."""
    lines = []
    for top in TOP:
        for room in rooms(ROOT / top):
            lines.append(line(room, room / "__init__.py"))
            if files:
                modules = sorted(room.glob("*.py"))
                lines.extend(line(module, module) for module in modules if module.name != "__init__.py")
    return "\n".join(lines)


def with_map(text: str) -> str:
    """The text of CONTRIBUTING.md with the map as the code has it now."""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"{CONTRIBUTING}: the marks {BEGIN!r} and {END!r} are missing.")
    return f"{head}{BEGIN}\n```\n{house_map()}\n```\n{END}{tail}"


def main() -> int:
    """Write, check or print the map; 1 where the check finds it out of date."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing; 1 where it is out of date")
    parser.add_argument("--files", action="store_true", help="print every file instead")
    arguments = parser.parse_args()
    if arguments.files:
        sys.stdout.write(house_map(files=True) + "\n")
        return 0
    text = CONTRIBUTING.read_text(encoding="utf-8")
    if with_map(text) == text:
        return 0
    if arguments.check:
        sys.stderr.write("CONTRIBUTING.md: the map is out of date. Run: python infra/house_map.py\n")
        return 1
    CONTRIBUTING.write_text(with_map(text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
