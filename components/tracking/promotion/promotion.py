"""Which version is served: a decision between two, the moving of aliases, and the way back."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from components.errors import RegistryError
from components.inference import releases
from components.settings import Settings
from components.storage.locks import locked
from components.tracking.promotion.decision import Contender, Decision, decide
from components.tracking.promotion.journal import Entry, Journal
from components.tracking.registry import CHALLENGER, CHAMPION, PREVIOUS, Registry, VersionRecord

__all__ = ["Contender", "Decision", "Promotion", "decide"]


Judge = Callable[[VersionRecord | None], Decision]
"""Decides about a version beside the champion it is given; None: the task has no champion yet."""

TRIES = 5
"""So often a version is judged anew because another process moved the champion meanwhile."""


class Promotion:
    """Carries decisions out, one process at a time, and writes each into the journal.

    Lock and journal lie below `settings.home`: processes that share a home never act on a champion that is no
    longer the one they judged by. Machines with homes of their own and one MLflow server share neither; the
    champion is then still read again just before it is replaced, but two machines may do so within the same
    moment. Let one of them promote, or let them share the home.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._registry = Registry(settings)
        self._journal = Journal(settings)

    def apply(self, task: str, version: str, judge: Judge, *, overrule: bool = False) -> Entry:
        """Judge `version` beside the champion and carry the decision out; what the journal says.

        Judging may take long, so it is done without the lock. Where the champion is another one afterwards,
        the decision is void and `judge` is asked again. A decision that was made before about this version
        and this champion stands: `judge` is not asked, and nothing changes.

        Promoting: champion → `version`, previous → the old champion, and the release becomes the one
        that serving starts with. Keeping: challenger → `version`. A version that a person rolled back
        is kept out, whatever its figures, until another is promoted or `overrule` is given: look at
        the entry's `action`.

        Args:
            task: as in the registry.
            version: the challenger's.
            judge: see `decide`.
            overrule: promote even a version that was rolled back, and judge whatever was decided before.

        Raises:
            RegistryError: there is no such version, its release is not whole, nothing can be kept, or the
                champion was another one after each of `TRIES` judgements.
        """
        for _ in range(TRIES):
            with self._alone():
                champion = self._registry.version(task, CHAMPION)
                standing = None if overrule else self._standing(task, version, champion)
            if standing is not None:
                return standing
            decision = judge(champion)
            with self._alone():
                now = self._registry.version(task, CHAMPION)
                if _number(now) == _number(champion):
                    return self._decided(task, version, decision, now, overrule=overrule)
        raise RegistryError(
            f"{task}: the champion was replaced {TRIES} times while version {version} was judged beside it. "
            "Promote again when the other processes have ended: `atelier promote`."
        )

    def rollback(self, task: str, reason: str = "rolled back by hand") -> tuple[Entry, bool]:
        """Champion and previous change places, and the release that serving starts with follows.

        Doing it again changes nothing, so that a rollback that was killed can be repeated: it is finished if
        it was begun, and found if it was done. Another version becomes champion by a promotion.

        Returns:
            What the journal says, and whether it was done (or begun) before this call.

        Raises:
            RegistryError: there is no previous champion.
        """
        with self._alone():
            now = self._registry.version(task, CHAMPION)
            last = self._last_move(task)
            if last is not None and last.action == "rollback" and _number(now) == last.champion:
                return last, True
            before = self._registry.version(task, PREVIOUS)
            if now is None or before is None or now.version == before.version:
                raise RegistryError(
                    f"{task} has no previous champion to go back to (champion: "
                    f"{now.version if now else 'none'}). A second promotion makes one; `atelier runs` lists "
                    "the versions there are."
                )
            return self._carry_out(self._entry(task, "rollback", before.version, reason, now)), False

    def journal(self, task: str | None = None) -> list[dict[str, Any]]:
        """Every decision, the oldest first."""
        return [entry.model_dump(mode="json") for entry in self._journal.entries(task)]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lock, having finished what a killed process began."""
        with locked(self._settings.home / "promotion.lock"):
            begun = self._journal.pending()
            if begun is not None:
                self._finish_begun(begun)
            yield

    def _finish_begun(self, begun: Entry) -> None:
        try:
            self._finish(begun)
        except RegistryError as exc:
            raise RegistryError(
                f"The {begun.action} of {begun.task} version {begun.version} was begun at {begun.time} and "
                f"cannot be finished: {exc} To give it up, let champion point to the version that you "
                f"want in MLflow, and delete {self._journal.pending_file}."
            ) from exc

    def _decided(
        self, task: str, version: str, decision: Decision, now: VersionRecord | None, *, overrule: bool
    ) -> Entry:
        """Carry out a decision that was made beside the present champion, within the lock."""
        if not overrule:
            decision = self._respecting_rollback(task, version, decision)
        elif _number(now) == version and (done := self._standing(task, version, now)):
            return done
        if now is None and not decision.promote:
            raise RegistryError(f"{task} has no champion yet to keep. Promote version {version} instead.")
        action: Literal["promote", "keep"] = "promote" if decision.promote else "keep"
        entry = self._entry(task, action, version, decision.reason, now)
        figures = {"champion_macro_f1": decision.champion_macro_f1}
        if decision.macro_f1 is not None:
            figures["macro_f1"] = decision.macro_f1
        return self._carry_out(entry.replace(**figures))

    def _standing(self, task: str, version: str, champion: VersionRecord | None) -> Entry | None:
        """The decision that still stands: `version` is champion, or was judged beside this champion."""
        if champion is None:
            return None
        entries = reversed(self._journal.entries(task))
        return next(
            (entry for entry in entries if (entry.version, entry.champion) == (version, champion.version)),
            None,
        )

    def _last_move(self, task: str) -> Entry | None:
        """The last entry that moved the champion."""
        moves = [entry for entry in self._journal.entries(task) if entry.action != "keep"]
        return moves[-1] if moves else None

    def _respecting_rollback(self, task: str, version: str, decision: Decision) -> Decision:
        last = self._last_move(task)
        if not decision.promote or last is None or last.action != "rollback" or last.previous != version:
            return decision
        reason = f"version {version} was rolled back on {last.time} ({last.reason})"
        return replace(decision, promote=False, reason=f"{reason}; promote it by hand to overrule that")

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
            self._installed(entry.task, entry.champion)
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
            releases.point(self._settings, entry.task, self._installed(entry.task, entry.champion))
        self._journal.end(entry)

    def _no_longer_challenger(self, entry: Entry) -> None:
        challenger = self._registry.version(entry.task, CHALLENGER)
        if challenger is not None and challenger.version == entry.champion:
            self._registry.drop_alias(entry.task, CHALLENGER)

    def _installed(self, task: str, version: str) -> str:
        """The version, once its release lies on this disk."""
        with tempfile.TemporaryDirectory() as scratch:
            folder = self._registry.download(task, version, Path(scratch) / "release")
            releases.install(self._settings, task, version, folder)
        return version


def _number(record: VersionRecord | None) -> str | None:
    return None if record is None else record.version
