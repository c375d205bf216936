"""A source document's study from end to end: its rows one after the other, and the table that tells them."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from components.errors import RegistryError
from components.settings import Settings
from components.storage import key_of
from flows import study_table
from flows.study_course import Course, prepared
from flows.study_order import Order
from flows.study_rows import carried_out
from flows.study_table import Done, Line
from flows.telling import LOGGER, tell

if TYPE_CHECKING:
    from collections.abc import Callable

    from components.studies.study import Row
    from components.tracking.recorder import Run
    from components.tracking.runs import RunRecord

DOCUMENT = "study.json"
"""What a study's run keeps: title, lines, seconds; `atelier study table` reads it again."""


@dataclass(frozen=True)
class Outcome:
    """What a run of a study leaves.

    Attributes:
        title: what the table is of, and on what.
        lines: a row each.
        seconds: of the whole run; rows found done take none of it.
        run: the parent run's id.
    """

    title: str
    lines: tuple[Line, ...]
    seconds: float
    run: str

    @property
    def failed(self) -> list[Line]:
        """The rows that could not be done."""
        return [line for line in self.lines if line["reason"]]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"title": self.title, "seconds": self.seconds, "run": self.run, "lines": list(self.lines)}


@task(name="study row", task_run_name="row {row.id}", cache_policy=NO_CACHE)
def study_row(row: Row, course: Course) -> Done:
    """One row, as a task that Prefect shows."""
    return carried_out(row, course)


@flow(name="study", flow_run_name="{order.study} · {order.size}", validate_parameters=True)
def study(order: Order) -> Outcome:
    """The study's rows under one run, each found again when it was done before; ends with the table."""
    logging.getLogger(LOGGER).setLevel(logging.INFO)
    return run(order, Settings.load(), study_row)


def run(order: Order, settings: Settings, do: Callable[[Row, Course], Done] = carried_out) -> Outcome:
    """The study without a Prefect server; `do` carries out a row.

    Raises:
        SettingsError: no such study, row, weights file or stand-in.
        DataError: the collection cannot be learnt from at all.
        ValidationFailed: the gate does not let it pass.
    """
    from components.tracking.runs import Tracker

    wanted, given = order.wanted, order.given
    rows = wanted.chosen(order.rows)
    plan = order.plan(settings)
    manifest = prepared(plan, settings)
    experiment = f"{wanted.task} · {manifest.source}"
    title = study_table.title(
        f"Study {wanted.letter}: {wanted.title}", manifest.source, order.size, synthetic=manifest.synthetic
    )
    tags = plan.tags("study", manifest) | {"atelier.scale": order.size, "atelier.study": wanted.name}
    # Without its rows: so a later run of others marks one that was killed.
    key = key_of("study", wanted.name, order.model_dump(mode="json", exclude={"rows"}), manifest.fingerprint)
    tracker, started = Tracker(settings), time.monotonic()
    tracker.mark_stale(experiment, key)
    with tracker.start(experiment, f"study {wanted.name} · {order.size}", key, tags) as parent:
        parent.params(order.model_dump(mode="json") | {"stand_in_for_all": str(given.stand_in or "")})
        parent.dataset(manifest)
        course = Course(wanted, order, settings, experiment, parent)
        course.data[plan.model_dump_json()] = manifest
        lines: list[Line] = []
        for row in rows:
            lines.append(study_table.line(do(row, course), wanted.part_of(row)))
            outcome = Outcome(title, tuple(lines), round(time.monotonic() - started, 1), parent.id)
            _keep(parent, outcome)
        parent.figure("figures/study.png", study_table.drawn(lines, title))
        parent.metrics({"rows": float(len(lines)), "rows_not_done": float(len(outcome.failed))})
    tell("study", f"{wanted.name}: {len(lines)} rows, {len(outcome.failed)} could not be done")
    return outcome


def last(name: str, settings: Settings) -> tuple[Outcome, RunRecord]:
    """What the newest run of a study left, finished or not.

    Raises:
        RegistryError: it was never run.
    """
    from components.tracking.runs import Tracker

    tracker = Tracker(settings)
    for record in tracker.runs(kind="study"):
        if record.tags.get("atelier.study") == name and DOCUMENT in tracker.artifacts(record.id):
            told = json.loads(tracker.artifact(record.id, DOCUMENT).read_text(encoding="utf-8"))
            return Outcome(told["title"], tuple(told["lines"]), told["seconds"], told["run"]), record
    raise RegistryError(f"{name} has not been run yet. Run it: atelier study run {name} --quick")


def _keep(parent: Run, outcome: Outcome) -> None:
    """The table so far: a study that is broken off has it."""
    from components.evaluation.tables import markdown

    rows = study_table.table(outcome.lines)
    parent.text(DOCUMENT, json.dumps(outcome.as_dict(), indent=1, ensure_ascii=False))
    parent.text("tables/study.md", f"# {outcome.title}\n\n{markdown(rows)}\n")
    parent.text("tables/study.json", json.dumps(rows, indent=1, ensure_ascii=False))
