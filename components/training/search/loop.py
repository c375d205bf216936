"""Runs a search: one trial after the other, until nobody is at work on one any more."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import optuna

from components.errors import SettingsError, TrainingError
from components.progress import Advance, steps
from components.training.recipe import Recipe
from components.training.search.samplers import exact
from components.training.search.search import Search, SearchOutcome, State, Trial
from components.training.search.space import Value, applied
from components.training.search.trials import Trials, wait_for_others


class Pruned(Exception):  # noqa: N818 (it names an outcome)
    """A trial is too poor to go on with; raised through `fit` by the report of an epoch."""


class Report:
    """Told each epoch of a trial by what trains it; may end it.

    Attributes:
        number: the trial's.
        values: the trial's.
        curve: the rows told so far.
        epochs: of the trial's recipe; at the last nothing is left to be saved.
    """

    def __init__(self, search: Search, trial: optuna.trial.Trial) -> None:
        self.number = trial.number
        self.values: Mapping[str, Value] = exact(trial.params)
        self.curve: list[Mapping[str, float]] = []
        self.epochs = sum(stage.epochs for stage in search.recipe.stages)
        self._search = search
        self._trial = trial

    def __call__(self, epoch: int, row: Mapping[str, float]) -> None:
        """Take down an epoch's figures (epochs count from 1).

        Raises:
            Pruned: the trial is among the poor ones at this epoch.
        """
        self.curve.append(dict(row))
        if (
            self._search.pruner == "none"
        ):  # the database is told once, at the end: epochs on features are short
            return
        if not math.isfinite(row["loss"]):
            return  # training stops itself, and says why
        self._trial.report(row[self._search.metric], epoch)
        if epoch < self.epochs and self._trial.should_prune():
            raise Pruned(f"after epoch {epoch}, with {self._search.metric} {row[self._search.metric]:.3f}")


Train = Callable[[Recipe, Report], float]
"""Trains a recipe, telling each epoch, and gives the search's metric of the network that is kept."""


def run(
    trials: Trials,
    train: Train,
    *,
    on_trial: Callable[[Trial], None] | None = None,
    wait: bool = True,
) -> int:
    """Work on a search until each of its trials has been begun; how many were taken here.

    A trial that cannot be trained (a TrainingError, as of a loss that is no number, or a SettingsError of
    what its values make together) is kept as failed with its reason, and the search goes on. What any other
    error ends is run again when the search is resumed.

    Args:
        trials: of the search, at their database; other processes may work on them, too.
        train: see `Train`.
        on_trial: told each trial that ended here.
        wait: stay until other processes have ended theirs, and take over what one of them leaves behind.
    """
    search = trials.search
    total = search.trials or len(search.space.cells or ())
    with steps(f"Search {search.name}", total) as advance:
        shown = taken = 0
        while True:
            trial = trials.claim()
            if trial is not None:
                taken += 1
                _try(trials, trial, train)
            elif not (wait and wait_for_others(trials)):
                break
            known = trials.all()
            if trial is not None and on_trial is not None:
                on_trial(known[trial.number])
            shown = _show(search, known, advance, shown)
    return taken


def outcome(trials: Trials) -> SearchOutcome:
    """What a search has found.

    Raises:
        TrainingError: no trial could be trained to its end; gives their reasons.
    """
    known, search = trials.all(), trials.search
    finished = [trial for trial in known if trial.state == "finished" and trial.value is not None]
    if not finished:
        reasons = sorted({trial.reason for trial in known if trial.state in {"failed", "pruned"}})
        raise TrainingError(
            f"The search {search.name!r} has no finished trial among {len(known)}: {' | '.join(reasons[:3])} "
            f"Mend the recipe or the space, and give the search another --name."
        )
    best = best_of(search, finished)
    return SearchOutcome(
        search, tuple(known), best, applied(search.recipe, best.values), trials.importances()
    )


def best_of(search: Search, finished: list[Trial]) -> Trial:
    """The trial with the best metric; of equals the first."""
    sign = -1 if search.maximised else 1
    return min(finished, key=lambda trial: (sign * (trial.value or 0.0), trial.number))


def _try(trials: Trials, trial: optuna.trial.Trial, train: Train) -> None:
    search = trials.search
    report = Report(search, trial)
    state: State = "lost"
    value, reason = None, ""
    try:
        with trials.alive(trial):
            recipe = applied(search.recipe, report.values)
            report.epochs = sum(stage.epochs for stage in recipe.stages)
            value = train(recipe, report)
        state = "finished" if math.isfinite(value) else "failed"
        reason = "" if state == "finished" else f"its {search.metric} is {value}, which is no number"
    except Pruned as exc:
        state, reason = "pruned", str(exc)
    except (TrainingError, SettingsError) as exc:
        state, reason = "failed", str(exc)
    finally:
        trials.finish(trial, state, value, reason=reason, curve=report.curve)


def _show(search: Search, known: list[Trial], advance: Advance, shown: int) -> int:
    ended = [trial for trial in known if trial.state in {"finished", "pruned", "failed"}]
    finished = [trial for trial in ended if trial.state == "finished"]
    advance(len(ended) - shown, note=f"best {best_of(search, finished).value:.3f}" if finished else "")
    return len(ended)
