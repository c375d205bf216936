"""A published recipe at a size that a smaller machine can carry: derived, so there is no second table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from components.models import catalog
from components.studies.study import Size
from components.training.ensembles.boost_recipe import BoostRecipe
from components.training.recipe import Policy, Recipe, Stage
from components.training.search.search import Search
from components.training.search.space import Choice, Parameter, Space


@dataclass(frozen=True)
class Limits:
    """What a size allows.

    Attributes:
        scratch_side: pixels of the longer side, of a network that starts from scratch.
        tuned_side: of a pre-trained one whose convolutions are trained too.
        frozen_side: of one whose frozen features are computed once.
        scratch_epochs: of a stage of a network that starts from scratch.
        tuned_epochs: of a stage that trains convolutions of a pre-trained one.
        module_epochs: of a stage that trains its last module on maps computed once.
        module_views: so many views of each picture's maps, where the source trains all of a pre-trained
            network: its last module alone is trained instead; 0: all of it is.
        head_epochs: of a stage on features computed once: a tenth of a second each.
        most_views: of each picture, whose features are computed once.
        batch_size: works in a step.
        top_up: works of each class to draw again up to.
        per_axis: values of each axis of a grid.
        trials: of a random search.
        members: networks of a bag, and folds.
        rounds: of boosted trees.
    """

    scratch_side: int
    tuned_side: int
    frozen_side: int
    scratch_epochs: int
    tuned_epochs: int
    module_epochs: int
    module_views: int
    head_epochs: int
    most_views: int
    batch_size: int
    top_up: int
    per_axis: int
    trials: int
    members: int
    rounds: int


LIMITS: Mapping[Size, Limits | None] = {
    "full": None,
    "cpu": Limits(
        scratch_side=96,
        tuned_side=160,
        frozen_side=384,
        scratch_epochs=20,
        tuned_epochs=6,
        module_epochs=20,
        module_views=3,
        head_epochs=60,
        most_views=4,
        batch_size=32,
        top_up=200,
        per_axis=99,
        trials=12,
        members=3,
        rounds=400,
    ),
    "quick": Limits(
        scratch_side=32,
        tuned_side=48,
        frozen_side=64,
        scratch_epochs=3,
        tuned_epochs=2,
        module_epochs=2,
        module_views=0,
        head_epochs=6,
        most_views=2,
        batch_size=16,
        top_up=20,
        per_axis=2,
        trials=2,
        members=2,
        rounds=20,
    ),
}


_LEAST_PATIENCE = 4


def sized(recipe: Recipe, size: Size, start: Recipe | None = None) -> Recipe:
    """The recipe at a size: the family, policies, losses and weights stay as they are.

    What is trained stays, too, but that "cpu" trains the last module where the source trains all of a
    pre-trained network: a fraction of the cost, for what is frozen then is computed once a view.

    The longer side is brought down to the size's limit (no side below what the family takes), and epochs
    and batch with it. A stage's patience shrinks with its epochs, not below 4 epochs and 2 for a rate cut.
    Where a batch is smaller, so is the rate: by its root with Adam's kin (Malladi et al. 2022,
    arXiv:2205.10287), in proportion with SGD (Goyal et al. 2017, arXiv:1706.02677).

    Args:
        recipe: as published.
        size: how large.
        start: the published recipe whose weights this one starts from: it sees pictures of that one's size.
    """
    limits = LIMITS[size]
    if limits is None:
        return recipe
    family = catalog.family(recipe.family)
    stages = tuple(_cut_down(stage, recipe, limits) for stage in recipe.stages)
    recipe = recipe.replace(stages=stages)
    if start is not None:
        begun = tuple(_cut_down(stage, start, limits) for stage in start.stages)
        start = start.replace(stages=begun)
    share = _share(start or recipe, limits)
    height, width = (max(family.smallest, round(side * share)) for side in recipe.image_size)
    epochs = limits.tuned_epochs if family.pretrained else limits.scratch_epochs
    return recipe.replace(
        image_size=(height, width),
        sizes=tuple(max(family.smallest, round(side * share)) for side in recipe.sizes),
        stages=tuple(_stage(stage, epochs, limits) for stage in recipe.stages),
        top_up=recipe.top_up and min(recipe.top_up, limits.top_up),
    )


def lighter(before: Recipe, after: Recipe) -> str:
    """What a table is to say where a recipe was brought down: pictures, epochs, views, what is trained.

    Args:
        before: as published.
        after: the same at a size.

    Returns:
        "160x160 px instead of 224x224; 6 epochs instead of 60"; "" where nothing is less.
    """
    pairs = list(zip(before.stages, after.stages, strict=True))
    fewer = any(now.train != then.train for then, now in pairs)
    epochs, views = (
        tuple("+".join(str(getattr(stage, name)) for stage in recipe.stages) for recipe in (before, after))
        for name in ("epochs", "views")
    )
    less_seen = any(now.views < then.views for then, now in pairs)
    notes = (
        _instead("{} px", _pixels(before), _pixels(after)),
        _instead("{} epochs", *epochs),
        _instead("{} views", *views) if less_seen else "",
        _instead("topped up to {}", str(before.top_up), str(after.top_up)),
        "the last module is trained instead of all" if fewer else "",
    )
    return "; ".join(filter(None, notes))


def _instead(words: str, before: str, after: str) -> str:
    return "" if before == after else f"{words.format(after)} instead of {before}"


def _pixels(recipe: Recipe) -> str:
    """As "300x400", or the squares of a recipe of several sizes."""
    return "/".join(map(str, recipe.sizes)) or "x".join(map(str, recipe.image_size))


def sized_search(search: Search, size: Size, start: Recipe | None = None) -> Search:
    """The search at a size: its recipe's, with fewer values of each axis (the outermost stay), or trials."""
    limits = LIMITS[size]
    if limits is None:
        return search
    trials, space = search.trials, search.space
    if search.sampler == "grid":
        space = Space(parameters=tuple(_thinned(one, limits.per_axis) for one in space.parameters))
    elif trials:
        trials = min(trials, limits.trials)
    return search.replace(recipe=sized(search.recipe, size, start), space=space, trials=trials)


def sized_boost(recipe: BoostRecipe, size: Size) -> BoostRecipe:
    """The trees at a size: fewer rounds."""
    limits = LIMITS[size]
    return recipe if limits is None else recipe.replace(rounds=min(recipe.rounds, limits.rounds))


def members(count: int, size: Size) -> int:
    """How many networks of a bag, or folds, a size allows."""
    limits = LIMITS[size]
    return count if limits is None else min(count, limits.members)


def _share(recipe: Recipe, limits: Limits) -> float:
    """By how much pictures are made smaller, at most 1."""
    if not catalog.family(recipe.family).pretrained:
        longest = limits.scratch_side
    elif all(_on_features(stage) for stage in recipe.stages):
        longest = limits.frozen_side
    else:
        longest = limits.tuned_side
    return min(1.0, longest / max(*recipe.image_size, *recipe.sizes))


def _cut_down(stage: Stage, recipe: Recipe, limits: Limits) -> Stage:
    """The last module for all of a pre-trained network, where the size says so."""
    if not (limits.module_views and recipe.weights) or stage.train == "head" or recipe.sizes:
        return stage
    views = 0 if stage.policy is Policy.NONE or stage.mix != "none" else limits.module_views
    train = "last-module" if stage.train == "all" else stage.train
    return stage.replace(train=train, views=stage.views or views)


def _stage(stage: Stage, epochs: int, limits: Limits) -> Stage:
    if _on_features(stage):
        epochs = limits.head_epochs if stage.train == "head" else limits.module_epochs
    epochs = min(stage.epochs, epochs)
    share = epochs / stage.epochs
    batch = min(stage.batch_size, limits.batch_size)
    smaller = batch / stage.batch_size
    return stage.replace(
        epochs=epochs,
        batch_size=batch,
        learning_rate=stage.learning_rate * (smaller if stage.optimizer == "sgd" else math.sqrt(smaller)),
        stop_patience=stage.stop_patience and max(_LEAST_PATIENCE, round(stage.stop_patience * share)),
        reduce_patience=stage.reduce_patience and max(2, round(stage.reduce_patience * share)),
        warmup_epochs=min(round(stage.warmup_epochs * share), epochs - 1),
        views=min(stage.views, limits.most_views),
    )


def _on_features(stage: Stage) -> bool:
    """What the frozen layers make of each picture is computed once."""
    still = stage.mix == "none" and (stage.policy is Policy.NONE or stage.views > 0)
    return stage.train != "all" and still


def _thinned(parameter: Parameter, most: int) -> Parameter:
    values = parameter.grid
    if values is None or len(values) <= most:
        return parameter
    places = [round(place * (len(values) - 1) / (most - 1)) for place in range(most)]
    return Choice(name=parameter.name, values=tuple(values[place] for place in places))
