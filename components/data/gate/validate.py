"""The gate in front of every training: our expectations, run by Great Expectations.

The only room that knows it, and it is imported (12 s cold) once a process, when a collection is really
examined; a kept report is read without it. Its context lives in memory, its analytics are off, nothing
is sent; its Data Docs are written beside the report and stripped of all they would load from elsewhere.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.data import summaries
from components.data.gate import drift
from components.data.gate.data_docs import INDEX, tidy
from components.data.gate.expectations import Expectation, expectations
from components.data.gate.failure_text import NAMED_BY, observed
from components.data.gate.page import page
from components.data.gate.report import Change, Check, Report
from components.data.manifest import Manifest, Task
from components.data.splits.protocols import Protocol, find_protocol
from components.progress import steps
from components.storage import building

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Check", "Report", "save", "validate", "validate_and_save"]

PAGE = "report.html"
_DOCS = "atelier"


def validate_and_save(folder: Path, manifest: Manifest, **asked: Any) -> Report:
    """Validate, and keep report.json, report.html and data_docs/ in `folder`, whole or not at all.

    Args:
        folder: made; a report that stands there gives way.
        manifest: works with labels.
        asked: as `validate` takes it.
    """
    with building(folder) as draft:
        report = validate(manifest, docs=draft / "data_docs", **asked)
        _write(report, draft)
        shutil.rmtree(folder, ignore_errors=True)
    return report


def save(report: Report, folder: Path) -> None:
    """Keep report.json and report.html in `folder`, both or none."""
    with building(folder) as draft:
        _write(report, draft)


def _write(report: Report, folder: Path) -> None:
    report.write(folder)
    (folder / PAGE).write_text(page(report), encoding="utf-8")


def validate(  # noqa: PLR0913 (each by name, each with a default)
    manifest: Manifest,
    *,
    min_per_class: int = 10,
    classes: Sequence[str] | None = None,
    protocol: Protocol | None = None,
    task: Task | None = None,
    previous: Manifest | None = None,
    suite: str | None = None,
    docs: Path | None = None,
    key: str = "",
) -> Report:
    """Examine a labelled data version, before its split or after it.

    Args:
        manifest: works with labels.
        min_per_class: fewer in a class is critical.
        classes: the labels that may occur; any when None.
        protocol: the shares its split should have; the manifest's own when None.
        task: what is learnt of it; the manifest's own when None.
        previous: the data version before this one, looked at for drift; not compared when None.
        suite: whose documented checks apply ("folder", "best-artworks", ...); the manifest's when None.
        docs: an empty or missing folder for Great Expectations' Data Docs; not built when None.
        key: kept with the report, to tell what it answers.
    """
    started = time.monotonic()
    task = task or (Task(manifest.task) if manifest.task else None)
    protocol = protocol or (find_protocol(manifest.protocol) if manifest.protocol else None)
    chosen = expectations(
        manifest,
        min_per_class=min_per_class,
        classes=classes,
        protocol=protocol,
        task=task,
        previous=previous,
        suite=suite,
    )
    tables = _tables(chosen, manifest, previous)
    checks = _checks(chosen, tables, manifest, task, docs)
    counts = summaries.works_by_part(manifest)
    return Report(
        passed=all(check.passed for check in checks.values() if check.severity == "critical"),
        checks=[checks[expectation.name] for expectation in chosen],
        fingerprint=manifest.fingerprint,
        seconds=round(time.monotonic() - started, 2),
        source=manifest.source,
        synthetic=manifest.synthetic,
        works=len(manifest),
        classes={str(label): {str(k): int(v) for k, v in row.items()} for label, row in counts.iterrows()},
        rejected=list(manifest.rejected),
        task=task or "",
        protocol=protocol.name if protocol else "",
        previous=previous.fingerprint if previous else "",
        changes=_changes(tables.get("drift")),
        docs=f"data_docs/{INDEX}" if docs is not None else "",
        key=key,
    )


def _checks(
    chosen: Sequence[Expectation],
    tables: Mapping[str, pd.DataFrame],
    manifest: Manifest,
    task: Task | None,
    docs: Path | None,
) -> dict[str, Check]:
    """The result of each expectation, by name; writes the Data Docs on the way."""
    checks: dict[str, Check] = {}
    with steps("Validating", len(tables) + 2) as advance:
        context = _context(docs)
        advance(1)
        for name, table in tables.items():
            of_table = [expectation for expectation in chosen if expectation.table == name]
            title = "-".join(filter(None, (manifest.source, task, name.replace(" ", "-"))))
            checks |= _examine(context, title, table, of_table, run=manifest.fingerprint)
            advance(1, note=name)
        if docs is not None:
            context.build_data_docs(site_names=[_DOCS])
            tidy(docs, manifest, checks.values())
        advance(1)
    return checks


def _tables(
    chosen: Sequence[Expectation], manifest: Manifest, previous: Manifest | None
) -> dict[str, pd.DataFrame]:
    """The tables that the expectations speak of, by name."""
    asked = {expectation.table for expectation in chosen}
    tables = {name: of(manifest) for name, of in summaries.TABLES.items() if name in asked}
    if previous is not None:
        tables |= {name: of(previous, manifest) for name, of in drift.TABLES.items() if name in asked}
    # Where a column names the rows, Data Docs name the failing rows by it too.
    return {
        name: table.set_index(NAMED_BY[name], drop=False).rename_axis(None) if name in NAMED_BY else table
        for name, table in tables.items()
    }


def _changes(table: pd.DataFrame | None) -> list[Change]:
    names = ("property", "before", "now", "measure", "distance", "allowed")
    rows = [] if table is None else table[list(names)].to_dict("records")
    return [Change(**{str(name): value for name, value in row.items()}) for row in rows]


def _context(docs: Path | None) -> Any:
    """A context of this call alone: in memory, quiet, sending nothing, with one site of Data Docs."""
    import great_expectations as gx

    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(enable=False)
    context.variables.progress_bars = {"globally": False}
    for name, site in dict(context.variables.data_docs_sites or {}).items():
        shutil.rmtree(site["store_backend"]["base_directory"], ignore_errors=True)  # made though unasked for
        context.delete_data_docs_site(name)
    if docs is not None:
        backend = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(docs)}
        index = {"class_name": "DefaultSiteIndexBuilder", "show_cta_footer": False}
        site = {
            "class_name": "SiteBuilder",
            "show_how_to_buttons": False,
            "store_backend": backend,
            "site_index_builder": index,
        }
        context.add_data_docs_site(_DOCS, site)
    return context


def _examine(
    context: Any, title: str, table: pd.DataFrame, of_table: Sequence[Expectation], *, run: str
) -> dict[str, Check]:
    """Run the checks of one table: a suite and a validation definition of Great Expectations' own."""
    import great_expectations as gx
    from great_expectations.core.run_identifier import RunIdentifier

    suite = context.suites.add(
        gx.ExpectationSuite(title, expectations=[_translated(expectation) for expectation in of_table])
    )
    asset = context.data_sources.add_pandas(title).add_dataframe_asset(title)
    definition = gx.ValidationDefinition(
        name=title, data=asset.add_batch_definition_whole_dataframe(title), suite=suite
    )
    # SUMMARY counts the failing rows and gives the places of the first 20, so that they can be named;
    # with COMPLETE each check that 100,000 rows fail would take 8 s.
    outcome = context.validation_definitions.add(definition).run(
        batch_parameters={"dataframe": table},
        run_id=RunIdentifier(run_name=run),
        result_format={"result_format": "SUMMARY"},
    )
    by_name = {result.expectation_config.meta["name"]: result for result in outcome.results}
    return {
        expectation.name: _check(expectation, by_name[expectation.name].to_json_dict(), table)
        for expectation in of_table
    }


def _translated(expectation: Expectation) -> Any:
    import great_expectations as gx

    column = {"column": expectation.column} if expectation.column else {}
    kind = getattr(gx.expectations, expectation.rule.kind)
    notes = f"**{expectation.name}**: {expectation.expected}. {expectation.hint}"
    return kind(
        **column,
        **expectation.rule.arguments,
        severity=expectation.severity,
        notes=notes,
        meta={"name": expectation.name},
    )


def _check(expectation: Expectation, result: Mapping[str, Any], table: pd.DataFrame) -> Check:
    return Check(
        name=expectation.name,
        severity=expectation.severity,
        passed=bool(result["success"]),
        expected=expectation.expected,
        observed=observed(expectation, result, table),
        hint=expectation.hint,
    )
