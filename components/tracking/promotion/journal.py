"""The promotion journal: a JSON line a decision, and the one that is being carried out.

An action moves several aliases. It is written down whole before the first move, so that a process
killed in between is finished by the next one, with nothing guessed.
"""

from __future__ import annotations

import json
import logging
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, ValidationError

from components.errors import RegistryError
from components.frozen import Frozen
from components.settings import Settings
from components.storage import append_line, write_atomically

_log = logging.getLogger("atelier")


class Entry(Frozen):
    """A decision and what it came to."""

    model_config = ConfigDict(extra="ignore")

    id: str
    time: str
    task: str
    action: Literal["promote", "keep", "rollback"]
    version: str
    """The version the decision is about: promoted, not promoted, or gone back to."""
    champion: str
    """Champion once it was carried out."""
    previous: str | None
    """What `previous` pointed to then."""
    reason: str
    run_id: str = ""
    family: str = ""
    source: str = ""
    synthetic: bool = False
    macro_f1: float | None = None
    champion_macro_f1: float | None = None


class Journal:
    """The file `settings.journal`, and beside it the action under way."""

    def __init__(self, settings: Settings) -> None:
        self._path = settings.journal
        self.pending_file = settings.home / "promotion-pending.json"
        """What is under way; there is none most of the time."""

    def entries(self, task: str | None = None) -> list[Entry]:
        """Every decision, the oldest first; a line that a full disk cut off is logged and left out."""
        if not self._path.is_file():
            return []
        entries = []
        # As bytes: a cut may go through a letter, and a reason may hold other characters that end lines.
        for number, line in enumerate(self._path.read_bytes().split(b"\n"), start=1):
            if not line.strip():
                continue
            try:
                entries.append(Entry.model_validate_json(line))
            except ValidationError:
                _warn_of_cut_line(self._path, number)
        return [entry for entry in entries if task is None or entry.task == task]

    def begin(self, entry: Entry) -> None:
        """Write down what is about to be done."""
        write_atomically(self.pending_file, entry.model_dump_json())

    def pending(self) -> Entry | None:
        """What was begun and not ended.

        Raises:
            RegistryError: it cannot be read.
        """
        try:
            return Entry.model_validate_json(self.pending_file.read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError as exc:
            raise RegistryError(
                f"{self.pending_file}: a promotion under way is expected there and cannot be read ({exc}). "
                "See in MLflow where champion points, then delete the file."
            ) from exc

    def end(self, entry: Entry) -> None:
        """Enter it, once, and forget that it was under way."""
        if all(known.id != entry.id for known in self.entries(entry.task)):
            append_line(self._path, json.dumps(entry.model_dump(mode="json"), ensure_ascii=False))
        self.pending_file.unlink(missing_ok=True)


@cache
def _warn_of_cut_line(path: Path, number: int) -> None:
    """Once a process, however often the journal is read."""
    _log.warning(
        "%s: line %d cannot be read and is left out. A full disk cuts lines off; delete the line if its "
        "decision is not wanted.",
        path,
        number,
    )
