"""What a row of a study does, as text and for JSON: `atelier study show` prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

from components.studies import sizes
from components.studies.study import BaggingRow, BoostingRow, CrossValidationRow, SearchRow
from components.training.search.space import Choice, LogUniform, Steps, Uniform, Whole

if TYPE_CHECKING:
    from components.studies.study import Row, Size, Study
    from components.training.recipe import Recipe, Stage
    from components.training.search.search import Search
    from components.training.search.space import Parameter


def details(row: Row, study: Study, size: Size) -> dict[str, Any]:
    """The row's work at a size, for JSON: its recipe, and its search, its trees or how many networks."""
    recipe, start = row.recipe, study.origin(row)
    document: dict[str, Any] = {"recipe": recipe and sizes.sized(recipe, size, start).model_dump(mode="json")}
    match row.work:
        case SearchRow(search=search):
            small = sizes.sized_search(search, size, start)
            document["search"] = small.model_dump(mode="json", exclude={"recipe"})
        case BaggingRow(members=count):
            document["members"] = sizes.members(count, size)
        case CrossValidationRow(folds=count):
            document["folds"] = sizes.members(count, size)
        case BoostingRow(recipe=trees):
            document["trees"] = sizes.sized_boost(trees, size).model_dump(mode="json")
    return document


def description(row: Row, study: Study, size: Size) -> str:
    """The same as text; "" for a row that trains nothing."""
    recipe, start = row.recipe, study.origin(row)
    parts = [_recipe(sizes.sized(recipe, size, start))] if recipe else []
    match row.work:
        case SearchRow(search=search):
            parts.insert(0, _search(sizes.sized_search(search, size, start)))
        case BaggingRow(members=count):
            parts.insert(0, f"{sizes.members(count, size)} networks")
        case CrossValidationRow(folds=count):
            parts.insert(0, f"{sizes.members(count, size)} folds")
        case BoostingRow(recipe=trees):
            parts.append(f"at most {sizes.sized_boost(trees, size).rounds} rounds, depth {trees.depth}")
    return "; ".join(parts)


def _search(search: Search) -> str:
    trials = search.trials or len(search.space.cells or ())
    space = ", ".join(
        f"{parameter.name.rpartition('.')[2]} {_values(parameter)}" for parameter in search.space.parameters
    )
    return f"{search.sampler}, {trials} trials over {space}"


def _values(parameter: Parameter) -> str:
    match parameter:
        case Choice(values=values):
            return "/".join(map(str, values))
        case Steps(low=low, high=high, step=step):
            return f"{low}:{step}:{high}"
        case Whole(low=low, high=high) | Uniform(low=low, high=high) | LogUniform(low=low, high=high):
            return f"{low:g}..{high:g}"
        case _ as never:
            assert_never(never)


def _recipe(recipe: Recipe) -> str:
    height, width = recipe.image_size
    options = ", ".join(f"{name} {value}" for name, value in recipe.options.items())
    size = f"{height}x{width}" if not recipe.sizes else "/".join(map(str, recipe.sizes))
    parts = [
        f"{recipe.family} {size}"
        + (f" ({options})" if options else "")
        + (f" {recipe.weights or ''}").rstrip()
    ]
    parts += [_stage(stage) for stage in recipe.stages]
    more = [
        word
        for word, on in (
            ("class weights", recipe.class_weights),
            ("several labels", recipe.multi_label),
            (f"at {'/'.join(map(str, recipe.scales_at_test))} at test", recipe.scales_at_test),
            ("crops at test", recipe.crop_at_test),
            ("mirrored at test", recipe.flipped_at_test),
        )
        if on
    ]
    more += [recipe.loss] if recipe.loss != "cross-entropy" else []
    more += [f"topped up to {recipe.top_up}"] if recipe.top_up else []
    return "; ".join([*parts, *more, recipe.monitor.removeprefix("val_")])


def _stage(stage: Stage) -> str:
    parts = [
        f"{stage.train}: {stage.optimizer} {stage.learning_rate:.3g}",
        f"batch {stage.batch_size}",
        f"{stage.epochs} epochs",
    ]
    more = {
        f"{stage.policy}" + (f" in {stage.views} views" if stage.views else ""): stage.policy != "none",
        stage.mix: stage.mix != "none",
        stage.schedule: stage.schedule != "constant",
        f"warm-up {stage.warmup_epochs}": stage.warmup_epochs,
        f"decay {stage.weight_decay:.3g}": stage.weight_decay,
        f"smoothing {stage.label_smoothing:.3g}": stage.label_smoothing,
        f"average {stage.ema}": stage.ema,
        f"stop {stage.stop_patience}": stage.stop_patience,
        f"cut {stage.reduce_patience}": stage.reduce_patience,
    }
    return ", ".join([*parts, *(word for word, on in more.items() if on)])
