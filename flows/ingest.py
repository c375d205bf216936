"""From a collection to a validated, split data version."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from components.data.manifest import Manifest
from components.storage import key_of, write_atomically
from flows.telling import tell

if TYPE_CHECKING:
    from pathlib import Path

    from components.data.validate import Report
    from components.settings import Settings
    from flows.plan import Plan


@task(name="ingest", cache_policy=NO_CACHE)
def ingest(plan: Plan, settings: Settings) -> Manifest:
    """Read the plan's collection; a listing that has not changed is found in the cache."""
    from components.data import sources

    root = plan.root.expanduser().resolve() if plan.root else _synthetic_gallery(settings)
    label = plan.task.value if plan.source == "folder" else ""
    folder = settings.collections / "manifests" / key_of(plan.source, label, str(root), _listing(root))
    cached = folder.is_dir()
    if not cached:
        sources.read(plan.source, root, plan.task).save(folder)
    manifest = Manifest.load(folder)
    tell(
        "ingest",
        f"{len(manifest)} works from {manifest.source}, {len(manifest.rejected)} set aside",
        cached=cached,
    )
    return manifest


@task(name="select", cache_policy=NO_CACHE)
def select(manifest: Manifest, plan: Plan) -> Manifest:
    """Keep the works that carry the task's label."""
    from components.data.select import labelled

    chosen = labelled(manifest, plan.task, classes=plan.kept_classes, top=plan.top)
    tell("select", f"{len(chosen)} works in {len(chosen.class_names)} classes of {plan.task}")
    return chosen


@task(name="validate", cache_policy=NO_CACHE)
def validate(manifest: Manifest, plan: Plan, settings: Settings) -> Report:
    """Put the data version before the gate.

    Raises:
        ValidationFailed: a critical expectation failed; the report is kept and named in the text.
    """
    from components.data.split import named
    from components.data.validate import Report
    from components.data.validate import validate as examine

    folder = settings.collections / "validation" / manifest.fingerprint
    cached = folder.is_dir()
    is_split = bool((manifest.frame["split"] != "").any())
    if not cached:
        protocol = named(plan.protocol) if is_split else None
        examine(manifest, classes=plan.kept_classes, protocol=protocol).save(folder)
    report = Report.load(folder)
    failed = [check for check in report.checks if not check.passed]
    part = "the split" if is_split else "the collection"
    tell(
        "validate",
        f"{part}: {len(report.checks)} checks, {len(failed)} not passed: {folder / 'report.html'}",
        cached=cached,
    )
    report.raise_if_failed()
    return report


@task(name="split", cache_policy=NO_CACHE)
def split(manifest: Manifest, plan: Plan, settings: Settings) -> Manifest:
    """Assign training, validation and test; works that had a part keep it as the collection grows."""
    from components.data.split import assign, named

    protocol = named(plan.protocol)
    ledger = (
        settings.collections
        / "splits"
        / f"{manifest.source}-{plan.task}-{key_of(plan.protocol, plan.seed)}.json"
    )
    before = json.loads(ledger.read_text()) if ledger.is_file() else {}
    parts = assign(manifest, protocol, seed=plan.seed, keep=before)
    now = before | dict(zip(parts.frame["group"], parts.frame["split"], strict=True))
    if now != before:
        write_atomically(ledger, json.dumps(now))
    version = settings.collections / "versions" / parts.fingerprint
    if not version.is_dir():
        parts.save(version)
    counts = parts.frame["split"].value_counts()
    tell(
        "split",
        f"{' / '.join(f'{counts[name]} {name}' for name in counts.index)}, data version {parts.fingerprint}",
    )
    return parts


def _synthetic_gallery(settings: Settings) -> Path:
    from components.data.sources import synthetic

    return synthetic.draw(settings.collections / "synthetic-gallery")


def _listing(root: Path) -> list[tuple[str, int, int]]:
    """Every file's name, size and time: what must change for the collection to be read again."""
    files = ((path, path.stat()) for path in sorted(root.rglob("*")) if path.is_file())
    return [(str(path.relative_to(root)), stat.st_size, stat.st_mtime_ns) for path, stat in files]
