"""The recipe of a refit: a run's own, with the number of epochs that its validation works chose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from components.errors import TrainingError
from components.training.recipe import Recipe, Stage
from components.training.result import Epoch, TrainingHistory

LATE = 0.75
"""From this share of a cosine schedule on, the rate is below a sixth of its start: epochs differ little."""


@dataclass(frozen=True)
class _Kept:
    """What of a stage went into the network that was kept: so many epochs, the rate cut after some."""

    epochs: int
    cut_after: tuple[int, ...]


def refit_recipe(recipe: Recipe, history: Sequence[Epoch]) -> Recipe:
    """The recipe by which a judged run's network is trained again, with nothing to choose an epoch by.

    Each stage runs for the epochs that led to the kept network; a stage whose epochs were all discarded is
    left out. The rate is cut after the epochs that it was cut after. A cosine schedule keeps its length if
    the kept epoch lay in its last quarter, where epochs differ little; else it is drawn over the kept epochs,
    so that the rate still ends at zero. Every stage's last epoch is kept.

    Args:
        recipe: of the judged run.
        history: its epochs, as `fit` records them.

    Raises:
        TrainingError: the history does not say which stage an epoch belongs to, and there are several.
    """
    kept = _kept(recipe, history)
    stages = [_repeated(stage, part) for stage, part in zip(recipe.stages, kept, strict=True) if part.epochs]
    return recipe.replace(monitor="none", stages=tuple(stages))


def _kept(recipe: Recipe, history: Sequence[Epoch]) -> list[_Kept]:
    """What was kept of each stage; every stage starts from the best network so far."""
    if not history or (len(recipe.stages) > 1 and any("stage" not in row for row in history)):
        raise TrainingError(
            f"The run's history has {len(history)} epochs and does not say which of the "
            f"{len(recipe.stages)} stages each belongs to: it was trained by an older version of Atelier. "
            f"Delete the run in MLflow and train it again."
        )
    record = TrainingHistory(recipe.monitor)
    kept = []
    for number in range(1, len(recipe.stages) + 1):
        before = len(record.history)
        rows = [row for row in history if int(row.get("stage", 1)) == number]
        for row in rows:
            better = record.beaten_by(row)
            record.history.append(row)
            if better:
                record.best_epoch = len(record.history)
        epochs = max(record.best_epoch - before, 0)
        rates = [row["learning_rate"] for row in rows]
        cuts = tuple(epoch for epoch in range(1, epochs) if rates[epoch] < rates[epoch - 1])
        kept.append(_Kept(epochs, cuts))
    return kept


def _repeated(stage: Stage, kept: _Kept) -> Stage:
    scheduled = stage.schedule != "constant" or bool(stage.warmup_epochs)
    whole = stage.schedule == "cosine" and kept.epochs >= LATE * stage.epochs
    epochs = stage.epochs if whole else kept.epochs
    return stage.replace(
        epochs=epochs,
        warmup_epochs=min(stage.warmup_epochs, epochs - 1),
        stop_patience=None,
        reduce_patience=None,
        cut_after=() if scheduled else kept.cut_after,
    )
