"""Rows of a study that train nothing: figures of the data, and what other rows trained side by side."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from components.data.manifest import Split
from components.errors import DataError
from components.evaluation.paired import beside_best
from components.evaluation.tables import markdown
from components.generative.grids import strip
from components.models import catalog
from components.runtime import prepare
from components.storage import key_of
from components.tracking.runs import Tracker
from flows.log import log_step
from flows.runs.cached_run import find_or_run
from flows.study.context import StudyContext, logged_answers, reported_part
from flows.study.results import RowDone

if TYPE_CHECKING:
    from components.data.manifest import Manifest
    from components.evaluation.answers import WorkAnswer
    from components.evaluation.paired import PairedRow
    from components.studies.study import ComparisonRow, FiguresRow, Row
    from components.tracking.recorder import Run
    from components.tracking.runs import RunRecord

METHOD = 3
"""Counted up when the same rows would now give another report."""


def run_figures_row(row: Row, work: FiguresRow, context: StudyContext) -> RowDone:
    """Log the figures of the data that a row shows, and the networks drawn (A1, B9)."""
    from components.data.explore.figure_files import FIGURES
    from flows.steps.explore import explore, where

    plan = context.plan(row)
    manifest = context.works(plan)
    explore(manifest, plan, context.settings)
    folder = where(manifest, context.settings) / FIGURES

    def log(run: Run) -> None:
        run.dataset(manifest, "exploration")
        run.metrics({"works": float(len(manifest)), "classes": float(len(manifest.class_names))})
        _log_files(run, {f"{name}.png": folder / f"{name}.png" for name in work.figures})
        for name in work.drawn:
            _draw_network(run, context.study.row(name), manifest, context)

    record = _find_or_log(row, context, "exploration", manifest, log, work.figures, work.drawn)
    counts = " / ".join(f"{count} {part}" for part, count in manifest.profile["parts"].items())
    return RowDone(row, record, manifest, note=f"{len(manifest.class_names)} classes, {counts}")


def _draw_network(run: Run, row: Row, manifest: Manifest, context: StudyContext) -> None:
    prepare(context.settings, 0)  # before whatever imports Keras
    from components.evaluation.figures import architecture

    recipe = row.recipe
    if recipe is None:
        raise DataError(f"{row.id} trains no network of its own, so there is none to draw.")
    family = catalog.family(recipe.family)
    model = family.build(len(manifest.class_names), recipe.image_size, weights=None, **dict(recipe.options))
    figure = architecture.drawing(architecture.blocks(model), family.title, model.count_params())
    run.figure(f"figures/{recipe.family}.png", figure)


def run_comparison_row(row: Row, work: ComparisonRow, context: StudyContext) -> RowDone:
    """Log what earlier rows reached side by side: by class (B8, C7), or their pictures (D7).

    The best of them meets each of the others in a paired test.

    Raises:
        DataError: none of them could be done.
    """
    results = {name: context.results[name] for name in work.rows}
    done_rows = {name: result for name, result in results.items() if isinstance(result, RowDone)}
    if not done_rows:
        raise DataError(
            f"None of the rows {', '.join(work.rows)} could be done, so there is nothing to report."
        )
    first = next(iter(done_rows.values())).manifest
    pictures = "result.png" in _files(done_rows, context)
    tables = {} if pictures else _answers(done_rows, context)
    paired_tests = beside_best(tables, first.class_names)

    def log(run: Run) -> None:
        if pictures:
            _log_strip(run, done_rows, context)
            return
        _log_classes(run, row, work, done_rows, tables, context)
        if paired_tests:
            run.table("tables/paired.json", paired_tests)
            run.text("tables/paired.md", markdown(paired_tests))

    records = {name: done.record.id for name, done in done_rows.items()}
    missing = [name for name in work.rows if name not in done_rows]
    notes = (f"without {', '.join(missing)}" if missing else "", _describe_paired(paired_tests))
    record = _find_or_log(row, context, "report", first, log, records, work.published)
    return RowDone(row, record, first, note="; ".join(filter(None, notes)))


def _answers(done_rows: Mapping[str, RowDone], context: StudyContext) -> dict[str, list[WorkAnswer]]:
    """A row a work, of the part that each is reported on."""
    return {
        name: logged_answers(done.record, context, reported_part(done.manifest, context))
        for name, done in done_rows.items()
    }


def _describe_paired(rows: Sequence[PairedRow]) -> str:
    """In words: which row is best by macro-F1, and which cannot be told from it."""
    if not rows:
        return ""
    best, *others = rows
    near = [row["run"] for row in others if row["p"] == "" or row["p"] >= 0.05]
    rest = f"{', '.join(near)} cannot be told from it" if near else "the others are worse, and not by chance"
    return f"best macro-F1: {best['run']}; {rest} (paired bootstrap, .05)"


def _log_classes(  # noqa: PLR0917 (one caller)
    run: Run,
    row: Row,
    work: ComparisonRow,
    done_rows: Mapping[str, RowDone],
    answered: Mapping[str, list[WorkAnswer]],
    context: StudyContext,
) -> None:
    """Accuracy by class, a column a row (B8); each row's precision, recall and F1, its curves, mistakes."""
    from components.evaluation import tables
    from components.evaluation.figures.by_class import by_class
    from components.evaluation.figures.confusion_matrix import confusion_matrix
    from components.evaluation.published import scores_of

    tracker, files, judged = Tracker(context.settings), {}, context.study.judged_on
    scores = {}
    for name, done in done_rows.items():
        part = reported_part(done.manifest, context)
        scores[name] = scores_of(answered[name], done.manifest.class_names)
        run.figure(
            f"figures/{name}_confusion_matrix.png",
            confusion_matrix(scores[name], f"Confusion matrix, {judged} works"),
        )
        per_class = tables.per_class(scores[name])
        run.table(f"tables/{name}_per_class.json", per_class)
        run.text(f"tables/{name}_per_class.md", tables.markdown(per_class))
        mistakes = "misclassified" if part is Split.TEST else f"{part}_misclassified"
        for figure, logged in (("curves", "curves"), ("misclassified", mistakes)):
            path = f"figures/{logged}.png"
            if path in tracker.artifacts(done.record.id, "figures"):
                files[f"{name}_{figure}.png"] = tracker.artifact(done.record.id, path)
    rows = tables.side_by_side(scores)
    for name, published in work.published.items():
        for class_row in rows:
            if class_row["class"] in published:
                value = published[str(class_row["class"])]
                class_row[f"{name} published"] = tables.NO_HIT if value is None else round(value, 4)
            else:
                class_row[f"{name} published"] = ""
    run.table("tables/by_class.json", rows)
    run.text("tables/by_class.md", tables.markdown(rows))
    drawn = by_class(scores, f"{row.title} · {context.study.name}", judged)
    run.figure("figures/by_class.png", drawn)
    _log_files(run, files)


def _log_strip(run: Run, done_rows: Mapping[str, RowDone], context: StudyContext) -> None:
    """Repainted photos side by side (D7)."""
    tracker = Tracker(context.settings)
    pictures: list[tuple[str, Image.Image]] = []
    for name, done in done_rows.items():
        for file, label in (("content.png", "Photograph"), ("style.png", "Painting")):
            if not pictures or (len(pictures) == 1 and file == "style.png"):
                pictures.append((label, Image.open(tracker.artifact(done.record.id, file)).convert("RGB")))
        label = f"{name}: {done.record.family}, {done.record.params['layers']}"
        pictures.append((label, Image.open(tracker.artifact(done.record.id, "result.png")).convert("RGB")))
    run.image("side_by_side.png", strip(pictures))


def _files(done_rows: Mapping[str, RowDone], context: StudyContext) -> set[str]:
    """What the first of the runs has logged."""
    first = next(iter(done_rows.values()))
    return set(Tracker(context.settings).artifacts(first.record.id))


def _find_or_log(
    row: Row, context: StudyContext, kind: str, manifest: Manifest, log: Callable[[Run], None], *keys: object
) -> RunRecord:
    record, cached = find_or_run(
        context.settings,
        experiment=context.experiment,
        name=context.name(row),
        key=key_of("study-row", METHOD, context.study.name, row.id, manifest.fingerprint, keys),
        tags=context.tags(kind, row, manifest),
        work=log,
        parent=context.parent.id,
    )
    log_step("study", context.name(row), cached=cached)
    return record


def _log_files(run: Run, files: Mapping[str, Path]) -> None:
    """Files under other names, below "figures"; those that are not there are left out."""
    with tempfile.TemporaryDirectory() as folder:
        for name, file in files.items():
            if file.is_file():
                (Path(folder) / name).write_bytes(file.read_bytes())
        run.files(Path(folder), "figures")
