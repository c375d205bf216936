"""The registry: one registered model a task (`atelier-style`), one version a run, aliases on top."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from components.data.splits.refit import Refit
from components.errors import RegistryError
from components.inference.release import ReleaseCard
from components.settings import Settings
from components.storage import building
from components.storage.locks import locked
from components.tracking import models
from components.tracking.connection import connect, translated

if TYPE_CHECKING:
    import mlflow.entities.model_registry
    from mlflow.tracking import MlflowClient

CHAMPION = "champion"
CHALLENGER = "challenger"
PREVIOUS = "previous"

_PAGE = 1000
_ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
"""MLflow's word for a model, and for an alias, that is not there."""


@dataclass(frozen=True)
class VersionRecord:
    """A version of a task's model. `tags`: synthetic, source, family, data_version, macro_f1 ..."""

    task: str
    version: str
    run_id: str
    aliases: tuple[str, ...]
    tags: dict[str, str]
    created: datetime
    description: str


class Registry:
    """Versions and aliases. Making one is cheap; its first call opens MLflow."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def register(self, task: str, run_id: str, card: ReleaseCard) -> str:
        """Make the run's model a version of the task's registered model; the same run, the same version.

        Raises:
            RegistryError: the run logged no model.
        """
        name = _name(task)
        client = self._client
        # Two processes registering one run at once would each see that no version is there.
        with locked(self._settings.home / "registry.lock"):
            registered = self._of_run(name, run_id)
            if registered is not None:
                return registered
            model = models.of_run(client, run_id)
            with translated(f"Registering the run {run_id} as {name}"):
                if not client.search_registered_models(f"name = '{name}'"):
                    client.create_registered_model(name, description=f"Names a painting's {task}.")
                version = client.create_model_version(
                    name,
                    source=model.artifact_location,
                    run_id=run_id,
                    tags=_tags(card),
                    description=_description(card),
                    model_id=model.model_id,
                )
        return str(version.version)

    def version(self, task: str, alias: str) -> VersionRecord | None:
        """The version that `alias` points to; None: there is none."""
        from mlflow.exceptions import MlflowException

        with translated(f"Reading {alias} of {_name(task)}"):
            try:
                return _record(task, self._client.get_model_version_by_alias(_name(task), alias))
            except MlflowException as exc:
                if exc.error_code in _ABSENT:
                    return None
                raise

    def versions(self, task: str) -> list[VersionRecord]:
        """Every version of the task's model, the newest first; empty where nothing is registered."""
        name = _name(task)
        with translated(f"Reading the versions of {name}"):
            entities = self._client.search_model_versions(f"name = '{name}'", max_results=_PAGE)
            models = self._client.search_registered_models(f"name = '{name}'")
        # A search for versions leaves their aliases out; the registered model names them.
        places = models[0].aliases if models else {}
        records = [_record(task, entity) for entity in entities]
        aliased = [replace(record, aliases=_aliases(record.version, places)) for record in records]
        return sorted(aliased, key=lambda record: -int(record.version))

    def alias(self, task: str, alias: str, version: str) -> None:
        """Let `alias` point to `version`, wherever it pointed before.

        Raises:
            RegistryError: there is no such version.
        """
        self.existing(task, version)
        with translated(f"Moving {alias} of {_name(task)}"):
            self._client.set_registered_model_alias(_name(task), alias, version)

    def drop_alias(self, task: str, alias: str) -> None:
        """Let `alias` point to nothing; it may do so already."""
        if self.version(task, alias) is None:
            return
        with translated(f"Dropping {alias} of {_name(task)}"):
            self._client.delete_registered_model_alias(_name(task), alias)

    def download(self, task: str, version: str, folder: Path) -> Path:
        """Copy the release of a version into `folder`, its card naming the version; `folder`.

        A release that lies there already is kept.

        Raises:
            RegistryError: there is no such version, or its files are gone.
        """
        if folder.is_dir() and any(folder.iterdir()):
            if ReleaseCard.load(folder).run_id == self.existing(task, version).run_id:
                return folder
            raise RegistryError(f"{folder}: not empty, and holds another release. Give another folder.")
        self.existing(task, version)
        if folder.is_dir():
            folder.rmdir()
        with tempfile.TemporaryDirectory() as scratch, building(folder) as draft:
            fetched = self._fetch(task, version, Path(scratch))
            shutil.copytree(fetched, draft, dirs_exist_ok=True)
            ReleaseCard.load(draft).replace(version=version).save(draft)
        return folder

    def _fetch(self, task: str, version: str, scratch: Path) -> Path:
        with translated(f"Reading {_name(task)} version {version}"):
            location = self._client.get_model_version_download_uri(_name(task), version)
        return models.fetch(self._settings.tracking_uri, location, scratch)

    def existing(self, task: str, version: str) -> VersionRecord:
        """That version.

        Raises:
            RegistryError: there is none; the message lists those there are.
        """
        versions = self.versions(task)
        record = next((record for record in versions if record.version == str(version)), None)
        if record is None:
            known = ", ".join(record.version for record in versions) or "none"
            raise RegistryError(f"{_name(task)} has no version {version}; there are: {known}.")
        return record

    def _of_run(self, name: str, run_id: str) -> str | None:
        with translated(f"Reading the versions of {name}"):
            entities = self._client.search_model_versions(f"name = '{name}' and run_id = '{run_id}'")
        return str(min(int(entity.version) for entity in entities)) if entities else None

    @property
    def _client(self) -> MlflowClient:
        return connect(self._settings)


def _name(task: str) -> str:
    return f"atelier-{task}"


def _aliases(version: str, places: Mapping[str, str]) -> tuple[str, ...]:
    """The aliases that point to a version, of what each points to."""
    return tuple(sorted(alias for alias, place in places.items() if str(place) == version))


def _tags(card: ReleaseCard) -> dict[str, str]:
    ends = {"low": card.macro_f1_low, "high": card.macro_f1_high}
    tags = {
        "synthetic": str(card.synthetic).lower(),
        "source": card.source,
        "family": card.family,
        "data_version": card.data_version,
        "judged_on": card.judged_on.value,
        "macro_f1": f"{card.macro_f1:.4f}",
        "classes": str(len(card.class_names)),
        "judgement": card.judgement,
    }
    if card.refit is not Refit.NONE:
        tags |= {"refit": card.refit.value, "refit_of": card.refit_of}
    return tags | {f"macro_f1_{end}": f"{value:.4f}" for end, value in ends.items() if value is not None}


def _description(card: ReleaseCard) -> str:
    what = "synthetic pictures, not real paintings" if card.synthetic else "paintings"
    height, width = card.image_size
    return (
        f"{card.family} on {card.source} ({what}), {len(card.class_names)} classes of {card.task}, "
        f"{height}x{width} pixels. {card.judgement} Data version {card.data_version}."
    )


def _record(task: str, version: mlflow.entities.model_registry.ModelVersion) -> VersionRecord:
    return VersionRecord(
        task=str(task),
        version=str(version.version),
        run_id=version.run_id or "",
        aliases=tuple(sorted(version.aliases)),
        tags=dict(version.tags),
        created=datetime.fromtimestamp(version.creation_timestamp / 1000, UTC),
        description=version.description or "",
    )
