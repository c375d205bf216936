"""The gate in front of every training: our expectations, run by Great Expectations.

The only room that knows it, and it is imported (10 s cold) only when a collection is really examined;
a kept report is read without it. Its context lives in memory, its analytics are off, nothing is sent.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from components.data.expectations import Expectation, expectations
from components.data.manifest import Manifest
from components.data.report import Check, Report
from components.data.summaries import TABLES, works_by_part
from components.progress import steps

if TYPE_CHECKING:
    import pandas as pd

    from components.data.split import Protocol

__all__ = ["Check", "Report", "validate"]

_SHOWN = 5
"""Offenders named in a check's observation; the rest are counted."""


def validate(
    manifest: Manifest,
    *,
    min_per_class: int = 10,
    classes: Sequence[str] | None = None,
    protocol: Protocol | None = None,
) -> Report:
    """Examine a labelled data version, before its split or after it.

    Args:
        manifest: works with labels.
        min_per_class: fewer in a class is critical.
        classes: the labels that may occur; any when None.
        protocol: the shares its split should have; not looked at when None.
    """
    started = time.monotonic()
    chosen = expectations(manifest, min_per_class=min_per_class, classes=classes, protocol=protocol)
    checks: dict[str, Check] = {}
    tables = [name for name in TABLES if any(one.table == name for one in chosen)]
    with steps("Validating", len(tables) + 1) as advance:
        context = _context()
        advance(1)
        for name in tables:
            ours = [one for one in chosen if one.table == name]
            checks |= _examine(context, name, TABLES[name](manifest), ours)
            advance(1, note=name)
    counts = works_by_part(manifest)
    return Report(
        passed=all(check.passed for check in checks.values() if check.severity == "critical"),
        checks=[checks[one.name] for one in chosen],
        fingerprint=manifest.fingerprint,
        seconds=round(time.monotonic() - started, 2),
        source=manifest.source,
        synthetic=manifest.synthetic,
        works=len(manifest),
        classes={str(label): {str(k): int(v) for k, v in row.items()} for label, row in counts.iterrows()},
        rejected=list(manifest.rejected),
    )


def _context() -> Any:
    """A context of this call alone: in memory, quiet, sending nothing."""
    import great_expectations as gx

    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(enable=False)
    context.variables.progress_bars = {"globally": False}
    return context


def _examine(context: Any, name: str, table: pd.DataFrame, ours: Sequence[Expectation]) -> dict[str, Check]:
    """Run the checks of one table."""
    import great_expectations as gx

    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    suite = gx.ExpectationSuite(name, expectations=[_translated(one) for one in ours])
    asset = context.data_sources.add_pandas(name).add_dataframe_asset(name)
    batch = asset.add_batch_definition_whole_dataframe(name).get_batch({"dataframe": table})
    # COMPLETE gives the places of all offenders, so that they can be named by path or class.
    outcome = batch.validate(suite, result_format="COMPLETE")
    by_name = {result.expectation_config.meta["name"]: result for result in outcome.results}
    return {one.name: _check(one, by_name[one.name].to_json_dict(), table) for one in ours}


def _translated(one: Expectation) -> Any:
    import great_expectations as gx

    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    column = {"column": one.column} if one.column else {}
    kind = getattr(gx.expectations, one.rule.kind)
    return kind(**column, **one.rule.arguments, severity=one.severity, meta={"name": one.name})


def _check(one: Expectation, result: Mapping[str, Any], table: pd.DataFrame) -> Check:
    return Check(
        name=one.name,
        severity=one.severity,
        passed=bool(result["success"]),
        expected=one.expected,
        observed=_observed(one, result, table),
        mend=one.mend,
    )


def _observed(one: Expectation, result: Mapping[str, Any], table: pd.DataFrame) -> str:
    """What came: the offenders by name, or the span of the values where there is none."""
    trouble = result["exception_info"]
    if trouble.get("raised_exception"):
        return f"the check could not be made: {trouble['exception_message']}"
    if not one.column:
        return ", ".join(table.columns)
    values = table[one.column]
    if one.table == "collection":
        return f"{values.iloc[0]:g} %"
    places = result["result"].get("unexpected_index_list") or []
    if not places:
        return _span(values)
    key = "class" if one.table == "classes" else "path"
    named = {str(table[key][place]): values[place] for place in places}  # two rows may bear one name
    shown = [
        name if one.column == key else f"{name} ({'empty' if value == '' else value})"
        for name, value in list(named.items())[:_SHOWN]
    ]
    more = f" and {len(named) - _SHOWN:,} more" if len(named) > _SHOWN else ""
    return f"{len(places):,} of {len(table):,}: {', '.join(shown)}{more}"


def _span(values: pd.Series[Any]) -> str:
    if not len(values):
        return "nothing to look at"
    if values.dtype.kind in "iuf":
        least, most = f"{values.min():g}", f"{values.max():g}"
        return f"all {least}" if least == most else f"{least} to {most}"
    return f"all {len(values):,}"
