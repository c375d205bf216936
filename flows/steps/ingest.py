"""From a collection to a validated, split data version."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from components.data.manifest import Manifest
from components.storage import key_of
from flows.log import log_step

if TYPE_CHECKING:
    from collections.abc import Callable

    from components.data.gate.validate import Report
    from components.settings import Settings
    from flows.plan import Plan


METHOD = 5
"""Counted up when the same files would now give another manifest: listings read before are not reused."""


def ingest(plan: Plan, settings: Settings) -> Manifest:
    """Read the plan's collection, set aside what is bad, tie near-duplicates; unchanged, it is found done."""
    from components.data import sources
    from components.data.groups import duplicates
    from components.data.images import quality
    from components.data.sources.walk import walk
    from components.data.versions import Versions

    root = sources.local_folder(plan.root, settings) if plan.root else _synthetic_gallery(settings)
    label = plan.task.value if plan.source == "folder" else ""
    limits = quality.Limits()
    several = plan.multi_label and sources.SEVERAL.get(plan.source) is plan.task
    asked = (label, "multi-label") if several else (label,)
    key = key_of(METHOD, repr(limits), plan.source, *asked, str(root), walk(root).listing())
    folder = settings.collections / "manifests" / key
    cached = folder.is_dir()
    if not cached:
        collection = sources.read(plan.source, root, plan.task, several=several)
        kept = quality.with_padding_noted(quality.apply_limits(collection, limits))
        duplicates.with_groups(kept).save(folder)
    manifest = Manifest.load(folder)
    for version in Versions(settings.collections / "versions").relocate(manifest):
        log_step("ingest", f"data version {version} finds its pictures in {manifest.root} now")
    log_step(
        "ingest",
        f"{len(manifest)} works from {manifest.source} ({manifest.frame['group'].nunique()} different ones), "
        f"{len(manifest.rejected)} set aside",
        cached=cached,
    )
    for line in _warnings(manifest):
        log_step("ingest", f"warning: {line}", outcome="warning")
    return manifest


def _warnings(manifest: Manifest) -> list[str]:
    """What a person should know of the reading before going on."""
    from components.data.images.quality import EMPTIED, PADDED
    from components.data.images.scan import SPELT
    from components.data.sources.walk import UNREADABLE_NAMES

    lines = [step for step in manifest.lineage if SPELT in step]
    lines += [step[step.index(EMPTIED) :] for step in manifest.lineage if EMPTIED in step]
    lines += [
        f"{step}; padding tells museums apart: --borders crop takes it off"
        for step in manifest.lineage
        if PADDED in step
    ]
    for kind in UNREADABLE_NAMES:
        of_kind = [line for line in manifest.rejected if line.kind == kind]
        if of_kind:
            lines.append(f"{len(of_kind)} set aside, the first: {of_kind[0].path}: {of_kind[0].reason}")
    return lines


def select(manifest: Manifest, plan: Plan) -> Manifest:
    """Put labels right, and keep the works that carry the task's label."""
    from components.data.corrections import apply_corrections
    from components.data.select import select_works

    known = apply_corrections(manifest, Path(plan.corrections), plan.task) if plan.corrections else manifest
    chosen = select_works(known, plan.task, plan.selection)
    log_step("select", f"{len(chosen)} works in {len(chosen.class_names)} classes of {plan.task}")
    return chosen


def validate(
    manifest: Manifest, plan: Plan, settings: Settings, show: Callable[[Report], None] | None = None
) -> Report:
    """Put the data version before the gate; once it is split, beside the version before it.

    A split version that passes is kept: it can be trained on, and the next one is compared with it.

    Args:
        manifest: selected works, before or after the split.
        plan: what is to be learnt of them.
        settings: where versions and reports are kept.
        show: is given the report, also one that does not pass.

    Raises:
        ValidationFailed: a critical expectation failed; the report is kept and named in the text.
    """
    from components.data.class_names import resolve_names
    from components.data.gate.expectations import SUITES
    from components.data.gate.report import kept
    from components.data.gate.validate import validate_and_save
    from components.data.versions import Versions
    from flows.steps.validation_lines import warnings

    folder = settings.collections / "validation" / manifest.fingerprint
    versions = Versions(settings.collections / "versions")
    previous = versions.previous(manifest) if manifest.protocol else None
    known = plan.kept_classes and resolve_names(plan.kept_classes, manifest.class_names)
    asked = {
        # The selection sees to it where a work bears several; a label of two names is none of them.
        "classes": None if plan.multi_label else known,
        "task": plan.task,
        "suite": "folder" if plan.source == "folder" else manifest.source,
    }
    key = key_of(SUITES, asked, manifest.protocol, previous.fingerprint if previous else "")
    report = kept(folder, key)
    cached = report is not None
    if report is None:
        report = validate_and_save(folder, manifest, previous=previous, key=key, **asked)
    failed = [check for check in report.checks if not check.passed]
    part = "the split" if manifest.protocol else "the collection"
    log_step(
        "validate",
        f"{part}: {len(report.checks)} checks, {len(failed)} not passed: {folder / 'report.html'}",
        cached=cached,
        outcome="failed" if not report.passed else "warning" if failed else "done",
    )
    for line in warnings(report):
        log_step("validate", line, outcome="warning")
    if show is not None:
        show(report)
    report.raise_if_failed()
    if manifest.protocol:
        versions.keep(manifest)
    return report


def split(manifest: Manifest, plan: Plan, settings: Settings, *, of: str = "") -> Manifest:
    """Assign training, validation and test; works that had a part keep it as the collection grows.

    Args:
        manifest: selected works.
        plan: gives protocol and seed.
        settings: where assignments are kept.
        of: as `assignments.assigned`: which works these are, where they are split by themselves.
    """
    from components.data.splits import assignments
    from components.data.splits.split import find_protocol

    parts = assignments.assigned(
        manifest,
        find_protocol(plan.protocol),
        seed=plan.seed,
        folder=settings.collections / "splits",
        of=of,
    )
    counts = " / ".join(f"{count} {name}" for name, count in parts.profile["parts"].items())
    log_step("split", f"{counts}, data version {parts.fingerprint}")
    return parts


def prepared(plan: Plan, settings: Settings, show: Callable[[Report], None] | None = None) -> Manifest:
    """Ingest, select, validate, split, validate: a data version to train on.

    Raises:
        DataError: the collection does not have what the plan asks for.
        ValidationFailed: the gate does not let it pass.
    """
    works, _ = examined(plan, settings, show)
    return works


def examined(
    plan: Plan, settings: Settings, show: Callable[[Report], None] | None = None
) -> tuple[Manifest, Report]:
    """As `prepared`, with the gate's report on the split."""
    works = select(ingest(plan, settings), plan)
    validate(works, plan, settings, show)
    works = split(works, plan, settings)
    return works, validate(works, plan, settings, show)


def _synthetic_gallery(settings: Settings) -> Path:
    from components.data.sources import synthetic

    return synthetic.draw(settings.collections / "synthetic-gallery")
