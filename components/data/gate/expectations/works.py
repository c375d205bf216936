"""What every work must be: columns and types, hashes, dimensions, mode, light."""

from __future__ import annotations

from components.data.gate.expectations.rules import (
    FILLED,
    UNIQUE,
    Expectation,
    between,
    columns,
    like,
    one_of,
)
from components.data.manifest import COLUMNS

SMALLEST_SIDE = 32
"""Pixels; below this a picture says too little to any of the families."""
READABLE_MODES = [
    *("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV"),
    *("I", "I;16", "I;16B", "I;16L", "F"),
]
_AGAIN = "Run `atelier ingest` again: another version wrote this manifest."

WORKS = (
    Expectation(
        "columns",
        "critical",
        "rows",
        "",
        columns([name for name in COLUMNS if name != "thumbnail"]),
        expected=f"the columns {', '.join(COLUMNS)}",
        hint=_AGAIN,
    ),
    Expectation(
        "types of the columns",
        "critical",
        "columns",
        "of another type",
        between(most=0),
        expected="text, whole numbers, fractions and bytes, each in its columns, and no empty cell",
        hint=_AGAIN,
        shows="tells",
    ),
    Expectation(
        "paths are unique",
        "critical",
        "rows",
        "path",
        UNIQUE,
        expected="no file stands in two rows",
        hint="Run `atelier ingest` again.",
    ),
    Expectation(
        "every work has a label",
        "critical",
        "rows",
        "label",
        FILLED,
        expected="no label is empty",
        hint="Select the task's works first; those without a label are left out there.",
    ),
    Expectation(
        "content hashes",
        "critical",
        "rows",
        "sha256",
        like("^[0-9a-f]{64}$"),
        expected="64 hexadecimal digits (SHA-256)",
        hint="Run `atelier ingest` again.",
    ),
    Expectation(
        "perceptual hashes",
        "critical",
        "rows",
        "phash",
        like("^[0-9a-f]{16}$"),
        expected="16 hexadecimal digits, so that near-duplicates can be found",
        hint=_AGAIN,
    ),
    Expectation(
        "width",
        "warning",
        "rows",
        "width",
        between(least=SMALLEST_SIDE),
        expected=f"at least {SMALLEST_SIDE} pixels",
        hint="Replace the files named by larger ones.",
    ),
    Expectation(
        "height",
        "warning",
        "rows",
        "height",
        between(least=SMALLEST_SIDE),
        expected=f"at least {SMALLEST_SIDE} pixels",
        hint="Replace the files named by larger ones.",
    ),
    Expectation(
        "colour mode",
        "critical",
        "rows",
        "mode",
        one_of(READABLE_MODES),
        expected="a mode that can be turned to RGB",
        hint="Export the files named as JPEG or PNG.",
    ),
    Expectation(
        "brightness",
        "critical",
        "rows",
        "brightness",
        between(0, 1),
        expected="0 (black) to 1 (white)",
        hint=_AGAIN,
    ),
    Expectation(
        "contrast",
        "critical",
        "rows",
        "contrast",
        between(0, 0.5),
        expected="a standard deviation of 0 to .5",
        hint=_AGAIN,
    ),
)
