"""Small searches whose trials cost nothing; run as a program it is a worker on one of them."""

from __future__ import annotations

import os
import sys
import time

from components.training.recipe import Recipe, Stage
from components.training.search.loop import Report, run
from components.training.search.presets import heads
from components.training.search.search import Search
from components.training.search.space import LogUniform, Space, Steps
from components.training.search.storage import Database
from components.training.search.trials import Trials

RECIPE = Recipe(family="mobilenet_v2", image_size=(32, 32), stages=(Stage(epochs=9, learning_rate=1e-3),))
RATES = Space.of(LogUniform(name="stages.0.learning_rate", low=1e-5, high=1e-1))
GRID = heads(RECIPE)
SMALL = Search(
    name="small",
    recipe=RECIPE,
    space=Space.of(
        Steps(name="options.dense_1", low=256, high=512, step=128),
        Steps(name="options.dense_2", low=64, high=192, step=64),
    ),
    sampler="grid",
)
"""Nine cells; the best in the middle."""


def rates(name: str = "rates", **given: object) -> Search:
    """Twelve random learning rates, changed by `given`."""
    return Search.of(
        **({"name": name, "recipe": RECIPE, "space": RATES, "sampler": "random", "trials": 12} | given)
    )


def opened(
    search: Search, url: str, *, worker: str = "me", dead: tuple[str, ...] = (), data_version: str = "data"
) -> Trials:
    """The search's trials; the processes named `dead` run no more."""
    database = Database.at(url)
    return Trials.of(search, database, data_version=data_version, worker=worker, gone=dead.__contains__)


def score(recipe: Recipe, report: Report) -> float:
    """Best at 384 and 128, and at a rate of .001, after curves that rise epoch by epoch."""
    rate = recipe.stages[0].learning_rate
    best = 0.9 - 100 * abs(rate - 1e-3) - abs(int(recipe.options.get("dense_1", 384)) - 384) / 1000
    best -= abs(int(recipe.options.get("dense_2", 128)) - 128) / 2000
    for epoch in range(1, recipe.stages[0].epochs + 1):
        value = best - 0.3 / epoch
        report(epoch, {"loss": 1.0 / epoch, "val_loss": 1 - value, "val_macro_f1": value})
    return best


def alive(worker: str) -> bool:
    """Whether the process of that number runs."""
    try:
        os.kill(int(worker), 0)
    except ProcessLookupError:
        return False
    return True


def main(url: str) -> None:
    """Work on the grid at `url` until nobody does any more, a moment a trial."""

    def train(recipe: Recipe, report: Report) -> float:
        time.sleep(0.05)
        return score(recipe, report)

    trials = Trials.of(
        GRID,
        Database.at(url),
        data_version="data",
        worker=str(os.getpid()),
        gone=lambda worker: not alive(worker),
    )
    print(run(trials, train), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
