"""What MLflow knows of a run, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from components.data.splits.refit import Refit
from components.formatting import share
from components.tracking import tags

if TYPE_CHECKING:
    import mlflow.entities


JUDGED_RUN = "judged_run/"
"""Begins the names of those metrics of a refit that are of the run that it refits."""


@dataclass(frozen=True)
class RunRecord:
    """What MLflow knows of a run. `seconds` runs on until now while the run does."""

    id: str
    experiment: str
    name: str
    status: str
    started: datetime
    seconds: float
    tags: dict[str, str]
    params: dict[str, str]
    metrics: dict[str, float]
    artifact_uri: str
    experiment_id: str = ""

    @property
    def parent(self) -> str:
        """Id of the run that this one is shown below; "" for none."""
        return self.tags.get(tags.PARENT, "")

    @property
    def key(self) -> str:
        """Content key of everything the run depends on; the run's id where it has none."""
        return self.tags.get(tags.KEY, self.id)

    @property
    def kind(self) -> str:
        """What the run is: training, search, fold, study, ..."""
        return self.tags.get(tags.KIND, "")

    @property
    def task(self) -> str:
        """artist, style or genre."""
        return self.tags.get(tags.TASK, "")

    @property
    def family(self) -> str:
        """The model family; the run's name where it has none."""
        return self.tags.get(tags.FAMILY, self.name)

    @property
    def source(self) -> str:
        """The collection's name."""
        return self.tags.get(tags.SOURCE, "")

    @property
    def synthetic(self) -> bool:
        """True where the pictures were drawn by code."""
        return self.tags.get(tags.SYNTHETIC) == "true"

    @property
    def data_version(self) -> str:
        """Fingerprint of the works it used."""
        return self.tags.get(tags.DATA_VERSION, "")

    @property
    def judged_on(self) -> str:
        """The part that "test/..." figures are of: test, or validation where there is no test part."""
        return self.tags.get(tags.JUDGED_ON, "test")

    @property
    def refit(self) -> Refit:
        """Which works it learnt from beyond the training works."""
        return Refit(self.tags.get(tags.REFIT, Refit.NONE))

    @property
    def refit_of(self) -> str:
        """Id of the judged run whose recipe it trained again; "" where it is no refit."""
        return self.tags.get(tags.REFIT_OF, "")

    def has_learnt(self, part: str) -> bool:
        """Whether it is a refit that has learnt the works of a part, "validation" or "test"."""
        return self.refit is not Refit.NONE and part in self.refit.parts

    def judged(self, part: str) -> dict[str, float]:
        """Macro-F1 on the works of a part, as "macro_f1", "macro_f1_low" and "macro_f1_high".

        Of a refit, on works that it has learnt: those of the run that it refits. Empty where there are none.
        """
        prefix = f"{JUDGED_RUN}{part}/" if self.has_learnt(part) else f"{part}/"
        names = ("macro_f1", "macro_f1_low", "macro_f1_high")
        return {name: self.metrics[prefix + name] for name in names if prefix + name in self.metrics}

    @property
    def folds(self) -> str:
        """How a refit's recipe did in cross-validation, as "5-fold .840 ± .010"; "" where none stands by."""
        names = [f"folds/{name}" for name in ("count", "macro_f1_mean", "macro_f1_sd")]
        if any(name not in self.metrics for name in names):
            return ""
        count, mean, deviation = (self.metrics[name] for name in names)
        return f"{count:.0f}-fold {share(mean)} ± {share(deviation)}"

    @property
    def validation_macro_f1(self) -> float:
        """What models are chosen by; of a refit, that of the run that it refits; -1 where there is none."""
        return self.judged("validation").get("macro_f1", -1.0)

    @property
    def scale(self) -> str:
        """Size of its recipe or study."""
        return self.tags.get(tags.SCALE, "")

    @property
    def study(self) -> str:
        """Name of the study it belongs to; "" for none."""
        return self.tags.get(tags.STUDY, "")

    @property
    def row(self) -> str:
        """The study's row that it belongs to; "" for none."""
        return self.tags.get(tags.ROW, "")

    @property
    def error(self) -> str:
        """Why it failed, in one line; "" where it did not."""
        return self.tags.get(tags.ERROR, "")

    @property
    def process(self) -> str:
        """The process that writes it; see `components.tracking.processes`."""
        return self.tags.get(tags.PROCESS, "")


def record_of(run: mlflow.entities.Run, experiment: str) -> RunRecord:
    """What MLflow's entity says; `experiment` is the name of its experiment."""
    started = datetime.fromtimestamp(run.info.start_time / 1000, UTC)
    ended = datetime.fromtimestamp(run.info.end_time / 1000, UTC) if run.info.end_time else datetime.now(UTC)
    return RunRecord(
        id=run.info.run_id,
        experiment=experiment,
        name=run.info.run_name or "",
        status=run.info.status,
        started=started,
        seconds=(ended - started).total_seconds(),
        tags=dict(run.data.tags),
        params=dict(run.data.params),
        metrics=dict(run.data.metrics),
        artifact_uri=run.info.artifact_uri or "",
        experiment_id=run.info.experiment_id,
    )
