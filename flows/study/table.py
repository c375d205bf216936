"""A study's rows as lines: published beside ours, with interval, time, parameters and a note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from components.evaluation.names import NAMES
from components.studies.study import Row
from components.studies.weights import RANDOM
from flows.run_table import share

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from components.data.manifest import Manifest
    from components.tracking.runs import RunRecord

TableRow = dict[str, Any]
"""row, title, published, ours ({figure: [point, low, high]}), seconds, parameters, note, reason, run."""

PARTS = {"train": "training", "validation": "validation", "test": "test"}
_UNPUBLISHED = ("accuracy", "subset_accuracy", "macro_f1")
_COUNTED = ("accuracy", "top2_accuracy", "subset_accuracy")
"""Shares of works: their interval needs no more than the number of works."""


@dataclass(frozen=True)
class RowResult:
    """A row that was carried out, or why it could not be.

    Attributes:
        row: of the study.
        record: its run; None where it could not be done.
        manifest: the data version it learnt from; None where it learnt nothing.
        note: what is to be said beside the figures: a stand-in, random weights.
        reason: why it could not be done.
        seconds: what it took, where its run does not say; of a search with all its trials.
    """

    row: Row
    record: RunRecord | None = None
    manifest: Manifest | None = None
    note: str = ""
    reason: str = ""
    seconds: float | None = None


def line(done: RowResult, part: str = "test") -> TableRow:
    """A row for JSON; the figures are those published, or accuracy and macro-F1 on that part."""
    row, record = done.row, done.record
    metrics = record.metrics if record else {}
    names = _figures(row, part)
    ours = {name: found for name in names if (found := _measured(name, metrics, done.manifest))}
    return {
        "row": row.id,
        "title": row.title,
        "published": dict(row.published),
        "ours": {name: [_round(value) for value in found] for name, found in ours.items()},
        "seconds": _round(done.seconds or metrics.get("training_seconds", record.seconds if record else 0.0)),
        "parameters": int(metrics["parameters"]) if "parameters" in metrics else None,
        "note": "; ".join(filter(None, (done.note, _same(row, record), row.note))),
        "reason": done.reason,
        "kind": "random" if RANDOM in done.note else "stand-in" if "stand-in" in done.note else "",
        "run": record.id if record else "",
    }


def never_run(row: Row) -> TableRow:
    """The line of a row that no run of the study has come to."""
    return line(RowResult(row, note="not run yet")) | {"seconds": None}


def table(lines: Sequence[TableRow]) -> list[dict[str, str]]:
    """For a console, Markdown or MLflow: a line a figure; the row's name stands at its first."""
    rows: list[dict[str, str]] = []
    for one in lines:
        names = list(dict.fromkeys([*one["published"], *one["ours"]])) or [""]
        for name in names:
            first = name == names[0]
            rows.append(
                {
                    "row": one["row"] if first else "",
                    "what": one["title"] if first else "",
                    "figure": _figure(name),
                    "published": share(one["published"].get(name)),
                    "ours [95 %]": _interval(one["ours"].get(name)),
                    "time": duration(one["seconds"]) if first and one["run"] else "",
                    "weights": _millions(one["parameters"]) if first else "",
                    "note": _note(one) if first else "",
                }
            )
    return rows


def drawn(lines: Sequence[TableRow], title: str) -> Figure:
    """Published beside ours, as a figure."""
    from components.evaluation.intervals import Interval
    from components.evaluation.published import Compared, beside

    compared = []
    for one in lines:
        part = _part(one)
        ours = {
            name.partition("/")[2]: Interval(
                point, point if low is None else low, point if high is None else high
            )
            for name, (point, low, high) in one["ours"].items()
            if name.startswith(f"{part}/")
        }
        published = {
            name.partition("/")[2]: value
            for name, value in one["published"].items()
            if name.startswith(f"{part}/")
        }
        if ours or published:
            compared.append(
                Compared(f"{one['row']}  {one['title']} ({PARTS[part]})", published, ours, one["kind"])
            )
    return beside(compared, title)


def title(study_title: str, source: str, size: str, *, synthetic: bool) -> str:
    """What a table is of, and on what."""
    on = f"{source} (drawn by code, not real paintings)" if synthetic else source
    how = {"full": "as published", "cpu": "CPU-sized", "quick": "in miniature"}[size]
    return f"{study_title}; on {on}, {how}"


def duration(seconds: float) -> str:
    """As in "41 s", "3 min 20 s", "2 h 5 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _same(row: Row, record: RunRecord | None) -> str:
    """What is to be said where another row's recipe and works turn out to be the same."""
    other = (record.row if record else "") or row.id
    return "" if other == row.id else f"the same run as {other}"


def _figures(row: Row, part: str) -> list[str]:
    """What was published, and macro-F1 on the same part."""
    if not row.published:
        return [f"{part}/{name}" for name in _UNPUBLISHED]
    part = [*row.published][-1].partition("/")[0]
    return list(dict.fromkeys([*row.published, f"{part}/macro_f1"]))


def _measured(
    name: str, metrics: Mapping[str, float], manifest: Manifest | None
) -> tuple[float, float | None, float | None] | None:
    part, figure = name.split("/")
    point = metrics.get("epoch/accuracy" if name == "train/accuracy" else name)
    if point is None:
        return None
    if f"{name}_low" in metrics:
        return point, metrics[f"{name}_low"], metrics[f"{name}_high"]
    if part == "train" or figure not in _COUNTED or manifest is None:
        return point, None, None
    from components.evaluation.published import share_interval

    found = share_interval(point, _works(manifest, part))
    return point, found.low, found.high


def _works(manifest: Manifest, part: str) -> int:
    from components.data.manifest import Split

    if not manifest.protocol:  # folds: every work is tested once
        return len(manifest)
    return len(manifest.held_out if part == "test" else manifest.part(Split(part)))


def _part(one: TableRow) -> str:
    """The part that a row is compared on: the last it has figures of, for a test part comes last."""
    names: list[str] = [*one["published"]] or [*one["ours"]] or ["test/"]
    return names[-1].partition("/")[0]


def _figure(name: str) -> str:
    part, _, figure = name.partition("/")
    return f"{NAMES.get(figure, figure)} ({PARTS[part]})" if name else ""


def _interval(found: Sequence[float | None] | None) -> str:
    if found is None:
        return ""
    point, low, high = found
    return (
        share(point) if low is None or high is None else f"{share(point)} [{share(low, 2)}, {share(high, 2)}]"
    )


def _millions(parameters: int | None) -> str:
    if parameters is None:
        return ""
    return f"{parameters / 1e6:.2f} M" if parameters >= 1e5 else f"{parameters / 1e3:.1f} k"


def _note(one: TableRow) -> str:
    return f"not done: {one['reason']}" if one["reason"] else str(one["note"])


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
