"""The studies' searches, and two that suit any family, by name."""

from __future__ import annotations

from collections.abc import Callable

from components.errors import SettingsError
from components.training.recipe import Monitor, Recipe
from components.training.search.search import Pruner, Search
from components.training.search.space import Choice, LogUniform, Space, Steps

HEADS = Space.of(
    Steps(name="options.dense_1", low=128, high=512, step=64),
    Steps(name="options.dense_2", low=32, high=256, step=32),
)
"""Row A5: widths of the two dense blocks, 128:64:512 x 32:32:256. The text says 42; these are 7 x 8 = 56."""

GRID_CNN = Space.of(
    Choice(name="options.neurons", values=(8, 16)), Choice(name="options.dropout", values=(0.0, 0.5))
)
"""Row D2, appendix 1: neurons {8, 16} x dropout {0, .5}."""

INCEPTION = Space.of(
    Steps(name="options.nodes", low=50, high=1000, step=50),
    Steps(name="options.dropout", low=0.1, high=0.9, step=0.1),
    Steps(name="options.dropout_2", low=0.1, high=0.9, step=0.1),
    LogUniform(name="stages.0.learning_rate", low=1e-6, high=1e-2),
)
"""Row E4: nodes of the first dense layer, both dropouts, learning rate. The source states no ranges; its best
(650 nodes, .7, 1.95e-5) lies within these."""

LEARNING_RATE = Space.of(LogUniform(name="stages.0.learning_rate", low=1e-5, high=1e-1))


def heads(recipe: Recipe, name: str = "heads", seed: int = 0) -> Search:
    """Study A5's grid of 56 heads, for a family with the options dense_1 and dense_2."""
    return Search(name=name, recipe=recipe, space=HEADS, sampler="grid", seed=seed)


def grid_cnn(
    recipe: Recipe, name: str = "grid-cnn", seed: int = 0, *, metric: Monitor = "val_macro_f1"
) -> Search:
    """Study D2's grid of four, for the family grid_cnn."""
    return Search(name=name, recipe=recipe, space=GRID_CNN, sampler="grid", metric=metric, seed=seed)


def inception(recipe: Recipe, name: str = "inception", seed: int = 0, *, trials: int = 30) -> Search:
    """Study E4's random search, for the family inception_v3."""
    return Search(name=name, recipe=recipe, space=INCEPTION, sampler="random", trials=trials, seed=seed)


def learning_rate(
    recipe: Recipe, name: str = "learning-rate", seed: int = 0, *, trials: int = 16, pruner: Pruner = "asha"
) -> Search:
    """The first stage's rate, for any family."""
    return Search(
        name=name, recipe=recipe, space=LEARNING_RATE, sampler="tpe", trials=trials, pruner=pruner, seed=seed
    )


SEARCHES: dict[str, Callable[[Recipe, str, int], Search]] = {
    "heads": heads,
    "grid-cnn": grid_cnn,
    "inception": inception,
    "learning-rate": learning_rate,
}


def find_search(name: str) -> Callable[[Recipe, str, int], Search]:
    """The ready-made search of that name: (recipe, name to keep it under, seed) -> Search.

    Raises:
        SettingsError: there is none; the message lists those there are.
    """
    try:
        return SEARCHES[name]
    except KeyError:
        raise SettingsError(f"{name!r} is no search; expected one of {', '.join(SEARCHES)}.") from None
