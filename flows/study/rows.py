"""One row of a study: each kind of work handed to the flow or component that does it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, assert_never

from components.errors import DataError
from components.failures import reason_of
from components.runtime import clear
from components.studies import sizes, study, weights
from components.tracking import tags as run_tag
from flows.log import log_step
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
from flows.study.table import RowResult

if TYPE_CHECKING:
    from components.studies.study import Row
    from components.training.recipe import Recipe

_MIN_ARTISTS = 3
"""Of a class, so that training, validation and test each have one of their own."""


def run_row(row: Row, course: StudyContext) -> RowResult:
    """The row, done or with the reason why it could not be; only an interruption ends the study."""
    try:
        done = _done(row, course)
    except Exception as exc:  # noqa: BLE001 (hours of other rows must not be lost by one)
        done = RowResult(row, reason=reason_of(exc))
        course.parent.traceback(exc, f"tracebacks/{row.id}.txt")
    _forget()
    if done.reason:
        log_step("study", f"{row.id} could not be done: {done.reason}", outcome="failed")
    course.done[row.id] = done
    return done


def _done(row: Row, course: StudyContext) -> RowResult:  # noqa: PLR0911 (one for each kind of work)
    work = row.work
    match work:
        case study.FiguresRow():
            return reports.run_figures_row(row, work, course)
        case study.TrainingRow():
            return _train(row, work.recipe, course)
        case study.HeldOutRow():
            return _held_out(row, work, course)
        case study.ComparisonRow():
            return reports.run_comparison_row(row, work, course)
        case study.GanRow() | study.StyleTransferRow():
            return _pictures(row, work, course)
        case study.SearchRow():
            return _seek(row, work, course)
        case study.BoostingRow():
            return _boost(row, work, course)
        case study.BaggingRow() | study.CrossValidationRow():
            return _ensemble(row, work, course)
        case _ as never:
            assert_never(never)


def _train(row: Row, published: Recipe, course: StudyContext) -> RowResult:
    recipe, note = recipe_of(row, published, course)
    manifest = course.works(course.plan(row))
    return RowResult(
        row, run_training(training_job(row, recipe, manifest, course), course.settings), manifest, note
    )


def _held_out(row: Row, work: study.HeldOutRow, course: StudyContext) -> RowResult:
    from components.evaluation import tables
    from components.evaluation.published import scores_of

    recipe, note = recipe_of(row, work.recipe, course)
    names = _of_many_artists(row, course)
    random = course.works(course.plan(row, classes=names, top=None))
    protocol = "artists-held-out:80/20" if course.study.protocol == "80/20" else "artists-held-out"
    held = course.works(course.plan(row, classes=names, top=None, protocol=protocol))
    first = run_training(training_job(row, recipe, random, course, ", random split"), course.settings)
    second = run_training(training_job(row, recipe, held, course, ", artists held out"), course.settings)
    both = [
        scores_of(logged_answers(record, course), works.class_names)
        for record, works in ((first, random), (second, held))
    ]
    rows = tables.beside_held_out(*both)
    course.parent.table(f"tables/{row.id}_artists_held_out.json", rows)
    told = f"random split: macro-F1 {first.metrics['test/macro_f1']:.3f}, on {len(names)} classes"
    return RowResult(row, second, held, "; ".join(filter(None, (note, told))))


def _of_many_artists(row: Row, course: StudyContext) -> tuple[str, ...]:
    """The classes that whole artists can be held out of."""
    plan = course.plan(row)
    frame = course.selected(plan).frame
    known = frame[frame["artist"].str.strip() != ""]
    artists = known.groupby("label")["artist"].agg(lambda names: names.str.casefold().nunique())
    kept = tuple(sorted(str(name) for name, count in artists.items() if count >= _MIN_ARTISTS))
    if len(kept) < 2:
        raise DataError(
            f"Whole artists can be held out of classes of at least {_MIN_ARTISTS} artists; here "
            f"{list(kept) or 'none'} have so many. Take a collection that knows its artists."
        )
    return kept


def _pictures(row: Row, work: study.GanRow | study.StyleTransferRow, course: StudyContext) -> RowResult:
    from components.generative.recipes import GAN_RECIPES, STYLE_RECIPES
    from flows.steps.generate import Picture, gan_works, run_gan_training, run_style_transfer

    scale = "smoke" if course.order.size == "quick" else course.order.size
    manifest = course.works(course.plan(row))
    name, parent = course.name(row), course.parent.id
    if isinstance(work, study.GanRow):
        kept = Picture(course.experiment, name, course.tags("gan", row, manifest), parent)
        recipe = work.recipe if scale == "full" else GAN_RECIPES[scale]()
        recipe = recipe.replace(objective=work.recipe.objective, seed=course.order.seed)
        works, subject = gan_works(manifest)
        told = f"{recipe.image_size}x{recipe.image_size}, on {len(works)} {subject}"
        return RowResult(row, run_gan_training(recipe, manifest, kept, course.settings), manifest, told)
    network, drawn = course.done[work.network], course.record(work.network)
    base = work.recipe if scale == "full" else STYLE_RECIPES[scale]()
    named = drawn.family == "vgg19"  # names of its layers mean nothing in another network
    style = base.replace(
        layers=work.recipe.layers,
        content_layers=work.recipe.content_layers if named else (),
        style_layers=work.recipe.style_layers if named else (),
        seed=course.order.seed,
    )
    kept = Picture(course.experiment, name, course.tags("style-transfer", row, manifest), parent)
    return RowResult(
        row, run_style_transfer(style, drawn, manifest, kept, course.settings), manifest, network.note
    )


def _seek(row: Row, work: study.SearchRow, course: StudyContext) -> RowResult:
    from components.storage import key_of
    from flows.search.run import SearchJob, run_search

    order, manifest = course.order, course.works(course.plan(row))
    recipe = warm_started_recipe(row, work.search.recipe, course)
    chosen, note = weights.equipped_search(work.search.replace(recipe=recipe), order.given)
    search = sizes.sized_search(chosen, order.size, origin_of(row, course))
    # A search's name stands for one space on one data version in the searches' database.
    name = f"{row.id}-{search.name}-{order.size}-{key_of(search.key, manifest.fingerprint)[:8]}"
    quest = SearchJob(
        search.replace(name=name, seed=order.seed),
        manifest,
        course.experiment,
        course.tags("training", row, manifest),
        course.parent.id,
    )
    found = run_search(quest, course.settings, workers=order.workers)
    best = ", ".join(
        f"{key.rpartition('.')[2]} {_short(value)}" for key, value in found.outcome.best.values.items()
    )
    told = f"{len(found.outcome.trials)} trials, best: {best}"
    return RowResult(
        row, found.best, manifest, "; ".join(filter(None, (note, told))), seconds=found.run.seconds
    )


def _boost(row: Row, work: study.BoostingRow, course: StudyContext) -> RowResult:
    from flows.steps.boost import run_boosting

    source = course.done[work.start]
    recipe = sizes.sized_boost(work.recipe, course.order.size)
    record = run_boosting(
        course.record(work.start),
        recipe.replace(seed=course.order.seed),
        course.settings,
        name=course.name(row),
        tags={run_tag.STUDY: course.study.name, run_tag.ROW: row.id},
        parent=course.parent.id,
    )
    return RowResult(row, record, source.manifest, source.note)


def _ensemble(row: Row, work: study.BaggingRow | study.CrossValidationRow, course: StudyContext) -> RowResult:
    from flows.steps.cross_validate import folds_of, run_cross_validation
    from flows.steps.ensemble import run_bagging

    recipe, note = recipe_of(row, work.recipe, course)
    plan = course.plan(row)
    if isinstance(work, study.BaggingRow):
        manifest, members = course.works(plan), sizes.members(work.members, course.order.size)
        record = run_bagging(training_job(row, recipe, manifest, course), members, course.settings)
        return RowResult(row, record, manifest, "; ".join(filter(None, (note, f"{members} networks"))))
    manifest, folds = course.selected(plan), sizes.members(work.folds, course.order.size)
    whole = training_job(row, recipe, manifest, course)
    record = run_cross_validation(whole, folds_of(manifest, plan, folds, course.settings), course.settings)
    mean, deviation = (record.metrics[f"folds/macro_f1_{name}"] for name in ("mean", "sd"))
    told = f"{folds} folds: macro-F1 {mean:.3f}, deviation {deviation:.3f}; every work tested once"
    return RowResult(row, record, manifest, "; ".join(filter(None, (note, told))))


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _forget() -> None:
    """Let go of the networks of the row that ended: a study makes dozens in one process."""
    if "keras" in sys.modules:
        clear()
