"""Runs: one is begun with `Tracker.start`, and found and read again through `Tracker`."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from components.addresses import masked
from components.errors import DataError
from components.settings import Settings
from components.storage import building, key_of
from components.tracking import models, tags
from components.tracking.connection import connect, experiment_id, local_folder, translated
from components.tracking.processes import is_gone, this_process
from components.tracking.recorder import Run
from components.tracking.run_record import RunRecord, record_of

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

_PAGE = 1000

__all__ = ["Run", "RunRecord", "Tracker"]


class Tracker:
    """Begins runs and finds them again. Making one is cheap; its first call opens MLflow."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def find(self, experiment: str, key: str) -> RunRecord | None:
        """The newest finished run of `experiment` with that content key; None: it is still to be done.

        Runs of the experiment whose process is dead are marked KILLED on the way.
        """
        client = self._client
        entity = client.get_experiment_by_name(experiment)
        if entity is None:
            return None
        self.mark_stale(experiment)
        runs = client.search_runs(
            [entity.experiment_id],
            f"tags.`{tags.KEY}` = '{key}' and attributes.status = 'FINISHED'",
            max_results=1,
            order_by=["attributes.start_time DESC"],
        )
        return record_of(runs[0], experiment) if runs else None

    def mark_stale(self, experiment: str, key: str = "") -> list[str]:
        """Mark the runs KILLED that a dead process of this machine left RUNNING; their ids.

        `key`: only those of it; "": all of the experiment, trials included.
        """
        client = self._client
        entity = client.get_experiment_by_name(experiment)
        if entity is None:
            return []
        query = "attributes.status = 'RUNNING'" + (f" and tags.`{tags.KEY}` = '{key}'" if key else "")
        running = client.search_runs([entity.experiment_id], query)
        stale = [run.info.run_id for run in running if is_gone(run.data.tags.get(tags.PROCESS, ""))]
        for run_id in stale:
            client.set_terminated(run_id, "KILLED")
        return stale

    @contextmanager
    def start(
        self,
        experiment: str,
        name: str,
        key: str,
        run_tags: Mapping[str, str] | None = None,
        *,
        parent: str = "",
    ) -> Iterator[Run]:
        """Begin a run: FINISHED when the block ends well, FAILED or KILLED if not.

        What it failed by is kept with it: the error in a tag, its traceback in `traceback.txt`.

        Args:
            experiment: made if there is none, as in "style · synthetic-gallery".
            name: shown for the run.
            key: content key of everything the result depends on; `find` finds it again by this.
            run_tags: see `tags` (KIND, TASK, FAMILY, SOURCE, SYNTHETIC, DATA_VERSION, and any other).
            parent: id of the run that MLflow shows it below; "" for none.
        """
        client = self._client
        own = {
            tags.PARENT: parent,
            tags.KEY: key,
            tags.PROCESS: this_process(),
            tags.COMMIT: tags.commit(),
        }
        given = {name: text for name, text in (dict(run_tags or {}) | own).items() if text}
        with translated(f"Starting the run {name}"):
            entity = client.create_run(experiment_id(self._settings, experiment), tags=given, run_name=name)
        run_id = entity.info.run_id
        run = Run(client, run_id, key)
        try:
            yield run
        except BaseException as exc:
            # MLflow itself may be what failed; the first error is the one to report.
            with contextlib.suppress(Exception):
                status = "FAILED" if isinstance(exc, Exception) else "KILLED"
                client.set_tag(run_id, tags.ERROR, masked(f"{type(exc).__name__}: {exc}")[:4000])
                client.set_terminated(run_id, status)
                run.traceback(exc)
            raise
        with translated(f"Ending the run {name}"):
            client.set_terminated(run_id, "FINISHED")

    def adopt(self, run_id: str, parent: str) -> None:
        """Show a run below another one from now on."""
        with translated(f"Hanging the run {run_id} below {parent}"):
            self._client.set_tag(run_id, tags.PARENT, parent)

    def exists(self, run_id: str) -> bool:
        """Whether MLflow has a run of that id that nobody has deleted."""
        from mlflow.exceptions import MlflowException

        try:
            return bool(self._client.get_run(run_id).info.lifecycle_stage == "active")
        except MlflowException:
            return False

    def children(self, run_id: str) -> list[RunRecord]:
        """The runs shown below a run, of whichever experiment, the oldest first."""
        client = self._client
        with translated(f"Searching the runs below {run_id}"):
            experiments = {entity.experiment_id: entity.name for entity in client.search_experiments()}
            runs = client.search_runs(
                list(experiments),
                f"tags.`{tags.PARENT}` = '{run_id}'",
                max_results=_PAGE,
                order_by=["attributes.start_time ASC"],
            )
        return [record_of(run, experiments[run.info.experiment_id]) for run in runs]

    def runs(
        self, task: str | None = None, kind: str | None = None, limit: int = 200, begins: str = ""
    ) -> list[RunRecord]:
        """Atelier's runs of all experiments, the newest first; `begins`: those whose id begins so."""
        client = self._client
        experiments = {entity.experiment_id: entity.name for entity in client.search_experiments()}
        conditions = [f"tags.`{tags.KIND}` = '{kind}'" if kind else f"tags.`{tags.KIND}` LIKE '%'"]
        if task:
            conditions.append(f"tags.`{tags.TASK}` = '{task}'")
        if begins:
            conditions.append(f"attributes.run_id LIKE '{begins}%'")
        with translated("Searching runs"):
            runs = client.search_runs(
                list(experiments),
                " and ".join(conditions),
                max_results=min(limit, _PAGE),
                order_by=["attributes.start_time DESC"],
            )
        return [record_of(run, experiments[run.info.experiment_id]) for run in runs]

    def run(self, run_id: str) -> RunRecord:
        """One run.

        Raises:
            ServiceError: there is none of that id.
        """
        with translated(f"Reading the run {run_id}"):
            run = self._client.get_run(run_id)
            experiment = self._client.get_experiment(run.info.experiment_id)
        return record_of(run, experiment.name)

    def history(self, run_id: str) -> dict[str, list[tuple[int, float]]]:
        """Every metric of a run as (step, value), by step."""
        with translated(f"Reading the history of the run {run_id}"):
            names = sorted(self._client.get_run(run_id).data.metrics)
            return {
                name: sorted(
                    (point.step, point.value) for point in self._client.get_metric_history(run_id, name)
                )
                for name in names
            }

    def artifacts(self, run_id: str, path: str = "") -> list[str]:
        """Paths of the files and folders below `path`, relative to the run's artifacts."""
        with translated(f"Listing the artifacts of the run {run_id}"):
            return [file.path for file in self._client.list_artifacts(run_id, path or None)]

    def artifact(self, run_id: str, path: str) -> Path:
        """A local file or folder with that artifact; fetched once where it lies on a server.

        Of a run that has not ended well it is fetched anew: what it logs may change.

        Raises:
            DataError: the run has none of that path.
        """
        record = self.run(run_id)
        root = local_folder(record.artifact_uri)
        if root is None and record.status != "FINISHED":
            shutil.rmtree(self._kept(run_id, path), ignore_errors=True)
        file = self._fetched(run_id, path) if root is None else root / path
        if not file.exists():
            raise DataError(f"The run {run_id} has no artifact {path}; it has: {self.artifacts(run_id)}.")
        return file

    def release(self, run_id: str) -> Path:
        """The release that a run logged (its `model.keras` too), copied once to this machine.

        Raises:
            RegistryError: it logged none, or its files are gone.
        """
        folder = self._kept(run_id, models.RELEASE)
        if not folder.is_dir():
            location = models.of_run(self._client, run_id).artifact_location
            with tempfile.TemporaryDirectory() as scratch, building(folder) as draft:
                fetched = models.fetch(self._settings.tracking_uri, location, Path(scratch))
                shutil.copytree(fetched, draft, dirs_exist_ok=True)
        return folder

    def _fetched(self, run_id: str, path: str) -> Path:
        from mlflow.exceptions import MlflowException

        folder, name = self._kept(run_id, path), Path(path).name
        if not folder.is_dir():
            with contextlib.suppress(MlflowException), building(folder) as draft:
                fetched = Path(self._client.download_artifacts(run_id, path, str(draft)))
                if fetched != draft / name:  # MLflow keeps some of the folders above it, or none
                    fetched.rename(draft / name)
        return folder / name

    def _kept(self, run_id: str, path: str) -> Path:
        return self._settings.cache / "artifacts" / key_of(run_id, path)

    @property
    def _client(self) -> MlflowClient:
        return connect(self._settings)
