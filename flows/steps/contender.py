"""The score of a registered version on given works, measured by the engine that serves it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from components.data.manifest import Manifest
from components.data.splits.refit import Refit
from components.evaluation.metrics import evaluate
from components.evaluation.multilabel import HALF, evaluate_multilabel
from components.inference.predictor import Predictor
from components.tracking.promotion.decision import Contender
from components.tracking.registry import Registry
from components.tracking.runs import Tracker
from flows.steps.evaluation.eval_data import images_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from components.evaluation.metrics import Scores
    from components.evaluation.multilabel import LabelledScores
    from components.inference.release import ReleaseCard
    from components.settings import Settings
    from components.tracking.registry import VersionRecord


def contender_of(version: VersionRecord, manifest: Manifest, settings: Settings) -> Contender:
    """A version's score on the manifest's test works, by the very engine that serves it.

    Classes it was never taught it gets wrong; where it knows classes that these works lack, no figure
    would be fair, and there is none. Where works bear several labels, each label is judged by itself. A
    refit on all works has learnt them: the run that it refits is measured in its place.
    """
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
        run_id=version.run_id,
        judged_run=_judged_run(version),
    )


def _judged_run(version: VersionRecord) -> str:
    """The run that is measured in the place of a version that has learnt every work; "" for its own."""
    return version.tags["refit_of"] if version.tags.get("refit") == Refit.ALL else ""


def _scores(
    version: VersionRecord, works: Manifest, names: list[str], settings: Settings
) -> Scores | LabelledScores | None:
    with tempfile.TemporaryDirectory() as folder:
        judged = _judged_run(version)
        release = (
            Tracker(settings).release(judged)
            if judged
            else Registry(settings).download(version.task, version.version, Path(folder) / "release")
        )
        predictor = Predictor.load(release)
        if not set(predictor.card.class_names) <= set(names):
            return None
        images = images_of(works, predictor.card, settings)
        probabilities = np.zeros((len(works), len(names)), np.float32)
        probabilities[:, [names.index(name) for name in predictor.card.class_names]] = (
            predictor.probabilities(images)
        )
    if works.multi_label:
        return scores_of_several(predictor.card, works, names, probabilities)
    if predictor.card.multi_label:  # asked for one label, the surest of them is its answer
        probabilities /= np.maximum(probabilities.sum(axis=1, keepdims=True), np.finfo(np.float32).tiny)
    return evaluate(works.targets(names), probabilities, names, works.group_ids)


def scores_of_several(
    card: ReleaseCard, works: Manifest, names: list[str], probabilities: NDArray[np.floating]
) -> LabelledScores:
    """Of works with several labels: a multi-label model gives those above their thresholds, another one."""
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
