"""A source document's study from end to end: its rows one after the other, and the table that tells them."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from components.errors import RegistryError
from components.evaluation.tables import markdown
from components.runtime import prepare
from components.storage import key_of
from components.studies import catalog
from components.tracking import tags as run_tag
from components.tracking.runs import Tracker
from components.tracking.study_document import STUDY_DOCUMENT, StudyDocument, StudyLine
from flows.log import log_step
from flows.steps.ingest import prepared
from flows.study import table
from flows.study.context import StudyContext
from flows.study.other_collection import other_works
from flows.study.rows import run_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from components.data.gate.report import Report
    from components.settings import Settings
    from components.studies.study import Row
    from components.tracking.recorder import Run
    from components.tracking.runs import RunRecord, Tracker
    from flows.study.plan import StudyPlan
    from flows.study.results import RowResult

_ALIKE = (run_tag.SCALE, run_tag.DATA_VERSION)
"""Tags that runs of a study share whose rows go into one table."""


@dataclass(frozen=True)
class StudyResult:
    """What a run of a study leaves.

    Attributes:
        title: what the table is of, and on what.
        lines: a row each.
        seconds: of the whole run; rows found done take none of it. Of several runs, their sum.
        run: the parent run's id; of several, the newest's.
        status: its, as MLflow has it.
        left_open: what the source does not say, and what was taken.
    """

    title: str
    lines: tuple[StudyLine, ...]
    seconds: float
    run: str
    status: str = "RUNNING"
    left_open: str = ""

    @property
    def failed(self) -> list[StudyLine]:
        """The rows that could not be done."""
        return [line for line in self.lines if line.reason]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"lines": [line.model_dump(mode="json") for line in self.lines]}

    @property
    def document(self) -> StudyDocument:
        """What the study's MLflow run keeps of it."""
        return StudyDocument(
            title=self.title, lines=self.lines, seconds=self.seconds, left_open=self.left_open
        )


def run(
    study_plan: StudyPlan,
    settings: Settings,
    do: Callable[[Row, StudyContext], RowResult] = run_row,
    show: Callable[[Report], None] | None = None,
) -> StudyResult:
    """The study, without Prefect.

    Args:
        study_plan: which rows, at what size.
        settings: where everything lies.
        do: carries out a row.
        show: is given the gate's reports.

    Raises:
        SettingsError: no such study, row, weights file or stand-in.
        DataError: the collection cannot be learnt from at all, or the other one has other classes.
        ValidationFailed: the gate does not let it pass.
    """
    wanted, given = study_plan.wanted, study_plan.given
    rows = wanted.chosen(study_plan.rows)
    _ = study_plan.other_plan  # an option that cannot be used is said before anything is read
    if given.stand_in:
        prepare(settings, study_plan.seed)  # what options its network has is asked where Keras is imported
    plan = study_plan.plan(settings)
    manifest = prepared(plan, settings, show)
    other = other_works(study_plan, manifest.class_names, settings)
    experiment = f"{wanted.task} · {manifest.source}"
    title = table.title(
        f"Study {wanted.letter}: {wanted.title}",
        manifest.source,
        study_plan.size,
        synthetic=manifest.synthetic,
        other=other.source if other else "",
    )
    tags = plan.tags("study", manifest) | {run_tag.SCALE: study_plan.size, run_tag.STUDY: wanted.name}
    # Without its rows: so a later run of others marks one that was killed.
    asked = study_plan.model_dump(mode="json", exclude={"rows", "workers"})
    key = key_of("study", wanted.name, asked, manifest.fingerprint)
    tracker, started = Tracker(settings), time.monotonic()
    tracker.mark_stale(experiment, key)
    with tracker.start(experiment, f"study {wanted.name} · {study_plan.size}", key, tags) as parent:
        parent.params(study_plan.model_dump(mode="json") | {"stand_in_for_all": str(given.stand_in or "")})
        parent.dataset(manifest)
        context = StudyContext(wanted, study_plan, settings, experiment, parent, other=other)
        context.data[plan.model_dump_json()] = manifest
        lines: list[StudyLine] = []
        for row in rows:
            lines.append(table.line(do(row, context), wanted.part_of(row)))
            seconds = round(time.monotonic() - started, 1)
            outcome = StudyResult(title, tuple(lines), seconds, parent.id, left_open=wanted.left_open)
            _keep(parent, outcome)
        parent.figure("figures/study.png", table.drawn(lines, title))
        parent.metrics({"rows": float(len(lines)), "rows_not_done": float(len(outcome.failed))})
    log_step(
        "study",
        f"{wanted.name}: {len(lines)} rows, {len(outcome.failed)} could not be done",
        outcome="warning" if outcome.failed else "done",
    )
    return replace(outcome, status="FINISHED")


def last(name: str, settings: Settings) -> StudyResult:
    """What is known of a study: each row's line in the newest run that came to it.

    Runs of the newest one's size and data version are looked at, finished or not; rows that none of them
    came to say so.

    Raises:
        RegistryError: it was never run.
    """
    tracker, wanted = Tracker(settings), catalog.find_study(name)
    runs = [run for run in tracker.runs(kind="study", limit=1000) if run.study == name]
    for record in runs:
        if record.status == "RUNNING":
            tracker.mark_stale(record.experiment, record.key)
    documents = {record.id: document for record in runs if (document := _document(record, tracker))}
    first = next((record for record in runs if record.id in documents), None)
    if first is None:
        raise RegistryError(f"{name} has not been run yet. Run it: atelier study run {name} --quick")
    alike = [
        documents[record.id]
        for record in runs
        if record.id in documents and all(record.tags.get(tag) == first.tags.get(tag) for tag in _ALIKE)
    ]
    lines = {line.row: line for document in reversed(alike) for line in document.lines}
    return StudyResult(
        documents[first.id].title,
        tuple(lines.get(row.id) or table.never_run(row) for row in wanted.rows),
        round(sum(document.seconds for document in alike), 1),
        first.id,
        tracker.run(first.id).status,  # A run that was found dead above is marked as killed by now.
        wanted.left_open,
    )


def _document(record: RunRecord, tracker: Tracker) -> StudyDocument | None:
    """What a study's run keeps; None where it was broken off before its first row."""
    if STUDY_DOCUMENT not in tracker.artifacts(record.id):
        return None
    return StudyDocument.load(tracker.artifact(record.id, STUDY_DOCUMENT))


def _keep(parent: Run, outcome: StudyResult) -> None:
    """The table so far: a study that is broken off has it."""
    parent.text(STUDY_DOCUMENT, outcome.document.model_dump_json(indent=1))
    parent.text("tables/study.md", f"# {outcome.title}\n\n{as_markdown(outcome)}")
    parent.text("tables/study.json", json.dumps(table.table(outcome.lines), indent=1, ensure_ascii=False))


def as_markdown(outcome: StudyResult) -> str:
    """The table, and what the source leaves open."""
    return f"{markdown(table.table(outcome.lines))}\n\nLeft open by the source: {outcome.left_open}.\n"
