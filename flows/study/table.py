"""A study's rows as lines: published beside ours, with interval, time, parameters and a note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from components.data.manifest import Split
from components.evaluation.intervals import Interval, share_interval
from components.formatting import FIGURES, OTHER_PART, PARTS, brackets, duration, share, varies
from components.studies.study import Row
from components.tracking.study_document import Measured, StudyLine
from flows.study.results import RowFailed, RowResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from components.data.manifest import Manifest
    from components.tracking.runs import RunRecord

_UNPUBLISHED = ("accuracy", "subset_accuracy", "macro_f1")
_COUNTED = ("accuracy", "top2_accuracy", "subset_accuracy")
"""Shares of works: their interval needs no more than the number of works."""


def line(result: RowResult, part: str = "test") -> StudyLine:
    """The row's line; its figures are those published, or accuracy and macro-F1 on that part."""
    row = result.row
    if isinstance(result, RowFailed):
        return StudyLine(row=row.id, title=row.title, published=row.published, reason=result.reason)
    record, used = result.record, result.weights
    measured = {name: _measured(name, record.metrics, result.manifest) for name in _figures(row, part)}
    if result.other is not None:
        measured |= {
            name: _measured(name, result.other.metrics, result.manifest)
            for name in (f"{OTHER_PART}/{figure}" for figure in ("accuracy", "macro_f1"))
        }
    notes = (used.note if used else "", result.note, _same(row, record), row.note)
    parameters = record.metrics.get("parameters")
    return StudyLine(
        row=row.id,
        title=row.title,
        published=row.published,
        ours={name: figure for name, figure in measured.items() if figure},
        seconds=round(result.seconds or record.metrics.get("training_seconds", record.seconds), 4),
        parameters=None if parameters is None else int(parameters),
        note="; ".join(filter(None, notes)),
        kind=used.kind if used else "",
        run=record.id,
    )


def never_run(row: Row) -> StudyLine:
    """The line of a row that no run of the study has come to."""
    note = "; ".join(filter(None, ("not run yet", row.note)))
    return StudyLine(row=row.id, title=row.title, published=row.published, note=note)


def table(lines: Sequence[StudyLine]) -> list[dict[str, str]]:
    """For a console, Markdown or MLflow: a line for each figure; the row's name stands at its first."""
    rows: list[dict[str, str]] = []
    for row in lines:
        names = row.figures or [""]
        for name in names:
            first = name == names[0]
            rows.append(
                {
                    "row": row.row if first else "",
                    "what": row.title if first else "",
                    "figure": _figure(name),
                    "published": share(row.published.get(name)),
                    "ours [95 %]": _interval(row.ours.get(name)),
                    "time": duration(row.seconds) if first and row.run and row.seconds is not None else "",
                    "weights": _millions(row.parameters) if first else "",
                    "note": _note(row) if first else "",
                }
            )
    return rows


def drawn(lines: Sequence[StudyLine], title: str) -> Figure:
    """Published beside ours, as a figure."""
    from components.evaluation.published import Compared, beside

    compared = []
    for row in lines:
        prefix = f"{_part(row)}/"
        ours = {
            name.removeprefix(prefix): Interval(point, low, high)
            if varies(low, high)
            else Interval(point, None, None)
            for name, (point, low, high) in row.ours.items()
            if name.startswith(prefix)
        }
        published = {
            name.removeprefix(prefix): value
            for name, value in row.published.items()
            if name.startswith(prefix)
        }
        if ours or published:
            label = f"{row.row}  {row.title} ({PARTS[_part(row)]})"
            compared.append(Compared(label, published, ours, row.kind))
    return beside(compared, title)


def title(study_title: str, source: str, size: str, *, synthetic: bool, other: str = "") -> str:
    """What a table is of, and on what; `other` names another collection that is judged on, too."""
    on = f"{source} (drawn by code, not real paintings)" if synthetic else source
    how = {"full": "as published", "cpu": "CPU-sized", "quick": "in miniature"}[size]
    also = f"; also judged on {other}" if other else ""
    return f"{study_title}; on {on}, {how}{also}"


def _same(row: Row, record: RunRecord) -> str:
    """What is to be said where another row's recipe and works turn out to be the same."""
    other = record.row or row.id
    return "" if other == row.id else f"the same run as {other}"


def _figures(row: Row, part: str) -> list[str]:
    """What was published, and macro-F1 on the same part."""
    if not row.published:
        return [f"{part}/{name}" for name in _UNPUBLISHED]
    part = [*row.published][-1].partition("/")[0]
    return list(dict.fromkeys([*row.published, f"{part}/macro_f1"]))


def _measured(name: str, metrics: Mapping[str, float], manifest: Manifest) -> Measured | None:
    part, figure = name.split("/")
    point = metrics.get("epoch/accuracy" if name == "train/accuracy" else name)
    if point is None:
        return None
    if f"{name}_low" in metrics:
        return _rounded(point, metrics[f"{name}_low"], metrics[f"{name}_high"])
    if f"{part}/different_works" in metrics and figure in (*_COUNTED, "macro_f1"):
        return _rounded(point, point, point)  # the run measured it, and found that it cannot vary
    if part == "train" or figure not in _COUNTED:
        return _rounded(point, None, None)

    works = _works(manifest, part)  # of a run from before intervals of shares were logged
    interval = share_interval([place < round(point * works) for place in range(works)])
    if interval.low is None:
        return _rounded(point, point, point)
    return _rounded(point, interval.low, interval.high)


def _rounded(point: float, low: float | None, high: float | None) -> Measured:
    """The figure with its ends; none where no interval is measured, the figure's own where it cannot vary."""
    return (
        round(point, 4),
        None if low is None else round(low, 4),
        None if high is None else round(high, 4),
    )


def _works(manifest: Manifest, part: str) -> int:
    if not manifest.protocol:  # folds: every work is tested once
        return len(manifest)
    return len(manifest.held_out if part == "test" else manifest.part(Split(part)))


def _part(row: StudyLine) -> str:
    """The part that a row is compared on: the last it has figures of, for a test part comes last."""
    own = [name for name in row.ours if not name.startswith(f"{OTHER_PART}/")]
    names = [*row.published] or own or ["test/"]
    return names[-1].partition("/")[0]


def _figure(name: str) -> str:
    part, _, figure = name.partition("/")
    return f"{FIGURES.get(figure, figure)} ({PARTS[part]})" if name else ""


def _interval(measured: Measured | None) -> str:
    if measured is None:
        return ""
    point, low, high = measured
    if low is None or high is None:
        return share(point)
    return f"{share(point)} {brackets(low, high, 2, leading_zero=False)}"


def _millions(parameters: int | None) -> str:
    if parameters is None:
        return ""
    return f"{parameters / 1e6:.2f} M" if parameters >= 1e5 else f"{parameters / 1e3:.1f} k"


def _note(row: StudyLine) -> str:
    return f"not done: {row.reason}" if row.reason else row.note
