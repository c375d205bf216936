"""A study's table as a page shows it: what was published beside what was measured. No Streamlit here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from components.settings import Settings
from dashboard import formatting
from dashboard.tables import run_url

Line = Mapping[str, Any]
"""Of a run's study.json: row, title, published, ours ({figure: [point, low, high]}), seconds, parameters,
note, reason, run."""

_FIGURES = {
    "accuracy": "Accuracy",
    "top2_accuracy": "Among the first two",
    "macro_f1": "Macro-F1",
    "balanced_accuracy": "Recall",
    "subset_accuracy": "All labels right",
}
_PARTS = {"train": "training", "validation": "validation", "test": "test"}


def merged(tables: Iterable[Sequence[Line]]) -> list[Line]:
    """Each row's newest line, in the study's order; `tables` of several runs, the newest first."""
    lines: dict[str, Line] = {}
    for table in tables:
        for line in table:
            lines.setdefault(str(line["row"]), line)
    return [lines[row] for row in sorted(lines, key=_place)]


def table(lines: Iterable[Line], settings: Settings) -> list[dict[str, str]]:
    """A line a figure, as Markdown; what belongs to the whole row stands at its first."""
    rows = []
    for line in lines:
        published, ours = line["published"], line["ours"]
        figures = list(dict.fromkeys([*published, *ours])) or [""]
        for figure in figures:
            first = figure == figures[0]
            rows.append(
                {
                    "Row": _row(line, settings) if first else "",
                    "What": formatting.plain(line["title"]) if first else "",
                    "Figure": _figure(figure),
                    "Published": _share(published.get(figure)),
                    "Ours (95 % range)": _ours(ours.get(figure)),
                    "Time": _whole(formatting.duration(line["seconds"])) if first and line["run"] else "",
                    "Size": formatting.count(line["parameters"]) if first and line["parameters"] else "",
                    "Note": _note(line) if first else "",
                }
            )
    return rows


def _row(line: Line, settings: Settings) -> str:
    return f"[{line['row']}]({run_url(settings, line['run'])})" if line["run"] else str(line["row"])


def _figure(name: str) -> str:
    part, _, figure = name.partition("/")
    return (
        _whole(f"{_FIGURES.get(figure, formatting.titled(figure))} ({_PARTS.get(part, part)})")
        if name
        else ""
    )


def _ours(measured: Sequence[float | None] | None) -> str:
    return _whole(formatting.measured(*measured)) if measured else ""


def _whole(text: str) -> str:
    """The text, never broken over two lines."""
    return text.replace(" ", "\u00a0").replace("-", "\u2011")


def _share(value: float | None) -> str:
    return "" if value is None else formatting.figure(value)


def _note(line: Line) -> str:
    note = f"Not done: {line['reason']}" if line["reason"] else str(line["note"])
    return formatting.plain(formatting.sentence(note))


def _place(row: str) -> list[tuple[int, str]]:
    """So that "B10a" stands behind "B9"."""
    return [(int(piece), "") if piece.isdigit() else (0, piece) for piece in re.findall(r"\d+|\D+", row)]
