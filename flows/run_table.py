"""Training runs as rows of a table: for the console, for JSON, for Prefect's artifacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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


def share(value: float | None, digits: int = 3) -> str:
    """A share without its leading zero, as in .873; "" for none."""
    return "" if value is None else f"{value:.{digits}f}".removeprefix("0")


def _interval(metrics: dict[str, float], part: str) -> str:
    try:
        score, low, high = (metrics[f"{part}/macro_f1{end}"] for end in ("", "_low", "_high"))
    except KeyError:
        return "-"
    return f"{share(score)} [{share(low, 2)}, {share(high, 2)}]"
