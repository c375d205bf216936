"""What a search leaves in MLflow: a run a trial, a table of all, figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.errors import ServiceError

if TYPE_CHECKING:
    from components.evaluation.search.points import Axis, Point
    from components.settings import Settings
    from components.tracking.recorder import Run
    from components.training.search.search import Search, SearchOutcome, Trial
    from components.training.search.trials import Trials

_PARENT, _RUN = "parent", "run of {}"
"""What the search remembers: the run its trials are shown below, and the run of each."""


class TrialRecords:
    """Logs trials below the search's run, each once, whichever process ran it."""

    def __init__(self, trials: Trials, settings: Settings) -> None:
        self._trials = trials
        self._settings = settings

    def begin(self, parent: str) -> None:
        """From now on trials are shown below this run."""
        self._trials.remember(_PARENT, parent)

    def log(self, trial: Trial) -> None:
        """Log a trial that ended; before `begin` nothing is logged, `complete` makes up for it."""
        from components.tracking import tags
        from components.tracking.runs import Tracker
        from components.tracking.trials import TrialLog, log_trial

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
        """Log what a killed process could not, and hang what an earlier leader logged below this run."""
        from components.tracking.runs import Tracker

        tracker, parent = Tracker(self._settings), self._trials.remembered(_PARENT)
        below = {one.id for one in tracker.children(parent)}
        for trial in self._trials.all():
            logged = self._trials.remembered(_RUN.format(trial.number))
            if not trial.ended or logged in below:
                continue
            try:
                if logged is not None:
                    tracker.adopt(logged, parent)
                    continue
            except ServiceError:
                pass  # MLflow's database was made anew since
            self.log(trial)


def trial_rows(found: SearchOutcome, *, every: bool = True) -> list[dict[str, Any]]:
    """A row a trial, the best first; with `every` also those that have no figure."""
    search = found.search
    sign = -1 if search.maximised else 1
    order = {"finished": 0, "pruned": 1, "failed": 2, "lost": 3, "running": 4, "waiting": 5}
    ranked = sorted(found.trials, key=lambda one: (order[one.state], sign * (one.value or 0.0), one.number))
    return [
        {
            "trial": one.number,
            "state": one.state,
            **{name: one.values.get(name) for name in search.space.names},
            search.metric: one.value,
            "epochs": len(one.curve),
            "seconds": round(one.seconds, 2),
            "reason": one.reason,
        }
        for one in ranked
        if every or one.state == "finished"
    ]


def log_outcome(run: Run, found: SearchOutcome) -> None:
    """The table of all trials, the figures, the best recipe."""
    from components.evaluation.search import figures
    from components.evaluation.search.parallel_coordinates import parallel_coordinates

    search = found.search
    run.table("tables/trials.json", trial_rows(found))
    run.text("best_recipe.json", found.recipe.model_dump_json(indent=1))
    run.metrics(
        {f"best/{search.metric}": found.best.value or 0.0, "best/trial": float(found.best.number)}
        | {
            f"trials/{state}": float(sum(one.state == state for one in found.trials))
            for state in ("finished", "pruned", "failed", "lost")
        }
        | {f"importance/{name}": share for name, share in found.importances.items()}
    )
    points, axes = _points(found), _axes(search)
    shared: dict[str, Any] = {"metric": search.metric, "maximised": search.maximised}
    run.figure("figures/history.png", figures.history(points, **shared))
    run.figure("figures/curves.png", figures.curves(points, **shared))
    run.figure("figures/parallel_coordinates.png", parallel_coordinates(points, axes, **shared))
    if found.importances:
        run.figure("figures/importances.png", figures.importances(found.importances))
    if search.sampler == "grid" and len(axes) == 2:
        down, across = axes
        run.figure("figures/heat_map.png", figures.heat_map(points, down, across, **shared))


def _points(found: SearchOutcome) -> list[Point]:
    from components.evaluation.search.points import Point

    metric = found.search.metric
    return [
        Point(
            one.number,
            one.state,
            one.values,
            float("nan") if one.value is None else one.value,
            [row[metric] for row in one.curve if metric in row],
        )
        for one in found.trials
        if one.ended and one.state != "lost"
    ]


def _axes(search: Search) -> list[Axis]:
    from components.evaluation.search.points import Axis
    from components.training.search.space import LogUniform, Whole

    return [
        Axis(one.name, one.grid, log=isinstance(one, LogUniform) or (isinstance(one, Whole) and one.log))
        for one in search.space.parameters
    ]
