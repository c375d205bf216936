"""data list, show, diff: data versions that were trained on; explore, label-errors: look at a collection."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands.options import SELECTION, TRAINING, JsonOption, load_settings, planned
from flows.console import output, show_json, show_table, talking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.data.version_difference import Change
    from components.data.versions import Version, Versions
    from flows.plan import Plan

app = typer.Typer(no_args_is_help=True, help="Look at a collection; what was trained on, and what changed.")

VersionArgument = Annotated[
    str, typer.Argument(help="A fingerprint, or its first digits.", metavar="VERSION")
]
_SHOWN = 20


@app.command("list")
def list_(
    *,
    source: Annotated[
        str | None, typer.Option("--source", help="Only the versions of this collection.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Every data version, the newest first."""
    versions = [version for version in _versions().list() if source in (None, version.source)]
    if as_json:
        show_json([asdict(version) for version in versions])
    elif versions:
        show_table("Data versions", [_row(version) for version in versions])
    else:
        output.print("No data version yet. Make one: atelier demo")


@app.command()
def show(version: VersionArgument, *, as_json: JsonOption = False) -> None:
    """One data version: where it came from, what was done to it, its classes and parts."""
    versions = _versions()
    record = versions.find(version)
    manifest = versions.get(record.fingerprint)
    counts = manifest.a_row_a_label().groupby(["label", "split"]).size().unstack(fill_value=0)
    table = [
        {"class": str(label), **{str(k): int(v) for k, v in row.items()}} for label, row in counts.iterrows()
    ]
    kinds = [one.kind for one in manifest.rejected]
    left_out = {kind: kinds.count(kind) for kind in sorted(set(kinds))}
    if as_json:
        show_json(asdict(record) | {"counts": table, "left_out": left_out})
        return
    synthetic = " (drawn by code, not real paintings)" if record.synthetic else ""
    facts = {
        "collection": f"{record.source}{synthetic}, {record.root}",
        "works": f"{record.works:,} in {len(record.classes)} classes of {record.task or 'no task'}",
        "made": f"{record.created:%Y-%m-%d %H:%M} UTC",
        "made from": ", ".join(record.parents) or "-",
        "left out": ", ".join(f"{count} {kind}" for kind, count in left_out.items()) or "nothing",
    }
    steps = {f"step {number}": step for number, step in enumerate(record.lineage, start=1)}
    rows = [{"what": what, "is": text} for what, text in (facts | steps).items()]
    show_table(f"Data version {record.fingerprint}", rows)
    show_table("Works by class and part", table)


@app.command()
def diff(earlier: VersionArgument, later: VersionArgument, *, as_json: JsonOption = False) -> None:
    """The difference between two data versions: works added, removed, relabelled, moved."""
    difference = _versions().diff(earlier, later)
    if as_json:
        show_json(asdict(difference))
        return
    lists = {
        "added": difference.added,
        "removed": difference.removed,
        "relabelled": difference.relabelled,
        "moved to another part": difference.moved,
    }
    summary = [{"change": name, "works": len(changes)} for name, changes in lists.items()]
    show_table(
        f"{difference.earlier} to {difference.later}",
        [*summary, {"change": "in both", "works": difference.kept}],
    )
    for name, changes in lists.items():
        if changes:
            show_table(name.capitalize(), _changes(changes))


@app.command()
@planned(SELECTION)
def explore(plan: Plan, *, as_json: JsonOption = False) -> None:
    """Draw a collection: classes, sizes, light, duplicates, what was set aside, augmentation, works."""
    from flows.steps import explore as flow

    settings = load_settings()
    with talking():
        manifest = flow.collected(plan, settings)
        page = flow.explore(manifest, plan, settings)
    if as_json:
        show_json({"data_version": manifest.fingerprint, "page": str(page)})
    else:
        output.print(f"page: {page}", markup=False, highlight=False)


@app.command("suspects", hidden=True)  # as it was called before
@app.command()
@planned(SELECTION | {"weights": TRAINING["weights"]})
def label_errors(plan: Plan, *, as_json: JsonOption = False) -> None:
    """List works whose label is probably wrong; --corrections takes the table back once it is corrected."""
    from flows.steps import explore as flow

    settings = load_settings()
    with talking():
        manifest = flow.collected(plan, settings)
        suspected, table = flow.find_label_errors(manifest, plan, settings)
    rows = [{str(name): value for name, value in row.items()} for row in suspected.table.to_dict("records")]
    if as_json:
        show_json({"data_version": manifest.fingerprint, "table": str(table), "label_errors": rows})
        return
    if rows:
        show_table(f"{len(rows):,} suspected labels (the first {min(_SHOWN, len(rows))})", rows[:_SHOWN])
    output.print(f"table: {table}", markup=False, highlight=False)


def _versions() -> Versions:
    from components.data.versions import Versions

    return Versions(load_settings().collections / "versions")


def _row(version: Version) -> dict[str, Any]:
    return {
        "version": version.fingerprint,
        "collection": f"{version.source}{' (synthetic)' if version.synthetic else ''}",
        "task": version.task,
        "protocol": version.protocol,
        "works": version.works,
        "classes": len(version.classes),
        "parts": " / ".join(f"{count} {part}" for part, count in version.parts.items()),
        "made (UTC)": f"{version.created:%Y-%m-%d %H:%M}",
    }


def _changes(changes: Sequence[Change]) -> list[dict[str, Any]]:
    rows = [
        {"path": change.path, "before": change.before, "after": change.after} for change in changes[:_SHOWN]
    ]
    if len(changes) > _SHOWN:
        rows.append(
            {"path": f"and {len(changes) - _SHOWN:,} more (--json lists all)", "before": "", "after": ""}
        )
    return rows
