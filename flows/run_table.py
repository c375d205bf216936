"""Training runs as rows of a table: for the console, for JSON, for Prefect's artifacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.data.splits.refit import Refit
from components.formatting import brackets, share

if TYPE_CHECKING:
    from collections.abc import Iterable

    from components.tracking.runs import RunRecord


def run_rows(records: Iterable[RunRecord], *, with_data: bool = True) -> list[dict[str, Any]]:
    """One row a training run: macro-F1 with its 95 % bootstrap interval, and what it learnt from.

    Where all learnt from the training works alone, as is usual, there is no column for it, and none for the
    collection unless `with_data`.
    """
    records, rows = list(records), []
    usual = all(record.refit is Refit.NONE and not record.folds for record in records)
    for record in records:
        metrics = record.metrics
        rows.append(
            {
                "family": record.family,
                **({"data": record.source} if with_data else {}),
                "val. F1": _figure(record, "validation"),
                "test F1": _figure(record, "test") if record.judged_on == "test" else "no test part",
                **(
                    {}
                    if usual
                    else {"learnt from": "; ".join(filter(None, (record.refit.works, record.folds)))}
                ),
                "accuracy": metrics.get("test/accuracy", metrics.get("test/subset_accuracy", "-")),
                "parameters": f"{metrics.get('parameters', 0):,.0f}",
                "seconds": f"{metrics.get('training_seconds', 0):.0f}",
                "run": record.id[:8],
            }
        )
    return rows


def _figure(record: RunRecord, part: str) -> str:
    """Macro-F1 on the works of a part; where a refit has learnt them, that of the run that it refits."""
    figures = record.judged(part)
    if not figures:
        return "-"
    ends = figures.get("macro_f1_low"), figures.get("macro_f1_high")
    text = f"{share(figures['macro_f1'])} {brackets(*ends, 2, leading_zero=False)}"
    if not record.has_learnt(part):
        return text
    return f"{'not judged' if part == 'test' else 'learnt'}; run {record.refit_of[:8]}: {text}"
