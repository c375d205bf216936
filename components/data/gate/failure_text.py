"""What a check observed, in words: the rows that fail it by name, or the range of the values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from components.data import summaries
from components.data.gate import drift

if TYPE_CHECKING:
    import pandas as pd

    from components.data.gate.expectations import Expectation

_SHOWN = 5
"""Failing rows that a check's observation names; the rest are counted."""
NAMED_BY = summaries.NAMED_BY | drift.NAMED_BY
"""The column that names a table's rows, where it is not `path`."""


def observed(expectation: Expectation, result: Mapping[str, Any], table: pd.DataFrame) -> str:
    """What was observed: the failing rows by name, or the range of the values where no row fails."""
    trouble = result["exception_info"]
    if trouble.get("raised_exception"):
        return f"the check could not be made: {trouble['exception_message']}"
    if not expectation.column:
        return ", ".join(table.columns)
    values = table[expectation.column]
    if expectation.table in summaries.ONE_ROW:
        value = values.iloc[0]
        text = value if isinstance(value, str) else format(value, ",g")
        return f"{text}{summaries.ONE_ROW[expectation.table]}"
    count = result["result"].get("unexpected_count") or 0
    places = result["result"].get("partial_unexpected_index_list") or []
    return _named(expectation, count, places, table) if places else _span(values.dropna())


def _named(expectation: Expectation, count: int, places: Sequence[Any], table: pd.DataFrame) -> str:
    """How many rows fail, and the first few of them with what is wrong."""
    key = NAMED_BY.get(expectation.table, "path")
    shown_column = expectation.shows or expectation.column
    shown = table[shown_column]
    named: dict[str, list[Any]] = {}
    for place in places:  # two rows may bear one name
        named.setdefault(str(table[key][place]), []).append(shown[place])
    few = list(named.items())[:_SHOWN]
    texts = [
        name if shown_column == key else f"{name} ({'empty' if values[-1] == '' else values[-1]})"
        for name, values in few
    ]
    rest = count - sum(len(values) for _, values in few)
    return f"{count:,} of {len(table):,}: {', '.join(texts)}{f' and {rest:,} more' if rest else ''}"


def _span(values: pd.Series[Any]) -> str:
    if not len(values):
        return "nothing to look at"
    if values.dtype.kind in "iuf":
        least, most = f"{values.min():,g}", f"{values.max():,g}"
        if most == "0":
            return "none"
        return f"all {least}" if least == most else f"{least} to {most}"
    return f"all {len(values):,}"
