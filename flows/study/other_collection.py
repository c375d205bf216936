"""Networks of a study judged on another collection, too: on works of their own collection figures flatter."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from components.data.groups.duplicates import seen_before
from components.data.select import with_classes_of
from components.errors import DataError
from components.evaluation import answers, tables
from components.evaluation.figures.confusion_matrix import confusion_matrix
from components.evaluation.metrics import evaluate
from components.formatting import OTHER_PART
from components.inference.predictor import Predictor
from components.storage import key_of
from components.studies.study import BaggingRow, BoostingRow, HeldOutRow, SearchRow, TrainingRow
from components.tracking import tags as run_tag
from components.tracking.runs import Tracker
from flows.log import log_step
from flows.runs.cached_run import find_or_run
from flows.steps import ingest
from flows.steps.evaluation.eval_data import images_of

if TYPE_CHECKING:
    from components.data.manifest import Manifest
    from components.settings import Settings
    from components.tracking.recorder import Run
    from flows.study.context import StudyContext
    from flows.study.plan import StudyPlan
    from flows.study.results import RowDone

METHOD = 1
"""Counted up when the same network on the same works would now get other figures."""
_OF_ONE_NETWORK = TrainingRow | HeldOutRow | SearchRow | BaggingRow | BoostingRow


def other_works(study_plan: StudyPlan, class_names: list[str], settings: Settings) -> Manifest | None:
    """The other collection's works, with the classes' names as the study's collection spells them.

    None where the plan names no other collection.

    Raises:
        DataError: it cannot be read, or has other classes than the study's.
    """
    plan = study_plan.other_plan
    if plan is None:
        return None
    works = ingest.select(ingest.ingest(plan, settings), plan)
    with_classes_of(works, class_names)
    return works


def judged_on_other(result: RowDone, context: StudyContext) -> RowDone:
    """The row with what its network reaches on the other collection; itself where it has no such network.

    A row of other classes than the other collection's is not judged on it, and says so.
    """
    if context.other is None or not isinstance(result.row.work, _OF_ONE_NETWORK):
        return result
    if result.manifest.multi_label:
        return _not_judged(result, "its works have several labels")
    try:
        works = with_classes_of(context.other, result.manifest.class_names)
    except DataError as exc:
        return _not_judged(result, str(exc))
    learnt = result.manifest.with_frame(
        result.manifest.frame[result.manifest.frame["split"] != result.manifest.judged_on]
    )
    is_known = seen_before(works, learnt)
    unknown = works.with_frame(works.frame[~is_known])
    if not len(unknown):
        return _not_judged(result, "all of its works are near-duplicates of works that were learnt from")
    record, cached = find_or_run(
        context.settings,
        experiment=context.experiment,
        name=f"{context.name(result.row)}, on {works.source}",
        key=key_of("other-collection", METHOD, result.record.id, works.fingerprint),
        tags=context.tags("other-collection", result.row, works) | {run_tag.NETWORK: result.record.id},
        work=lambda run: _log(run, result, unknown, works, context.settings),
        parent=context.parent.id,
    )
    macro_f1 = record.metrics[f"{OTHER_PART}/macro_f1"]
    log_step("study", f"{result.row.id} on {works.source}: macro-F1 {macro_f1:.3f}", cached=cached)
    left_out = len(works) - len(unknown)
    note = f"another collection: {len(unknown)} works of {works.source}"
    if left_out:
        note += f", {left_out} near-duplicates of works that were learnt from left out"
    return replace(result, other=record, note="; ".join(filter(None, (result.note, note))))


def _log(run: Run, result: RowDone, works: Manifest, whole: Manifest, settings: Settings) -> None:
    """What the network that is served answers to the other collection's works.

    Args:
        run: in progress.
        result: of the row that trained it.
        works: those that it has not learnt.
        whole: all of them: the data version that is named.
        settings: where pictures are kept.
    """
    run.dataset(whole, "evaluation")
    predictor = Predictor.load(Tracker(settings).release(result.record.id))
    names = list(predictor.card.class_names)
    probabilities = predictor.probabilities(images_of(works, predictor.card, settings))
    truth = works.targets(names)
    scores = evaluate(truth, probabilities, names, works.group_ids)
    counts = {
        f"{OTHER_PART}/works": float(len(works)),
        f"{OTHER_PART}/left_out": float(len(whole) - len(works)),
    }
    run.metrics(scores.as_metrics(OTHER_PART) | counts)
    run.figure("figures/confusion_matrix.png", confusion_matrix(scores, f"Confusion matrix, {works.source}"))
    per_class = tables.per_class(scores)
    run.table("tables/per_class.json", per_class)
    run.text("tables/per_class.md", tables.markdown(per_class))
    rows = answers.work_rows(list(works.frame["path"]), truth, probabilities, names, works.group_ids)
    run.table(f"tables/{OTHER_PART}_works.json", rows)


def _not_judged(result: RowDone, why: str) -> RowDone:
    note = f"not judged on another collection: {why}"
    return replace(result, note="; ".join(filter(None, (result.note, note.rstrip(".")))))
