"""The champions being served: loaded from disk at the start, then following the registry's alias."""

from __future__ import annotations

import logging
import tempfile
import time
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Literal

from components.addresses import masked, sqlite_file
from components.data.manifest import Task
from components.errors import AtelierError
from components.inference import releases
from components.inference.predictor import Predictor
from components.settings import Settings

if TYPE_CHECKING:
    from components.tracking.registry import Registry, VersionRecord

_log = logging.getLogger("serving")

RegistryState = Literal["followed", "not-asked-yet", "none-yet", "unreachable", "silent"]
"""Whether a newer champion would be noticed; why not is in the log, not in an answer.

"none-yet": nothing has been trained here; "unreachable": the last try to ask failed; "silent": it has not
answered for long. In all of these the champions that are loaded are served on.
"""

_LONGEST_WAIT_SECONDS = 60.0
_STOP_SECONDS = 2.0


class Champions:
    """One predictor a task. A newer one replaces it between two requests; those in flight keep theirs."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.trouble: dict[Task, str] = {}
        """Why a champion that there is could not be loaded, by task; for the log."""
        self._served: dict[Task, Predictor] = {}
        self._followed_at: float | None = None
        self._registry_state: RegistryState = "not-asked-yet"
        self._registry_trouble = ""
        self._stop = Event()
        self._thread: Thread | None = None

    def get(self, task: Task) -> Predictor | None:
        """The champion of `task`, None where there is none yet."""
        return self._served.get(task)

    def served(self) -> dict[Task, Predictor]:
        """Every champion, by task."""
        return dict(self._served)

    def load(self) -> None:
        """Load the champions at hand on this disk; one that cannot be loaded is logged, not fatal."""
        for task in Task:
            try:
                folder = releases.current(self.settings, task)
                if folder is not None:
                    self._swap(task, Predictor.load(folder))
            except AtelierError as exc:
                self._note(task, exc)

    def start(self) -> None:
        """Follow the registry in the background, until `stop`."""
        self._thread = Thread(target=self._follow, name="champions", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask the follower to end, and wait a moment for it."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)

    def registry(self) -> RegistryState:
        """Whether the registry is followed, as a code."""
        if self._registry_state == "followed" and self._followed_at is not None:
            silent_seconds = time.monotonic() - self._followed_at
            if silent_seconds > 3 * self.settings.follow_seconds + 10:
                return "silent"
        return self._registry_state

    def look(self) -> None:
        """Ask the registry once, and serve what it says now.

        Raises:
            AtelierError: it cannot be asked, or a champion of it cannot be had; all others are served.
        """
        file = sqlite_file(self.settings.tracking_uri)
        if file is not None and not file.exists():
            # Asking would make an empty database: that is for the first run to do.
            self._registry_state = "none-yet"
            return
        from components.tracking.registry import Registry

        registry = Registry(self.settings)
        failed: AtelierError | None = None
        for task in Task:
            try:
                self._look_at(registry, task)
            except AtelierError as exc:
                self._note(task, exc)
                failed = exc
        if failed is not None:
            raise failed
        self._followed_at = time.monotonic()
        self._registry_state, self._registry_trouble = "followed", ""

    def _look_at(self, registry: Registry, task: Task) -> None:
        record = registry.version(task, "champion")
        if record is None:
            return
        served = self._served.get(task)
        if served and (served.card.version, served.card.run_id) == (record.version, record.run_id):
            return
        folder = self._at_hand(registry, task, record)
        self._swap(task, Predictor.load(folder))
        releases.point(self.settings, task, record.version)
        releases.prune(self.settings, task)

    def _at_hand(self, registry: Registry, task: Task, record: VersionRecord) -> Path:
        folder = releases.installed(self.settings, task, record.version, record.run_id)
        if folder is not None:
            return folder
        with tempfile.TemporaryDirectory(prefix="atelier-release-") as scratch:
            downloaded = registry.download(task, record.version, Path(scratch) / "release")
            return releases.install(self.settings, task, record.version, downloaded)

    def _swap(self, task: Task, predictor: Predictor) -> None:
        self._served[task] = predictor
        self.trouble.pop(task, None)
        card = predictor.card
        _log.info("serving %s version %s (%s)", task, card.version or "unregistered", card.family)

    def _note(self, task: Task, exc: Exception) -> None:
        if self.trouble.get(task) != str(exc):  # said once, not every few seconds
            _log.warning("%s: the champion cannot be loaded: %s", task, exc)
        self.trouble[task] = str(exc)

    def _follow(self) -> None:
        # With something to serve, the first answers come before the five seconds of importing MLflow.
        wait = self.settings.follow_seconds if self._served else 0.0
        while not self._stop.wait(wait):
            try:
                self.look()
                wait = self.settings.follow_seconds
            except Exception as exc:  # noqa: BLE001 (whatever happens there, the served ones stay served)
                trouble = masked(str(exc))
                if trouble != self._registry_trouble:  # logged once, not every few seconds
                    _log.warning(
                        "the registry cannot be followed (%s); the last champions are served", trouble
                    )
                self._registry_state, self._registry_trouble = "unreachable", trouble
                wait = min(max(2 * wait, self.settings.follow_seconds), _LONGEST_WAIT_SECONDS)
