"""A search's trials, kept so that several processes take each of them once and a killed one loses nothing.

An Optuna study whose trials are handed out under a lock: a grid's next cell is the first that nobody has
begun, and what a dead process left running is given up and run again. The k-th draw of a random search
depends on the seed and k alone, not on how many processes work or how often it was resumed.
"""

from __future__ import annotations

import math
import random
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any

import optuna

from components.training.search.identity import ID, check
from components.training.search.samplers import distribution, pruner, sampler
from components.training.search.search import Search, State, Trial
from components.training.search.space import Value
from components.training.search.storage import HEARTBEAT_SECONDS, Database
from components.training.search.trial_records import CURVE, REASON, WORKER, seen, state_of, values_of

_AGAIN = "again"
"""Attribute of a trial: the number of the lost one whose values it runs again."""


class Trials:
    """A search at its database; made by `Trials.of`."""

    def __init__(  # noqa: PLR0913, PLR0917 (`of` hands them over)
        self,
        search: Search,
        database: Database,
        storage: optuna.storages.RDBStorage,
        study: optuna.Study,
        worker: str,
        gone: Callable[[str], bool],
    ) -> None:
        self.search = search
        self._database = database
        self._storage = storage
        self._study = study
        self._worker = worker
        self._gone = gone
        self._next_look = 0.0
        self._wanted = {parameter.name: distribution(parameter) for parameter in search.space.parameters}

    @classmethod
    def of(
        cls,
        search: Search,
        database: Database,
        *,
        data_version: str,
        worker: str,
        gone: Callable[[str], bool],
    ) -> Trials:
        """The trials of that name, begun or gone on with.

        Args:
            search: what is sought.
            database: where.
            data_version: what trials are trained on.
            worker: names this process, also to other machines.
            gone: whether the process of a name runs no more; False where that cannot be said.

        Raises:
            TrainingError: another search, or other data, is kept under this name; says what differs.
            ServiceError: the database does not answer.
        """
        storage = database.optuna_storage()
        with database.locked(search.name):
            study = optuna.create_study(
                storage=storage,
                study_name=search.name,
                direction="maximize" if search.maximised else "minimize",
                pruner=pruner(search),
                load_if_exists=True,
            )
            check(study, search, data_version)
        return cls(search, database, storage, study, worker, gone)

    @property
    def id(self) -> str:
        """Of this begin of the search: another once its database was made anew."""
        return str(self._study.user_attrs[ID])

    def claim(self) -> optuna.trial.Trial | None:
        """The next trial, this process's alone; None: each has been begun."""
        with self._database.locked(self.search.name):
            known = self._looked_after()
            if not any(state_of(trial) == "waiting" for trial in known) and not self._queued(known):
                return None
            drawn = sum(
                _AGAIN not in trial.user_attrs for trial in known
            )  # what is run again is not drawn again
            self._study.sampler = sampler(self.search, drawn)
            with warnings.catch_warnings():
                # Optuna wants heartbeats to be its own loop's; `alive` does them here.
                warnings.simplefilter("ignore", UserWarning)
                trial = self._study.ask(self._wanted)
            trial.set_user_attr(WORKER, self._worker)
        return trial

    @contextmanager
    def alive(self, trial: optuna.trial.Trial) -> Iterator[None]:
        """Within the block, other machines are told that the trial is at work."""
        storage, ended = self._storage, threading.Event()

        def beat() -> None:
            while not ended.wait(HEARTBEAT_SECONDS):
                with suppress(Exception):  # the next beat may come through again
                    storage.record_heartbeat(trial._trial_id)

        storage.record_heartbeat(trial._trial_id)
        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def finish(
        self,
        trial: optuna.trial.Trial,
        state: State,
        value: float | None = None,
        *,
        reason: str = "",
        curve: Sequence[Mapping[str, float]] = (),
    ) -> bool:
        """Keep how a trial ended; False where another process had given it up, so that this counts no more.

        "lost" is for one that was broken off and is to be run again.
        """
        ended_as = {
            "finished": optuna.trial.TrialState.COMPLETE,
            "pruned": optuna.trial.TrialState.PRUNED,
        }.get(state, optuna.trial.TrialState.FAIL)
        try:
            if curve:
                trial.set_user_attr(CURVE, [dict(row) for row in curve])
            if state != "lost" and reason:
                trial.set_user_attr(REASON, reason)
            self._study.tell(trial, value if state == "finished" else None, state=ended_as)
        except (optuna.exceptions.UpdateFinishedTrialError, ValueError):
            return False
        return True

    def all(self) -> list[Trial]:
        """Every trial as it stands, by number."""
        return [seen(trial) for trial in self._study.get_trials(deepcopy=False)]

    def remembered(self, name: str) -> Any:
        """What `remember` kept; None for nothing."""
        return self._study.user_attrs.get(name)

    def remember(self, name: str, value: Any) -> None:
        """Keep something JSON-able with the search, as where its trials were logged."""
        self._study.set_user_attr(name, value)

    def importances(self) -> dict[str, float]:
        """Share of each parameter in which trials are the best (PED-ANOVA, Watanabe et al. 2023).

        Empty for fewer than ten finished trials, one parameter, or trials that are all as good: then
        nothing can be said.
        """
        values = [trial.value for trial in self.all() if trial.state == "finished"]
        if len(values) < 10 or len(set(values)) == 1 or len(self._wanted) < 2:
            return {}
        best = min(0.5, max(0.1, 5 / len(values)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            importances = optuna.importance.get_param_importances(
                self._study, evaluator=optuna.importance.PedAnovaImportanceEvaluator(target_quantile=best)
            )
        shares = {name: float(share) for name, share in importances.items()}
        return shares if all(map(math.isfinite, shares.values())) and sum(shares.values()) > 0 else {}

    def _looked_after(self) -> list[optuna.trial.FrozenTrial]:
        """Every trial, once those are given up that dead processes left running."""
        if time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + HEARTBEAT_SECONDS
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                optuna.storages.fail_stale_trials(self._study)
        known, lost = self._study.get_trials(deepcopy=False), False
        for trial in known:
            # Who claims says so under the lock that is held here: one without a worker died in between.
            worker = trial.user_attrs.get(WORKER)
            if state_of(trial) == "running" and (worker is None or self._gone(worker)):
                with suppress(optuna.exceptions.UpdateFinishedTrialError, ValueError):
                    self._study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
                lost = True
        return self._study.get_trials(deepcopy=False) if lost else known

    def _queued(self, known: list[optuna.trial.FrozenTrial]) -> bool:
        """Queue the values of the next trial, if they are not to be drawn; False: there is no next one."""
        begun = [trial for trial in known if state_of(trial) != "lost"]
        if self.search.sampler == "grid":
            there = [dict(values_of(trial)) for trial in begun]
            cell = next((cell for cell in self._cells if cell not in there), None)
            if cell is not None:
                self._study.enqueue_trial(cell)
            return cell is not None
        again = {trial.user_attrs.get(_AGAIN) for trial in known}
        for trial in known:
            if (
                state_of(trial) == "lost"
                and trial.number not in again
                and set(values_of(trial)) == set(self._wanted)
            ):
                self._study.enqueue_trial(dict(values_of(trial)), user_attrs={_AGAIN: trial.number})
                return True
        return len(begun) < (self.search.trials or 0)

    @cached_property
    def _cells(self) -> list[dict[str, Value]]:
        """Of a grid, in the order they are tried; where only some are wanted, those are drawn."""
        cells = list(self.search.space.cells or ())
        if self.search.trials is None:
            return cells
        random.Random(self.search.seed).shuffle(cells)  # noqa: S311 (no secret)
        return cells[: self.search.trials]


def wait_for_others(trials: Trials, seconds: float = 1.0) -> bool:
    """True, after a while, when other processes are at work on trials; one of them may die yet."""
    if not any(trial.state == "running" for trial in trials.all()):
        return False
    time.sleep(seconds)
    return True
