"""The best run by validation macro-F1 meets the champion on the same frozen test works."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from components.data.manifest import Manifest
from flows.log import log_step
from flows.steps.eval_data import images_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from components.evaluation.metrics import Scores
    from components.evaluation.multilabel import LabelledScores
    from components.inference.release import ReleaseCard
    from components.settings import Settings
    from components.tracking.journal import Entry
    from components.tracking.promotion import Contender, Decision
    from components.tracking.registry import Registry, VersionRecord
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
        records: finished training runs on one data version.
        manifest: that data version, split.
        task_name: whose champion is at stake.
        settings: where the registry and the releases lie.
        overrule: promote whatever the figures say, and even a version that was rolled back.

    Raises:
        RegistryError: the release does not answer, or the registry cannot be used.
    """
    from components.tracking.promotion import Promotion
    from components.tracking.registry import Registry

    registry = Registry(settings)
    best = max(records, key=lambda record: record.metrics["validation/macro_f1"])
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
        from components.tracking.promotion import decide

        if not self.contenders:
            _answers(self.challenger, self.settings)
        decision = decide(self._measured(self.challenger), self._measured(champion) if champion else None)
        if self.overrule and not decision.promote:
            reason = f"promoted by hand, although {decision.reason}"
            return replace(decision, promote=True, reason=reason)
        return decision

    def _measured(self, version: VersionRecord) -> Contender:
        if version.version not in self.contenders:
            self.contenders[version.version] = _contender(version, self.manifest, self.settings)
        return self.contenders[version.version]


def version_data(record: RunRecord, settings: Settings) -> Manifest:
    """The split data version that a run was trained on."""
    from components.data.versions import Versions

    return Versions(settings.collections / "versions").get(record.data_version)


def _registered(record: RunRecord, task_name: str, registry: Registry, settings: Settings) -> str:
    from components.inference.release import CARD, ReleaseCard
    from components.tracking.runs import Tracker

    card = ReleaseCard.load(Tracker(settings).artifact(record.id, CARD).parent)
    return registry.register(task_name, record.id, card)


def _answers(version: VersionRecord, settings: Settings) -> None:
    from components.inference.smoke import answers_in_fresh_process
    from components.tracking.registry import Registry

    registry = Registry(settings)
    with tempfile.TemporaryDirectory() as folder:
        answers_in_fresh_process(registry.download(version.task, version.version, Path(folder) / "release"))


def _contender(version: VersionRecord, manifest: Manifest, settings: Settings) -> Contender:
    """A version's score on the manifest's test works, by the very engine that serves it.

    Classes it was never taught it gets wrong; where it knows classes that these works lack, no figure
    would be fair, and there is none. Where works bear several labels, each label is judged by itself.
    """
    from components.tracking.promotion import Contender

    works = manifest.held_out
    scores = _scores(version, works, manifest.class_names, settings)
    return Contender(
        version=version.version,
        family=version.tags["family"],
        macro_f1=scores.macro_f1 if scores else None,
        low=scores.macro_f1_low if scores else None,
        high=scores.macro_f1_high if scores else None,
        synthetic=version.tags["synthetic"] == "true",
        source=version.tags["source"],
        works=len(works),
        part=manifest.judged_on.value,
    )


def _scores(
    version: VersionRecord, works: Manifest, names: list[str], settings: Settings
) -> Scores | LabelledScores | None:
    import numpy as np

    from components.evaluation.metrics import evaluate
    from components.inference.predictor import Predictor
    from components.tracking.registry import Registry

    with tempfile.TemporaryDirectory() as folder:
        release = Registry(settings).download(version.task, version.version, Path(folder) / "release")
        predictor = Predictor.load(release)
        if not set(predictor.card.class_names) <= set(names):
            return None
        images = images_of(works, predictor.card.image_size, predictor.card.alpha, settings)
        probabilities = np.zeros((len(works), len(names)), np.float32)
        probabilities[:, [names.index(name) for name in predictor.card.class_names]] = (
            predictor.probabilities(images)
        )
    if works.multi_label:
        return _scores_of_many(predictor.card, works, names, probabilities)
    if predictor.card.multi_label:  # asked for one label, the surest of them is its answer
        probabilities /= np.maximum(probabilities.sum(axis=1, keepdims=True), np.finfo(np.float32).tiny)
    return evaluate(works.targets(names), probabilities, names, works.group_ids)


def _scores_of_many(
    card: ReleaseCard, works: Manifest, names: list[str], probabilities: np.ndarray
) -> LabelledScores:
    """Of works with several labels: a multi-label model gives those above their thresholds, another one."""
    import numpy as np

    from components.evaluation.multilabel import HALF, evaluate_multilabel

    at = dict(zip(card.class_names, card.thresholds, strict=False))
    if not card.multi_label:
        probabilities = np.eye(len(names))[probabilities.argmax(axis=1)]
    return evaluate_multilabel(
        works.targets(names),
        probabilities,
        names,
        thresholds=[at.get(name, HALF) for name in names],
        groups=works.group_ids,
    )
