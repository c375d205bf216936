"""Runs, versions and decisions as the rows that tables, charts and cards show. No Streamlit here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from typing import Any

from components.settings import Settings
from components.tracking import tags as names
from components.tracking.processes import is_gone
from components.tracking.promotion.journal import Entry
from components.tracking.registry import CHALLENGER, CHAMPION, PREVIOUS, VersionRecord
from components.tracking.runs import RunRecord
from dashboard import formatting

_SYNTHETIC = " (synthetic)"
STATUS = {
    "FINISHED": "Finished",
    "RUNNING": "Running",
    "SCHEDULED": "Waiting",
    "FAILED": "Failed",
    "KILLED": "Stopped",
}
_ACTIONS = {"promote": "New champion", "keep": "Champion kept", "rollback": "Rolled back"}


def run_url(settings: Settings, run_id: str) -> str:
    """The run's page in MLflow."""
    return f"{settings.mlflow_ui}/#/runs/{run_id}"


def labels(runs: Sequence[RunRecord], versions: Iterable[VersionRecord]) -> dict[str, str]:
    """A short name for each run, none twice: "Simple CNN, version 3" or "A3 ResNet50 GAP, run 2 (synthetic)".

    The row of a study that a run is stands before its family, and which works a refit learnt from behind it.
    """
    numbers = {version.run_id: version.version for version in versions}
    labelled: dict[str, str] = {}
    unregistered: dict[str, int] = {}
    for run in sorted(runs, key=lambda run: run.started):
        title = _title(run)
        if run.id in numbers:
            which = f"version {numbers[run.id]}"
        else:
            unregistered[title] = unregistered.get(title, 0) + 1
            which = f"run {unregistered[title]}"
        labelled[run.id] = f"{title}, {which}{_SYNTHETIC if run.synthetic else ''}"
    return labelled


def _title(run: RunRecord) -> str:
    """Its family, behind the row of a study that it is, and what a refit learnt from."""
    refit = f", refit on {run.refit.works}" if run.refit_of else ""
    return f"{run.row} {formatting.family_title(run.family)}{refit}".strip()


def standing(run_id: str, versions: Iterable[VersionRecord]) -> str:
    """A run's place: "★ Champion", "Previous", "Challenger", "Version 3", or "" if unregistered."""
    version = next((version for version in versions if version.run_id == run_id), None)
    if version is None:
        return ""
    for alias, shown in (
        (CHAMPION, "★ Champion"),
        (PREVIOUS, "Previous"),
        (CHALLENGER, "Challenger"),
    ):
        if alias in version.aliases:
            return shown
    return f"Version {version.version}"


def best_first(runs: Iterable[RunRecord]) -> list[RunRecord]:
    """Runs by validation macro-F1, refits by that of the run that they refit; those without one last."""
    return sorted(runs, key=lambda run: run.validation_macro_f1, reverse=True)


def comparison(
    runs: Sequence[RunRecord],
    versions: Sequence[VersionRecord],
    labelled: Mapping[str, str],
    settings: Settings,
) -> list[dict[str, Any]]:
    """The comparison's rows, in the order given."""
    return [
        {
            "Model": labelled[run.id],
            "Standing": standing(run.id, versions),
            "Validation F1": measured(run, "validation"),
            "Test F1": measured(run, "test") if judged_on(run) == "test" else "no test works",
            "Accuracy": formatting.figure(
                run.metrics.get("test/accuracy", run.metrics.get("test/subset_accuracy"))
            ),
            "Training": formatting.duration(run.metrics.get("training_seconds", run.seconds)),
            "Size": formatting.count(parameters(run)),
            "Details": run_url(settings, run.id),
        }
        for run in runs
    ]


def measured(run: RunRecord, part: str) -> str:
    """A part's macro-F1 with its 95 % interval as text; a refit that has learnt the part says whose it is."""
    figures = run.judged(part)
    value = figures.get("macro_f1")
    # A run that counted its different works measured the interval; without ends, it cannot vary.
    other = value if f"{part}/different_works" in run.metrics else None
    low, high = (figures.get(f"macro_f1_{end}", other) for end in ("low", "high"))
    text = formatting.measured(value, low, high)
    if not run.has_learnt(part):
        return text
    folds = f"; {run.folds}" if run.folds and part == "test" else ""
    return f"{'not judged' if part == 'test' else 'learnt'}; run {run.refit_of[:8]}: {text}{folds}"


def judged_on(run: RunRecord) -> str:
    """The part that judged the run: "test", or "validation" where its works had no test part."""
    return run.judged_on


def parameters(run: RunRecord) -> float | None:
    """How many numbers the run's model learnt, where it was logged (as a metric or a parameter)."""
    return run.metrics.get("parameters", _number(run.params.get("parameters")))


def intervals(
    runs: Iterable[RunRecord], versions: Sequence[VersionRecord], labelled: Mapping[str, str]
) -> list[dict[str, Any]]:
    """One row a run and part that was measured, for the interval chart."""
    rows = []
    for run in runs:
        star = "★ " if standing(run.id, versions).startswith("★") else ""
        for part, shown in (("validation", "Validation"), ("test", "Test")):
            value = run.metrics.get(f"{part}/macro_f1")
            if value is None or (part == "test" and judged_on(run) != "test"):
                continue
            rows.append(
                {
                    "model": star + labelled[run.id],
                    "part": shown,
                    "value": value,
                    "low": run.metrics.get(f"{part}/macro_f1_low", value),
                    "high": run.metrics.get(f"{part}/macro_f1_high", value),
                    "shown": measured(run, part),
                }
            )
    return rows


def curves(
    histories: Mapping[str, Mapping[str, Sequence[tuple[int, float]]]], metrics: Mapping[str, str]
) -> list[dict[str, Any]]:
    """One row an epoch: `histories` by shown name, `metrics` as logged name to shown name."""
    return [
        {"name": name, "series": shown, "epoch": epoch, "value": value}
        for name, history in histories.items()
        for metric, shown in metrics.items()
        for epoch, value in history.get(metric, [])
    ]


def latest(
    runs: Sequence[RunRecord], settings: Settings, time_zone: tzinfo | None, *, limit: int
) -> list[dict[str, Any]]:
    """The newest runs as the overview shows them."""
    return [
        {
            "Model": _title(run),
            "State": state(run),
            "Macro-F1": measured(run, "test") + ("" if judged_on(run) == "test" else ", validation works"),
            "Learnt from": formatting.source_title(run.source),
            "Started": formatting.moment(run.started, time_zone),
            "Took": formatting.duration(run.seconds),
            "Details": run_url(settings, run.id),
        }
        for run in runs[:limit]
    ]


def failures(runs: Sequence[RunRecord], *, limit: int) -> list[str]:
    """What went wrong with those of the newest runs that failed."""
    return [f"{_title(run)}: {run.error}" for run in runs[:limit] if names.ERROR in run.tags]


def state(run: RunRecord) -> str:
    """How it goes with the run; one whose process died says "Running" in MLflow for ever."""
    if run.status == "RUNNING" and is_gone(run.process):
        return STATUS["KILLED"]
    return STATUS.get(run.status, formatting.titled(run.status.lower()))


def parameter_rows(parameters: Mapping[str, str]) -> list[dict[str, str]]:
    """A run's parameters as rows, sorted by name."""
    return [{"Setting": name, "Value": str(value)} for name, value in sorted(parameters.items())]


def decision_row(entry: Entry, time_zone: tzinfo | None) -> dict[str, str]:
    """A decision of the journal as a row."""
    synthetic = _SYNTHETIC if entry.synthetic else ""
    return {
        "When": formatting.moment(entry.time, time_zone),
        "Task": formatting.task_title(entry.task),
        "Decision": _ACTIONS[entry.action],
        "Model": f"{formatting.family_title(entry.family)}, version {entry.version}{synthetic}",
        "Why": formatting.plain(formatting.sentence(entry.reason)),  # tables read their text as Markdown
    }


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
