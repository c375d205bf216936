"""A trial as Optuna keeps it, as a Trial."""

from __future__ import annotations

import optuna

from components.training.search.samplers import exact
from components.training.search.search import State, Trial
from components.training.search.space import Values

WORKER, REASON, CURVE = "worker", "reason", "curve"
"""Attributes of a trial: who runs it, why it ended early, a row an epoch. A failed one without a reason was
lost."""


def seen(trial: optuna.trial.FrozenTrial) -> Trial:
    """The whole of it."""
    state, attributes = state_of(trial), trial.user_attrs
    reason = attributes.get(REASON, "")
    if state == "lost":
        reason = f"its process {attributes.get(WORKER, '')} was broken off; its values are run again"
    began, ended = trial.datetime_start, trial.datetime_complete
    return Trial(
        number=trial.number,
        values=dict(values_of(trial)),
        state=state,
        value=None if trial.values is None else trial.values[0],
        reason=reason,
        curve=tuple(attributes.get(CURVE, ())),
        began=began.astimezone() if began else None,  # Optuna keeps local times
        seconds=(ended - began).total_seconds() if began and ended else 0.0,
        worker=attributes.get(WORKER, ""),
    )


def state_of(trial: optuna.trial.FrozenTrial) -> State:
    """How it stands; "lost" is what Optuna calls failed when its process was broken off."""
    match trial.state.name:
        case "WAITING":
            return "waiting"
        case "RUNNING":
            return "running"
        case "COMPLETE":
            return "finished"
        case "PRUNED":
            return "pruned"
    return "failed" if REASON in trial.user_attrs else "lost"


def values_of(trial: optuna.trial.FrozenTrial) -> Values:
    """What it tries; of one that is queued what was put there."""
    return exact(trial.params or trial.system_attrs.get("fixed_params", {}))
