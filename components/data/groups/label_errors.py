"""Suspected label errors: works that a model, which never saw them, confidently takes for another class.

Confident learning (Northcutt, Jiang and Chuang 2021, arXiv:1911.00068), as cleanlab has it, on out-of-fold
probabilities of a logistic regression. A suspicion is for a person to look at: no label is changed here.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from components.data.manifest import Manifest
from components.errors import DataError
from components.progress import steps

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("path", "label", "suggested", "score")

_REGULARISATION = 0.01
"""Scikit-learn's C. Standardised features of a backbone are many and a class's works few."""


@dataclass(frozen=True)
class LabelErrors:
    """Works whose label is suspected, and how far to trust that.

    Attributes:
        table: the most suspicious first. path; label, as the manifest has it; suggested, the class that the
            model takes it for; score, the probability it gives to the label (0 to 1: low is suspicious).
        examined: works that were looked at.
        too_small: classes of too few works to be looked at, with how many they have.
        accuracy: share of the examined works that the model names as their label does: how far to trust it.
    """

    table: pd.DataFrame
    examined: int
    too_small: dict[str, int]
    accuracy: float


def find(features: NDArray[np.floating], manifest: Manifest, *, folds: int = 5, seed: int = 0) -> LabelErrors:
    """Look for works whose label is probably wrong.

    Args:
        features: (N, D), in the manifest's row order; a pretrained backbone's find most.
        manifest: labelled works. A group never stands on both sides of a fold, or a copy would teach the
            model the very label that is in question.
        folds: how many models are trained, each on all works but its fold.
        seed: of the folds.

    Raises:
        DataError: as many features as works are expected; at least two classes of `folds` groups are.
    """
    if len(features) != len(manifest) or features.ndim != 2:
        raise DataError(
            f"{manifest.source}: features (N, D) of {len(manifest)} works are expected, "
            f"received {features.shape}."
        )
    frame = manifest.frame
    groups = frame.groupby("label")["group"].nunique().drop("", errors="ignore")
    names = sorted(groups[groups >= folds].index)
    if len(names) < 2:
        raise DataError(
            f"{manifest.source}: two classes of at least {folds} different works are needed to look for "
            f"label errors; {len(names)} found. Choose fewer folds or larger classes."
        )
    examined = frame["label"].isin(names).to_numpy()
    kept = frame[examined]
    numbers = {name: number for number, name in enumerate(names)}
    labels = kept["label"].map(numbers).to_numpy(int)
    known = np.asarray(features, np.float32)[examined]
    shares = _out_of_fold(known, labels, kept["group"].to_numpy(), folds, seed)
    suspicious, quality = _suspected(labels, shares)
    best = np.array(names, object)[shares.argmax(axis=1)]
    table = kept.assign(suggested=best, score=quality.round(4))[suspicious]
    left = frame.loc[~examined, "label"].value_counts()
    return LabelErrors(
        table=table.sort_values(["score", "path"], ignore_index=True)[list(COLUMNS)],
        examined=len(kept),
        too_small={str(name): int(count) for name, count in left.items()},
        accuracy=float((shares.argmax(axis=1) == labels).mean()),
    )


def _out_of_fold(
    features: NDArray[np.float32],
    labels: NDArray[np.int_],
    groups: NDArray[np.object_],
    folds: int,
    seed: int,
) -> NDArray[np.float64]:
    """(N, C): what a model that saw neither the work nor its copies makes of it."""
    shares = np.zeros((len(labels), labels.max() + 1))
    with steps("Looking for wrong labels", folds) as advance:
        for train, held_out in _parted(labels, groups, folds, seed):
            model = make_pipeline(StandardScaler(), LogisticRegression(C=_REGULARISATION, max_iter=300))
            with warnings.catch_warnings():
                warnings.simplefilter(
                    "ignore"
                )  # that it could be fitted further: it is good enough to judge by
                model.fit(features[train], labels[train])
            shares[np.ix_(held_out, model.classes_)] = model.predict_proba(features[held_out])
            advance()
    return shares


def _parted(
    labels: NDArray[np.int_], groups: NDArray[np.object_], folds: int, seed: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    parts = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a small class may lack from a fold
        yield from parts.split(labels, labels, groups)


def _suspected(
    labels: NDArray[np.int_], shares: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Whether each label is suspected, and the probability it has.

    Confident learning says how many labels are wrong; those the model gives least to are taken. Of 93
    labels flipped among 1,860 paintings this found as many as cleanlab's default and suspected fewer others.
    """
    suspicious = find_label_issues(labels, shares, filter_by="low_self_confidence", n_jobs=1)
    quality = get_label_quality_scores(labels, shares, method="self_confidence")
    return np.asarray(suspicious, bool) & (shares.argmax(axis=1) != labels), np.asarray(quality, float)
