"""A search's trials as MLflow runs below the search's: each written whole, in a handful of calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from components.settings import Settings
from components.tracking import tags
from components.tracking.connection import connect, translated
from components.tracking.processes import this_process

_STATUS = {"finished": "FINISHED", "pruned": "FINISHED", "failed": "FAILED"}
_AT_ONCE = 1000
"""MLflow takes so many metrics in one call."""


@dataclass(frozen=True)
class TrialLog:
    """What a trial leaves.

    Attributes:
        number: in its search.
        state: finished, pruned, failed or lost.
        values: what was tried, by name.
        metrics: the figures of the network it ended with.
        curve: a row an epoch.
        reason: why it ended early; "".
        began: when; None: now.
        seconds: how long it took.
        run_tags: of its search: task, collection, data version.
    """

    number: int
    state: str
    values: Mapping[str, Any]
    metrics: Mapping[str, float]
    curve: Sequence[Mapping[str, float]]
    reason: str = ""
    began: datetime | None = None
    seconds: float = 0.0
    run_tags: Mapping[str, str] = field(default_factory=dict)


def log_trial(settings: Settings, trial: TrialLog, *, experiment_id: str, parent: str) -> str:
    """Write a trial as an ended run below `parent`; the run's id.

    It bears no kind, so that it never stands among the runs that can be promoted.

    Raises:
        ServiceError: MLflow refused, or did not answer.
    """
    from mlflow.entities import Metric, Param

    client = connect(settings)
    start = int((trial.began or datetime.now(UTC)).timestamp() * 1000)
    end = start + int(trial.seconds * 1000)
    named = {
        tags.PARENT: parent,
        tags.PROCESS: this_process(),  # killed before it has ended the run, it is found by this
        tags.TRIAL: str(trial.number),
        tags.TRIAL_STATE: trial.state,
        tags.ERROR: trial.reason[:4000],
    }
    given = {name: text for name, text in (dict(trial.run_tags) | named).items() if text}
    curve = [
        Metric(f"epoch/{name}", value, start + int(trial.seconds * 1000 * epoch / len(trial.curve)), epoch)
        for epoch, row in enumerate(trial.curve, start=1)
        for name, value in row.items()
    ]
    metrics = [*curve, *(Metric(name, value, end, 0) for name, value in trial.metrics.items())]
    with translated(f"Logging trial {trial.number}"):
        run_id = str(
            client.create_run(
                experiment_id, start_time=start, tags=given, run_name=f"trial {trial.number:03d}"
            ).info.run_id
        )
        client.log_batch(
            run_id,
            metrics=metrics[:_AT_ONCE],
            params=[Param(name, str(value)) for name, value in trial.values.items()],
        )
        for first in range(_AT_ONCE, len(metrics), _AT_ONCE):
            client.log_batch(run_id, metrics=metrics[first : first + _AT_ONCE])
        client.set_terminated(run_id, _STATUS.get(trial.state, "KILLED"), end_time=end)
    return run_id
