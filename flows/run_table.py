"""Training runs as rows of a table: for the console, for JSON, for Prefect's artifacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.formatting import brackets, share

if TYPE_CHECKING:
    from collections.abc import Iterable

    from components.tracking.runs import RunRecord


def run_rows(records: Iterable[RunRecord]) -> list[dict[str, Any]]:
    """One row a training run: macro-F1 with its 95 % bootstrap interval."""
    rows = []
    for record in records:
        metrics, tested = record.metrics, record.judged_on == "test"
        rows.append(
            {
                "family": record.family,
                "data": record.source,
                "val. F1": _interval(metrics, "validation"),
                "test F1": _interval(metrics, "test") if tested else "no test part",
                "accuracy": metrics.get("test/accuracy", metrics.get("test/subset_accuracy", float("nan"))),
                "parameters": f"{metrics.get('parameters', 0):,.0f}",
                "seconds": f"{metrics.get('training_seconds', 0):.0f}",
                "run": record.id[:8],
            }
        )
    return rows


def _interval(metrics: dict[str, float], part: str) -> str:
    score, low, high = (metrics.get(f"{part}/macro_f1{end}") for end in ("", "_low", "_high"))
    return "-" if score is None else f"{share(score)} {brackets(low, high, 2, leading_zero=False)}"
