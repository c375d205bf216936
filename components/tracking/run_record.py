"""What MLflow knows of a run, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from components.tracking import tags

if TYPE_CHECKING:
    import mlflow.entities


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
