"""Which version is served: a decision between two, the moving of aliases, and the way back."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from components.errors import RegistryError
from components.inference import releases
from components.settings import Settings
from components.tracking.connection import alone
from components.tracking.decision import Contender, Decision, decide
from components.tracking.journal import Entry, Journal
from components.tracking.registry import CHALLENGER, CHAMPION, PREVIOUS, Registry, VersionRecord

__all__ = ["Contender", "Decision", "Promotion", "decide"]


class Promotion:
    """Carries decisions out, one process at a time, and writes each into the journal."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._registry = Registry(settings)
        self._journal = Journal(settings)

    def apply(
        self,
        task: str,
        version: str,
        decision: Decision,
        *,
        overrule: bool = False,
    ) -> Entry:
        """Carry `decision` about `version` out; what the journal says. Doing it again changes nothing.

        Promoting: champion → `version`, previous → the old champion, and the release becomes the one
        that serving starts with. Keeping: challenger → `version`. A version that a person rolled back
        is kept out, whatever its figures, until another is promoted or `overrule` is given: look at
        the entry's `action`.

        Args:
            task: as in the registry.
            version: the challenger's.
            decision: see `decide`.
            overrule: promote even a version that was rolled back.

        Raises:
            RegistryError: there is no such version, its release is not whole, or nothing can be kept.
        """
        with self._alone():
            now = self._registry.version(task, CHAMPION)
            if not overrule:
                decision = self._respecting_rollback(task, version, decision)
            done = self._done_already(task, version, decision, now)
            if done is not None:
                return done
            if now is None and not decision.promote:
                raise RegistryError(f"{task} has no champion yet to keep. Promote version {version} instead.")
            action: Literal["promote", "keep"] = "promote" if decision.promote else "keep"
            entry = self._entry(task, action, version, decision.reason, now)
            figures = {"champion_macro_f1": decision.champion_macro_f1}
            if decision.macro_f1 is not None:
                figures["macro_f1"] = decision.macro_f1
            return self._carry_out(entry.model_copy(update=figures))

    def rollback(self, task: str, reason: str = "rolled back by hand") -> Entry:
        """Champion and previous change places, and the release at hand for serving with them.

        Raises:
            RegistryError: there is no previous champion.
        """
        with self._alone():
            now = self._registry.version(task, CHAMPION)
            before = self._registry.version(task, PREVIOUS)
            if now is None or before is None or now.version == before.version:
                raise RegistryError(
                    f"{task} has no previous champion to go back to (champion: "
                    f"{now.version if now else 'none'}). A second promotion makes one; `atelier runs` lists "
                    "the versions there are."
                )
            return self._carry_out(self._entry(task, "rollback", before.version, reason, now))

    def journal(self, task: str | None = None) -> list[dict[str, Any]]:
        """Every decision, the oldest first."""
        return [entry.model_dump(mode="json") for entry in self._journal.entries(task)]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lock, having finished what a killed process began."""
        with alone(self._settings.home / "promotion.lock"):
            begun = self._journal.pending()
            if begun is not None:
                self._finish(begun)
            yield

    def _respecting_rollback(self, task: str, version: str, decision: Decision) -> Decision:
        moves = [entry for entry in self._journal.entries(task) if entry.action != "keep"]
        if not decision.promote or not moves:
            return decision
        last = moves[-1]
        if last.action != "rollback" or last.previous != version:
            return decision
        reason = f"version {version} was rolled back on {last.time} ({last.reason})"
        return replace(decision, promote=False, reason=f"{reason}; promote it by hand to overrule that")

    def _done_already(
        self, task: str, version: str, decision: Decision, now: VersionRecord | None
    ) -> Entry | None:
        entries = self._journal.entries(task)
        if decision.promote:
            moves = (one for one in reversed(entries) if one.action != "keep" and one.version == version)
            return next(moves, None) if now is not None and now.version == version else None
        same = entries and (entries[-1].action, entries[-1].version) == ("keep", version)
        return entries[-1] if same and entries[-1].reason == decision.reason else None

    def _entry(
        self,
        task: str,
        action: Literal["promote", "keep", "rollback"],
        version: str,
        reason: str,
        now: VersionRecord | None,
    ) -> Entry:
        record = self._registry.existing(task, version)
        before = self._registry.version(task, PREVIOUS)
        moves = action != "keep" and now is not None and now.version != version
        return Entry(
            id=uuid.uuid4().hex,
            time=datetime.now(UTC).isoformat(timespec="seconds"),
            task=str(task),
            action=action,
            version=version,
            champion=now.version if action == "keep" and now else version,
            previous=now.version if moves and now else before.version if before else None,
            reason=reason,
            run_id=record.run_id,
            family=record.tags.get("family", ""),
            source=record.tags.get("source", ""),
            synthetic=record.tags.get("synthetic") == "true",
            macro_f1=float(record.tags["macro_f1"]) if "macro_f1" in record.tags else None,
        )

    def _carry_out(self, entry: Entry) -> Entry:
        if entry.action != "keep":
            # Before anything moves: a release that cannot be fetched must not become champion.
            self._at_hand(entry.task, entry.champion)
        self._journal.begin(entry)
        self._finish(entry)
        return entry

    def _finish(self, entry: Entry) -> None:
        """Move the aliases and write the line; every step may be done twice."""
        if entry.action == "keep":
            if entry.version != entry.champion:
                self._registry.alias(entry.task, CHALLENGER, entry.version)
        else:
            # Previous first: wherever this is cut off, champion points to a version that works.
            if entry.previous is not None:
                self._registry.alias(entry.task, PREVIOUS, entry.previous)
            self._registry.alias(entry.task, CHAMPION, entry.champion)
            self._no_longer_challenger(entry)
            releases.point(self._settings, entry.task, self._at_hand(entry.task, entry.champion))
        self._journal.end(entry)

    def _no_longer_challenger(self, entry: Entry) -> None:
        challenger = self._registry.version(entry.task, CHALLENGER)
        if challenger is not None and challenger.version == entry.champion:
            self._registry.drop_alias(entry.task, CHALLENGER)

    def _at_hand(self, task: str, version: str) -> str:
        with tempfile.TemporaryDirectory() as scratch:
            folder = self._registry.download(task, version, Path(scratch) / "release")
            releases.install(self._settings, task, version, folder)
        return version
