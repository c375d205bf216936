"""A study's table as a page shows it: what was published beside what was measured. No Streamlit here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from components.formatting import PARTS
from components.settings import Settings
from components.tracking.study_document import Measured, StudyLine
from dashboard import formatting
from dashboard.tables import run_url

_FIGURES = {
    "accuracy": "Accuracy",
    "top2_accuracy": "Among the first two",
    "macro_f1": "Macro-F1",
    "balanced_accuracy": "Recall",
    "subset_accuracy": "All labels right",
}


def newest_lines(tables: Iterable[Sequence[StudyLine]]) -> list[StudyLine]:
    """Each row's newest line, in the study's order; `tables` of several runs, the newest first."""
    lines: dict[str, StudyLine] = {}
    for table in tables:
        for line in table:
            lines.setdefault(line.row, line)
    return [lines[row] for row in sorted(lines, key=_row_order)]


def table(lines: Iterable[StudyLine], settings: Settings) -> list[dict[str, str]]:
    """A line a figure, as Markdown; what belongs to the whole row stands at its first."""
    rows = []
    for line in lines:
        figures = line.figures or [""]
        for figure in figures:
            first = figure == figures[0]
            rows.append(
                {
                    "Row": _row(line, settings) if first else "",
                    "What": formatting.plain(line.title) if first else "",
                    "Figure": _figure(figure),
                    "Published": _share(line.published.get(figure)),
                    "Ours (95 % range)": _ours(line.ours.get(figure)),
                    "Time": _time(line) if first else "",
                    "Size": formatting.count(line.parameters) if first and line.parameters else "",
                    "Note": _note(line) if first else "",
                }
            )
    return rows


def _row(line: StudyLine, settings: Settings) -> str:
    return f"[{line.row}]({run_url(settings, line.run)})" if line.run else line.row


def _time(line: StudyLine) -> str:
    """What the row took; "" where no run says."""
    return _unbroken(formatting.duration(line.seconds)) if line.run and line.seconds is not None else ""


def _figure(name: str) -> str:
    part, _, figure = name.partition("/")
    return (
        _unbroken(f"{_FIGURES.get(figure, formatting.titled(figure))} ({PARTS.get(part, part)})")
        if name
        else ""
    )


def _ours(measured: Measured | None) -> str:
    return _unbroken(formatting.measured(*measured)) if measured else ""


def _unbroken(text: str) -> str:
    """The text, never broken over two lines."""
    return text.replace(" ", "\u00a0").replace("-", "\u2011")


def _share(value: float | None) -> str:
    return "" if value is None else formatting.figure(value)


def _note(line: StudyLine) -> str:
    note = f"Not done: {line.reason}" if line.reason else line.note
    return formatting.plain(formatting.sentence(note))


def _row_order(row: str) -> list[tuple[int, str]]:
    """So that "B10a" stands behind "B9"."""
    return [(int(piece), "") if piece.isdigit() else (0, piece) for piece in re.findall(r"\d+|\D+", row)]
