"""What a check came upon, in words: the offenders by name, or the span of the values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from components.data import summaries
from components.data.gate import drift

if TYPE_CHECKING:
    import pandas as pd

    from components.data.gate.expectations import Expectation

_SHOWN = 5
"""Offenders named in a check's observation; the rest are counted."""
NAMED_BY = summaries.NAMED_BY | drift.NAMED_BY
"""The column that names a table's rows, where it is not `path`."""


def observed(one: Expectation, result: Mapping[str, Any], table: pd.DataFrame) -> str:
    """What came: the offenders by name, or the span of the values where there is none."""
    trouble = result["exception_info"]
    if trouble.get("raised_exception"):
        return f"the check could not be made: {trouble['exception_message']}"
    if not one.column:
        return ", ".join(table.columns)
    values = table[one.column]
    if one.table in summaries.ONE_ROW:
        value = values.iloc[0]
        return f"{value if isinstance(value, str) else format(value, ',g')}{summaries.ONE_ROW[one.table]}"
    count = result["result"].get("unexpected_count") or 0
    places = result["result"].get("partial_unexpected_index_list") or []
    return _named(one, count, places, table) if places else _span(values.dropna())


def _named(one: Expectation, count: int, places: Sequence[Any], table: pd.DataFrame) -> str:
    """The offenders: how many, and the first few with what is wrong."""
    key = NAMED_BY.get(one.table, "path")
    shown = table[one.shows or one.column]
    named: dict[str, list[Any]] = {}
    for place in places:  # two rows may bear one name
        named.setdefault(str(table[key][place]), []).append(shown[place])
    few = list(named.items())[:_SHOWN]
    told = [
        name
        if (one.shows or one.column) == key
        else f"{name} ({'empty' if values[-1] == '' else values[-1]})"
        for name, values in few
    ]
    rest = count - sum(len(values) for _, values in few)
    return f"{count:,} of {len(table):,}: {', '.join(told)}{f' and {rest:,} more' if rest else ''}"


def _span(values: pd.Series[Any]) -> str:
    if not len(values):
        return "nothing to look at"
    if values.dtype.kind in "iuf":
        least, most = f"{values.min():,g}", f"{values.max():,g}"
        if most == "0":
            return "none"
        return f"all {least}" if least == most else f"{least} to {most}"
    return f"all {len(values):,}"
