"""A search in Optuna's terms."""

from __future__ import annotations

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.pruners import HyperbandPruner, NopPruner, SuccessiveHalvingPruner
from optuna.samplers import RandomSampler, TPESampler

from components.training.search.search import Search
from components.training.search.space import (
    Choice,
    LogUniform,
    Parameter,
    Steps,
    Uniform,
    Values,
    Whole,
    meant,
)


def exact(values: Values) -> Values:
    """Values as they were meant: Optuna's steps are sums, and rounded."""
    return {name: meant(value) for name, value in values.items()}


def distribution(parameter: Parameter) -> optuna.distributions.BaseDistribution:
    """What a parameter's values are drawn from."""
    match parameter:
        case Choice(values=values):
            return CategoricalDistribution(values)
        case Steps(low=int(low), step=int(step)):
            return IntDistribution(low, int(parameter.grid[-1]), step=step)
        case Steps(low=low, step=step):
            return FloatDistribution(low, parameter.grid[-1], step=step)
        case Whole(low=low, high=high, log=log):
            return IntDistribution(low, high, log=log)
        case Uniform(low=low, high=high):
            return FloatDistribution(low, high)
        case LogUniform(low=low, high=high):
            return FloatDistribution(low, high, log=True)


def sampler(search: Search, number: int) -> optuna.samplers.BaseSampler:
    """What draws trial `number` (a grid's are queued, none is drawn)."""
    # A seed a trial: two processes with one seed would draw the same values.
    seed = (search.seed * 1_000_003 + number) % 2**32
    if search.sampler == "tpe":
        return TPESampler(seed=seed, constant_liar=True)
    return RandomSampler(seed=seed)


def pruner(search: Search) -> optuna.pruners.BasePruner:
    """What ends poor trials; of three at the same epoch about one goes on."""
    epochs = sum(stage.epochs for stage in search.recipe.stages)
    match search.pruner:
        case "none":
            return NopPruner()
        case "asha":
            return SuccessiveHalvingPruner(min_resource=max(1, epochs // 27), reduction_factor=3)
        case "hyperband":
            return HyperbandPruner(min_resource=max(1, epochs // 27), max_resource=epochs, reduction_factor=3)
