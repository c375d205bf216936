"""Releases kept on this disk, so that serving starts in seconds and without asking the registry.

settings.releases/<task>/<version>/       one release each
settings.releases/<task>/champion.json    which of them is served
"""

from __future__ import annotations

import json
import re
import shutil
import uuid
from contextlib import suppress
from pathlib import Path

from components.errors import RegistryError
from components.inference import release
from components.inference.release import ReleaseCard
from components.settings import Settings
from components.storage import building, write_atomically

_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def install(settings: Settings, task: str, version: str, source_folder: Path) -> Path:
    """Copy what serving needs of the release in `source_folder`; the folder it then lies in.

    Does nothing where that release is installed already. Another release under the same version (of
    another registry) is replaced.

    Raises:
        RegistryError: `source_folder` holds no whole release, or one of another task.
    """
    card = ReleaseCard.load(source_folder)
    if not release.complete(source_folder):
        raise RegistryError(
            f"{source_folder}: expected {', '.join(release.served_files(card))} beside {release.CARD}. "
            "Register the run again: `atelier promote`."
        )
    if card.task != task:
        raise RegistryError(f"{source_folder}: a release for the task {task} is expected, not {card.task}.")
    if existing := installed(settings, task, version, card.run_id):
        return existing
    final = _folder(settings, task, version)
    if final.is_dir():
        _remove(final)
    with building(final) as draft:
        for name in release.served_files(card):
            shutil.copyfile(source_folder / name, draft / name)
        card.replace(version=version).save(draft)
    return final


def installed(settings: Settings, task: str, version: str, run_id: str) -> Path | None:
    """The folder of that version of that run, None where it is not installed (or is another run's)."""
    folder = _folder(settings, task, version)
    try:
        return folder if release.complete(folder) and ReleaseCard.load(folder).run_id == run_id else None
    except RegistryError:  # a damaged one counts as none, and is installed anew
        return None


def prune(settings: Settings, task: str, keep: int = 3) -> None:
    """Remove all but the `keep` releases installed last, and never the one that serving starts with."""
    folders = [path.parent for path in (settings.releases / str(task)).glob(f"[!.]*/{release.CARD}")]
    newest = sorted(folders, key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in set(newest[keep:]) - {current(settings, task)}:
        _remove(folder)


def point(settings: Settings, task: str, version: str) -> None:
    """Make an installed version the one that serving starts with.

    Raises:
        RegistryError: that version is not installed.
    """
    folder = _folder(settings, task, version)
    if not release.complete(folder):
        raise RegistryError(f"{folder}: version {version} of {task} is not installed; install it first.")
    write_atomically(_pointer(settings, task), json.dumps({"version": version}))


def current(settings: Settings, task: str) -> Path | None:
    """The folder of the release that serving starts with; None where there is none yet.

    Raises:
        RegistryError: the pointer cannot be read.
    """
    pointer = _pointer(settings, task)
    if not pointer.is_file():
        return None
    try:
        version = str(json.loads(pointer.read_text())["version"])
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise RegistryError(
            f"{pointer}: cannot be read ({exc}). Delete it: the champion is then fetched anew."
        ) from exc
    folder = _folder(settings, task, version)
    return folder if release.complete(folder) else None


def _pointer(settings: Settings, task: str) -> Path:
    return settings.releases / str(task) / "champion.json"


def _folder(settings: Settings, task: str, version: str) -> Path:
    # A version becomes a folder's name: nothing that leads out of the task's folder.
    if not _VERSION.fullmatch(version):
        raise RegistryError(f"{version!r} is no version; letters, digits, '.', '_' and '-' are expected.")
    return settings.releases / str(task) / version


def _remove(folder: Path) -> None:
    # Renamed first: no reader ever sees half a release.
    removed = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}.part")
    with suppress(FileNotFoundError):  # another process removed it meanwhile
        folder.rename(removed)
    shutil.rmtree(removed, ignore_errors=True)
