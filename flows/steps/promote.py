"""The best run by validation macro-F1 meets the champion on the same frozen test works."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from components.data.manifest import Manifest
from components.data.splits.refit import Refit
from components.data.versions import Versions
from components.inference.release import CARD, ReleaseCard
from components.inference.smoke import answers_in_fresh_process
from components.tracking.promotion.decision import Contender, Decision, decide
from components.tracking.promotion.promotion import Promotion
from components.tracking.registry import Registry
from components.tracking.runs import Tracker
from flows.log import log_step
from flows.steps.contender import contender_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.settings import Settings
    from components.tracking.promotion.journal import Entry
    from components.tracking.registry import VersionRecord
    from components.tracking.runs import RunRecord


def promote(
    records: Sequence[RunRecord],
    manifest: Manifest,
    task_name: str,
    settings: Settings,
    *,
    overrule: bool = False,
) -> Entry:
    """Register the best run, let it answer in a fresh process, judge it, move the aliases.

    Args:
        records: finished training runs on one data version; a refit comes before the run that it refits.
        manifest: that data version, split.
        task_name: whose champion is at stake.
        settings: where the registry and the releases lie.
        overrule: promote whatever the figures say, and even a version that was rolled back.

    Raises:
        RegistryError: the release does not answer, or the registry cannot be used.
    """
    registry = Registry(settings)
    best = max(records, key=_standing)
    challenger = registry.existing(task_name, _registered(best, task_name, registry, settings))
    judge = _Judge(challenger, manifest, settings, overrule=overrule)
    entry = Promotion(settings).apply(task_name, challenger.version, judge, overrule=overrule)
    verdict = {"promote": "is champion", "keep": "does not become champion", "rollback": "is champion again"}
    log_step(
        "promote",
        f"version {entry.version} ({entry.family}) {verdict[entry.action]}: {entry.reason}",
        cached=not judge.contenders,
    )
    return entry


@dataclass
class _Judge:
    """Decides about one version beside whichever champion it is given; each is measured once.

    Attributes:
        challenger: the version.
        manifest: the data version that both are measured on.
        settings: where the registry and the pictures lie.
        overrule: decide for the challenger whatever the figures say.
        contenders: those that were measured, by version; empty while nothing had to be decided.
    """

    challenger: VersionRecord
    manifest: Manifest
    settings: Settings
    overrule: bool = False
    contenders: dict[str, Contender] = field(default_factory=dict)

    def __call__(self, champion: VersionRecord | None) -> Decision:
        if not self.contenders:
            _answers(self.challenger, self.settings)
        decision = decide(self._measured(self.challenger), self._measured(champion) if champion else None)
        if self.overrule and not decision.promote:
            reason = f"promoted by hand, although {decision.reason}"
            return replace(decision, promote=True, reason=reason)
        return decision

    def _measured(self, version: VersionRecord) -> Contender:
        if version.version not in self.contenders:
            self.contenders[version.version] = contender_of(version, self.manifest, self.settings)
        return self.contenders[version.version]


def _standing(record: RunRecord) -> tuple[float, int]:
    """What the best run is chosen by: validation macro-F1; of one recipe, what learnt from most works."""
    return record.validation_macro_f1, list(Refit).index(record.refit)


def version_data(record: RunRecord, settings: Settings) -> Manifest:
    """The split data version that a run was trained on."""
    return Versions(settings.collections / "versions").get(record.data_version)


def _registered(record: RunRecord, task_name: str, registry: Registry, settings: Settings) -> str:
    card = ReleaseCard.load(Tracker(settings).artifact(record.id, CARD).parent)
    return registry.register(task_name, record.id, card)


def _answers(version: VersionRecord, settings: Settings) -> None:
    registry = Registry(settings)
    with tempfile.TemporaryDirectory() as folder:
        answers_in_fresh_process(registry.download(version.task, version.version, Path(folder) / "release"))
