"""One row of a study: each kind of work is handed to the flow step or component that does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from components.errors import DataError
from components.evaluation import tables
from components.failures import reason_of
from components.generative.recipes import GAN_RECIPES, STYLE_RECIPES, VGG16_EDGES
from components.models.weight_packages import is_installed
from components.runtime import clear
from components.storage import key_of
from components.studies import sizes, study, weights
from components.studies.weights import WeightsUsed
from components.tracking import tags as run_tag
from flows.log import log_step
from flows.steps.generate import Picture, gan_works, run_gan_training, run_style_transfer
from flows.steps.train import run_training
from flows.study import reports
from flows.study.context import (
    StudyContext,
    logged_answers,
    origin_of,
    recipe_of,
    training_job,
    warm_started_recipe,
)
from flows.study.other_collection import judged_on_other
from flows.study.results import RowDone, RowFailed, RowResult

if TYPE_CHECKING:
    from components.generative.recipes import Vgg16Edges
    from components.studies.study import Row
    from components.tracking.runs import RunRecord
    from components.training.recipe import Recipe

_MIN_ARTISTS = 3
"""A class needs so many, so that training, validation and test each have an artist of their own."""


def run_row(row: Row, context: StudyContext) -> RowResult:
    """Do the row, or say why it could not be done; only an interruption ends the study."""
    result: RowResult
    try:
        result = judged_on_other(_run(row, context), context)
    except Exception as exc:  # noqa: BLE001 (one row must not lose the hours that the others took)
        result = RowFailed(row, reason_of(exc))
        context.parent.traceback(exc, f"tracebacks/{row.id}.txt")
    _clear_networks()
    if isinstance(result, RowFailed):
        log_step("study", f"{row.id} could not be done: {result.reason}", outcome="failed")
    context.results[row.id] = result
    return result


def _run(row: Row, context: StudyContext) -> RowDone:  # noqa: C901, PLR0911 (a case a kind of work)
    work = row.work
    match work:
        case study.FiguresRow():
            return reports.run_figures_row(row, work, context)
        case study.TrainingRow():
            return _train(row, work.recipe, context)
        case study.HeldOutRow():
            return _train_held_out(row, work, context)
        case study.ComparisonRow():
            return reports.run_comparison_row(row, work, context)
        case study.GanRow():
            return _train_gan(row, work, context)
        case study.StyleTransferRow():
            return _transfer_style(row, work, context)
        case study.SearchRow():
            return _search(row, work, context)
        case study.BoostingRow():
            return _boost(row, work, context)
        case study.BaggingRow():
            return _bag(row, work, context)
        case study.CrossValidationRow():
            return _cross_validate(row, work, context)
        case _ as never:
            assert_never(never)


def _train(row: Row, published: Recipe, context: StudyContext) -> RowDone:
    recipe, used, lighter = recipe_of(row, published, context)
    manifest = context.works(context.plan(row))
    record = run_training(training_job(row, recipe, manifest, context), context.settings)
    return RowDone(row, record, manifest, used, lighter)


def _train_held_out(row: Row, work: study.HeldOutRow, context: StudyContext) -> RowDone:
    """Train twice: on a random split, and with whole artists held out."""
    from components.evaluation.published import scores_of

    recipe, used, lighter = recipe_of(row, work.recipe, context)
    names = _classes_of_many_artists(row, context)
    random = context.works(context.plan(row, classes=names, top=None))
    protocol = "artists-held-out:80/20" if context.study.protocol == "80/20" else "artists-held-out"
    held_out = context.works(context.plan(row, classes=names, top=None, protocol=protocol))
    first = run_training(training_job(row, recipe, random, context, ", random split"), context.settings)
    second = run_training(
        training_job(row, recipe, held_out, context, ", artists held out"), context.settings
    )
    both = [
        scores_of(logged_answers(record, context), works.class_names)
        for record, works in ((first, random), (second, held_out))
    ]
    context.parent.table(f"tables/{row.id}_artists_held_out.json", tables.beside_held_out(*both))
    beside = f"random split: macro-F1 {first.metrics['test/macro_f1']:.3f}, on {len(names)} classes"
    return RowDone(row, second, held_out, used, _joined(lighter, beside))


def _classes_of_many_artists(row: Row, context: StudyContext) -> tuple[str, ...]:
    """The classes that whole artists can be held out of."""
    frame = context.selected(context.plan(row)).frame
    known = frame[frame["artist"].str.strip() != ""]
    artists = known.groupby("label")["artist"].agg(lambda names: names.str.casefold().nunique())
    kept = tuple(sorted(str(name) for name, count in artists.items() if count >= _MIN_ARTISTS))
    if len(kept) < 2:
        raise DataError(
            f"Whole artists can be held out of classes of at least {_MIN_ARTISTS} artists; here "
            f"{list(kept) or 'none'} have so many. Take a collection that knows its artists."
        )
    return kept


def _picture_scale(context: StudyContext) -> str:
    return "smoke" if context.study_plan.size == "quick" else context.study_plan.size


def _train_gan(row: Row, work: study.GanRow, context: StudyContext) -> RowDone:
    scale = _picture_scale(context)
    manifest = context.works(context.plan(row))
    recipe = work.recipe if scale == "full" else GAN_RECIPES[scale]()
    recipe = recipe.replace(objective=work.recipe.objective, seed=context.study_plan.seed)
    picture = Picture(
        context.experiment, context.name(row), context.tags("gan", row, manifest), context.parent.id
    )
    works, subject = gan_works(manifest)
    record = run_gan_training(recipe, manifest, picture, context.settings)
    note = f"{recipe.image_size}x{recipe.image_size}, on {len(works)} {subject}"
    return RowDone(row, record, manifest, note=note)


def _transfer_style(row: Row, work: study.StyleTransferRow, context: StudyContext) -> RowDone:
    scale = _picture_scale(context)
    manifest = context.works(context.plan(row))
    recipe = work.recipe if scale == "full" else STYLE_RECIPES[scale]()
    recipe = recipe.replace(
        layers=work.recipe.layers,
        content_layers=work.recipe.content_layers,
        style_layers=work.recipe.style_layers,
        seed=context.study_plan.seed,
    )
    network: RunRecord | Vgg16Edges
    used: WeightsUsed | None
    if seen_by_vgg16_edges(work, context):
        network, recipe = VGG16_EDGES, recipe.by_vgg16_edges
        used, note = WeightsUsed("VGG16's first blocks, fine-tuned for edges"), ""
    else:
        source = context.done(work.network)
        network, used, note = source.record, source.weights, source.note
        if source.record.family != "vgg19":  # the names of VGG19's layers mean nothing in another network
            recipe = recipe.replace(content_layers=(), style_layers=())
    picture = Picture(
        context.experiment,
        context.name(row),
        context.tags("style-transfer", row, manifest),
        context.parent.id,
    )
    record = run_style_transfer(recipe, network, manifest, picture, context.settings)
    return RowDone(row, record, manifest, used, note)


def seen_by_vgg16_edges(work: study.StyleTransferRow, context: StudyContext) -> bool:
    """Whether VGG16 for edges takes VGG19's place: where that one's ImageNet weights were not to be had.

    A miniature looks at nothing but whether everything works, with the network that its row trained.
    """
    if not work.recipe.style_layers or context.study_plan.size == "quick":
        return False
    result = context.results[work.network]
    as_published = isinstance(result, RowDone) and not (result.weights and result.weights.kind)
    return not as_published and is_installed(VGG16_EDGES)


def _search(row: Row, work: study.SearchRow, context: StudyContext) -> RowDone:
    from flows.search.run import SearchJob, run_search

    plan, manifest = context.study_plan, context.works(context.plan(row))
    recipe = warm_started_recipe(row, work.search.recipe, context)
    chosen, used = weights.equipped_search(work.search.replace(recipe=recipe), plan.given)
    search = sizes.sized_search(chosen, plan.size, origin_of(row, context))
    # A search's name stands for one space on one data version in the searches' database.
    name = f"{row.id}-{search.name}-{plan.size}-{key_of(search.key, manifest.fingerprint)[:8]}"
    job = SearchJob(
        search.replace(name=name, seed=plan.seed),
        manifest,
        context.experiment,
        context.tags("training", row, manifest),
        context.parent.id,
    )
    result = run_search(job, context.settings, workers=plan.workers)
    best = ", ".join(
        f"{key.rpartition('.')[2]} {_short(value)}" for key, value in result.outcome.best.values.items()
    )
    lighter = sizes.lighter(chosen.recipe, search.recipe)
    note = _joined(f"{len(result.outcome.trials)} trials, best: {best}", lighter)
    return RowDone(row, result.best, manifest, used, note, seconds=result.run.seconds)


def _boost(row: Row, work: study.BoostingRow, context: StudyContext) -> RowDone:
    from flows.steps.boost import run_boosting

    source = context.done(work.start)
    recipe = sizes.sized_boost(work.recipe, context.study_plan.size)
    record = run_boosting(
        source.record,
        recipe.replace(seed=context.study_plan.seed),
        context.settings,
        name=context.name(row),
        tags={run_tag.STUDY: context.study.name, run_tag.ROW: row.id},
        parent=context.parent.id,
    )
    return RowDone(row, record, source.manifest, source.weights, source.note)


def _bag(row: Row, work: study.BaggingRow, context: StudyContext) -> RowDone:
    from flows.steps.ensemble import run_bagging

    recipe, used, lighter = recipe_of(row, work.recipe, context)
    manifest = context.works(context.plan(row))
    members = sizes.members(work.members, context.study_plan.size)
    record = run_bagging(training_job(row, recipe, manifest, context), members, context.settings)
    return RowDone(row, record, manifest, used, _joined(lighter, f"{members} networks"))


def _cross_validate(row: Row, work: study.CrossValidationRow, context: StudyContext) -> RowDone:
    from flows.steps.cross_validate import folds_of, run_cross_validation

    recipe, used, lighter = recipe_of(row, work.recipe, context)
    plan = context.plan(row)
    manifest, count = context.selected(plan), sizes.members(work.folds, context.study_plan.size)
    job = training_job(row, recipe, manifest, context)
    record = run_cross_validation(job, folds_of(manifest, plan, count, context.settings), context.settings)
    mean, deviation = (record.metrics[f"folds/macro_f1_{name}"] for name in ("mean", "sd"))
    note = f"{count} folds: macro-F1 {mean:.3f}, deviation {deviation:.3f}; every work tested once"
    return RowDone(row, record, manifest, used, _joined(lighter, note))


def _joined(*notes: str) -> str:
    return "; ".join(filter(None, notes))


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _clear_networks() -> None:
    """Free the networks of the row that ended: a study makes dozens in one process."""
    clear()
