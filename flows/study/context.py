"""A study while it runs: its results so far, its data versions, and how a row's recipe and job are made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from components.data.manifest import Split
from components.errors import TrainingError
from components.evaluation import answers
from components.studies import sizes, weights
from components.studies.balanced import training_balanced
from components.studies.study import SearchRow, TrainingRow
from components.tracking import tags as run_tag
from components.tracking.runs import Tracker
from flows.steps import ingest
from flows.steps.train import TrainingJob
from flows.study.results import RowDone, RowFailed

if TYPE_CHECKING:
    from components.data.manifest import Manifest
    from components.evaluation.answers import WorkAnswer
    from components.settings import Settings
    from components.studies.study import Row, Study
    from components.studies.weights import WeightsUsed
    from components.tracking.recorder import Run
    from components.tracking.runs import RunRecord
    from components.training.recipe import Recipe
    from flows.plan import Plan
    from flows.study.plan import StudyPlan
    from flows.study.results import RowResult


@dataclass
class StudyContext:
    """A study while it runs.

    Attributes:
        study: what is run.
        study_plan: how large, on what, with which weights.
        settings: of the run.
        experiment: of every run of it.
        parent: the run that those of the rows are shown below.
        results: of the rows so far, by id.
        data: data versions by the plan that made them.
        other: works of another collection that networks are judged on, too.
    """

    study: Study
    study_plan: StudyPlan
    settings: Settings
    experiment: str
    parent: Run
    results: dict[str, RowResult] = field(default_factory=dict)
    data: dict[str, Manifest] = field(default_factory=dict)
    other: Manifest | None = None

    def plan(self, row: Row | None = None, **changes: object) -> Plan:
        """What a row reads, selects, and how it is parted."""
        return self.study_plan.plan(self.settings, row, **changes)

    def works(self, plan: Plan) -> Manifest:
        """The plan's validated, split data version, made once.

        A balanced one is the whole one with fewer training works, so that both are judged by the same.
        """
        key = plan.model_dump_json()
        if key not in self.data:
            self.data[key] = self._balanced(plan) if plan.balanced else ingest.prepared(plan, self.settings)
        return self.data[key]

    def _balanced(self, plan: Plan) -> Manifest:
        whole = self.works(plan.replace(balanced=False))
        works = training_balanced(whole, plan.seed)
        ingest.validate(works, plan, self.settings)
        return works

    def selected(self, plan: Plan) -> Manifest:
        """The plan's works before any split."""
        return ingest.select(ingest.ingest(plan, self.settings), plan)

    def done(self, name: str) -> RowDone:
        """An earlier row that was done.

        Raises:
            TrainingError: it could not be done.
        """
        result = self.results[name]
        if isinstance(result, RowFailed):
            raise TrainingError(f"It needs row {name}, which could not be done.")
        return result

    def tags(self, kind: str, row: Row, manifest: Manifest) -> dict[str, str]:
        """Tags of the row's MLflow run."""
        return self.plan(row).tags(kind, manifest) | {
            run_tag.SCALE: self.study_plan.size,
            run_tag.STUDY: self.study.name,
            run_tag.ROW: row.id,
        }

    def name(self, row: Row) -> str:
        """Name of the row's MLflow run."""
        return f"{row.id} {row.title} · {self.study_plan.size}"


def recipe_of(row: Row, recipe: Recipe, context: StudyContext) -> tuple[Recipe, WeightsUsed, str]:
    """A published recipe at the plan's size, with its seed, its start and weights that can be had.

    Returns:
        The recipe, the weights it got, and what the table is to say of a lighter training.
    """
    chosen, used = weights.equipped(warm_started_recipe(row, recipe, context), context.study_plan.given)
    sized = sizes.sized(chosen, context.study_plan.size, origin_of(row, context))
    return sized, used, sizes.lighter(chosen, sized)


def origin_of(row: Row, context: StudyContext) -> Recipe | None:
    """The recipe, with its weights, of the first row that a row starts from; None without any."""
    published = context.study.origin(row)
    return None if published is None else weights.equipped(published, context.study_plan.given)[0]


def warm_started_recipe(row: Row, recipe: Recipe, context: StudyContext) -> Recipe:
    """The recipe with the plan's seed and way with borders, and the run that the row starts from.

    Raises:
        TrainingError: that row could not be done.
    """
    update: dict[str, object] = {"seed": context.study_plan.seed, "borders": context.study_plan.borders}
    if isinstance(row.work, TrainingRow | SearchRow) and row.work.start:
        update["warm_start"] = context.done(row.work.start).record.id
    return recipe.replace(**update)


def training_job(
    row: Row, recipe: Recipe, manifest: Manifest, context: StudyContext, more: str = ""
) -> TrainingJob:
    """A recipe of the row, to be trained on those works and shown below the study; `more` ends its name."""
    return TrainingJob(
        recipe,
        manifest,
        context.experiment,
        context.name(row) + more,
        context.tags("training", row, manifest),
        context.parent.id,
    )


def logged_answers(record: RunRecord, context: StudyContext, part: Split = Split.TEST) -> list[WorkAnswer]:
    """A row a work of that part, as a row's run logged it.

    Raises:
        DataError: it has no such table: a run of several labels, or one from before that part's was kept.
    """
    return answers.logged_answers(Tracker(context.settings).artifact(record.id, f"tables/{part}_works.json"))


def reported_part(manifest: Manifest, context: StudyContext) -> Split:
    """The part whose answers a report is of; a version without a test part has its validation works there."""
    apart = manifest.judged_on is Split.TEST
    return Split.VALIDATION if apart and context.study.judged_on == "validation" else Split.TEST
