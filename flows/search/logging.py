"""What a search logs in MLflow: a run for each trial, a table of all trials, and figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.errors import ServiceError
from components.tracking import tags
from components.tracking.runs import Tracker
from components.tracking.trials import TrialLog, log_trial
from components.training.search.space import LogUniform, Whole

if TYPE_CHECKING:
    from components.evaluation.search.points import Axis, Point
    from components.settings import Settings
    from components.tracking.recorder import Run
    from components.training.search.search import Search, SearchOutcome, Trial
    from components.training.search.trials import Trials

_PARENT, _RUN = "parent", "run of {}"
"""What the search remembers: the run its trials are shown below, and the run of each."""


class TrialRecords:
    """Logs each trial once below the search's run, whichever process ran it."""

    def __init__(self, trials: Trials, settings: Settings) -> None:
        self._trials = trials
        self._settings = settings

    def begin(self, parent: str) -> None:
        """Show trials below this run from now on."""
        self._trials.remember(_PARENT, parent)

    def log(self, trial: Trial) -> None:
        """Log a trial that ended; before `begin` nothing is logged, and `complete` logs it later."""
        led_by = self._trials.remembered(_PARENT)
        if led_by is None:
            return
        parent = Tracker(self._settings).run(led_by)
        shared = (tags.TASK, tags.SOURCE, tags.SYNTHETIC, tags.DATA_VERSION)
        log = TrialLog(
            number=trial.number,
            state=trial.state,
            values=trial.values,
            metrics={} if trial.value is None else {self._trials.search.metric: trial.value},
            curve=trial.curve,
            reason=trial.reason,
            began=trial.began,
            seconds=trial.seconds,
            run_tags={name: parent.tags[name] for name in shared if name in parent.tags},
        )
        run_id = log_trial(self._settings, log, experiment_id=parent.experiment_id, parent=parent.id)
        self._trials.remember(_RUN.format(trial.number), run_id)

    def complete(self) -> None:
        """Log what a killed process could not log; move what an earlier process logged below this run."""
        tracker, parent = Tracker(self._settings), self._trials.remembered(_PARENT)
        below = {run.id for run in tracker.children(parent)}
        for trial in self._trials.all():
            logged = self._trials.remembered(_RUN.format(trial.number))
            if not trial.ended or logged in below:
                continue
            try:
                if logged is not None:
                    tracker.adopt(logged, parent)
                    continue
            except ServiceError:
                pass  # MLflow's database was replaced since.
            self.log(trial)


def trial_rows(outcome: SearchOutcome, *, every: bool = True) -> list[dict[str, Any]]:
    """A row for each trial, the best first; with `every` also the trials that have no figure."""
    search = outcome.search
    sign = -1 if search.maximised else 1
    order = {"finished": 0, "pruned": 1, "failed": 2, "lost": 3, "running": 4, "waiting": 5}
    ranked = sorted(
        outcome.trials, key=lambda trial: (order[trial.state], sign * (trial.value or 0.0), trial.number)
    )
    return [
        {
            "trial": trial.number,
            "state": trial.state,
            **{name: trial.values.get(name) for name in search.space.names},
            search.metric: trial.value,
            "epochs": len(trial.curve),
            "seconds": round(trial.seconds, 2),
            "reason": trial.reason,
        }
        for trial in ranked
        if every or trial.state == "finished"
    ]


def log_outcome(run: Run, outcome: SearchOutcome) -> None:
    """Log the table of all trials, the figures and the best recipe."""
    from components.evaluation.search import figures
    from components.evaluation.search.parallel_coordinates import parallel_coordinates

    search = outcome.search
    run.table("tables/trials.json", trial_rows(outcome))
    run.text("best_recipe.json", outcome.recipe.model_dump_json(indent=1))
    run.metrics(
        {f"best/{search.metric}": outcome.best.value or 0.0, "best/trial": float(outcome.best.number)}
        | {
            f"trials/{state}": float(sum(trial.state == state for trial in outcome.trials))
            for state in ("finished", "pruned", "failed", "lost")
        }
        | {f"importance/{name}": share for name, share in outcome.importances.items()}
    )
    points, axes = _points(outcome), _axes(search)
    shared: dict[str, Any] = {"metric": search.metric, "maximised": search.maximised}
    run.figure("figures/history.png", figures.history(points, **shared))
    run.figure("figures/curves.png", figures.curves(points, **shared))
    run.figure("figures/parallel_coordinates.png", parallel_coordinates(points, axes, **shared))
    if outcome.importances:
        run.figure("figures/importances.png", figures.importances(outcome.importances))
    if search.sampler == "grid" and len(axes) == 2:
        down, across = axes
        run.figure("figures/heat_map.png", figures.heat_map(points, down, across, **shared))


def _points(outcome: SearchOutcome) -> list[Point]:
    from components.evaluation.search.points import Point

    metric = outcome.search.metric
    return [
        Point(
            trial.number,
            trial.state,
            trial.values,
            float("nan") if trial.value is None else trial.value,
            [row[metric] for row in trial.curve if metric in row],
        )
        for trial in outcome.trials
        if trial.ended and trial.state != "lost"
    ]


def _axes(search: Search) -> list[Axis]:
    from components.evaluation.search.points import Axis

    return [
        Axis(
            parameter.name,
            parameter.grid,
            log=isinstance(parameter, LogUniform) or (isinstance(parameter, Whole) and parameter.log),
        )
        for parameter in search.space.parameters
    ]
