"""What a network's training works are like, fitted so that serving can say what is unlike them.

Measured on 6,725 paintings (`tests/benchmarks/out_of_collection.py`): the residual of principal components
told photographs apart better than distances to the nearest training works (Sun et al. 2022,
arXiv:2204.06507) and than Mahalanobis distances, relative (Ren et al. 2021, arXiv:2106.09022) or not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from components.errors import DataError
from components.inference.novelty import Floats, Novelty, standardised

COMPONENTS = 64
"""Principal components at most. From 32 to 256 of them the measured shares hardly moved."""
WORKS = 1000
"""Training works that the components are fitted on at most: 6,000 told no more apart than 500."""
SHARE = 0.95
"""Of the validation works that are to score at most the threshold."""
FEWEST = 8
"""Works that a fit needs."""


def drawn(works: int) -> NDArray[np.int64]:
    """Which of so many training works a fit takes, in order: all, or WORKS of them, always the same."""
    if works <= WORKS:
        return np.arange(works)
    return np.sort(np.random.default_rng(0).choice(works, WORKS, replace=False))


def fitted(train: NDArray[np.floating], validation: NDArray[np.floating], *, share: float = SHARE) -> Novelty:
    """The training works' statistics, and the threshold that `share` of the validation works keep below.

    Args:
        train: (N, D) statistics of training works, those of `drawn`.
        validation: (M, D) of works that were not learnt from, or the best there is.
        share: 0..1.

    Raises:
        DataError: as `described`, or no validation work.
    """
    if not len(validation):
        raise DataError("expected at least one validation work to choose a threshold by; received none.")
    works = described(train, threshold=1.0)
    scores = works.scores(np.asarray(validation, np.float32))
    return with_threshold(works, float(np.quantile(scores, share)))


def described(train: NDArray[np.floating], *, threshold: float) -> Novelty:
    """The training works' statistics with a threshold that was chosen elsewhere, in the same units.

    Args:
        train: (N, D) statistics of training works, those of `drawn`.
        threshold: as `Novelty` has it.

    Raises:
        DataError: fewer than 8 works, or statistics that are not numbers.
    """
    if train.ndim != 2 or len(train) < FEWEST:
        raise DataError(f"expected statistics (N, D) of at least {FEWEST} works; received {train.shape}.")
    seen = np.asarray(train, np.float32)
    if not np.isfinite(seen).all():
        raise DataError("expected statistics that are numbers; the network has diverged. Lower its rate.")
    mean, deviation = seen.mean(axis=0), seen.std(axis=0) + np.float32(1e-4)
    standard = standardised(seen, mean, deviation)
    axes = _principal(standard)
    works = Novelty(mean, deviation, axes, 1.0, threshold)
    unit = float(np.sqrt(np.mean(np.square(works.scores(seen)))))
    return Novelty(mean, deviation, axes, max(unit, 1e-6), threshold)


def with_threshold(works: Novelty, threshold: float) -> Novelty:
    """The same works, another threshold."""
    return Novelty(works.mean, works.deviation, works.axes, works.unit, max(threshold, 1e-6))


def _principal(standard: Floats) -> Floats:
    """(N, D) -> (D, K): the directions of most variance; at most a quarter of the works or statistics."""
    from sklearn.utils.extmath import randomized_svd

    count = min(COMPONENTS, min(standard.shape) // 4)
    _, _, rows = randomized_svd(standard, max(count, 1), n_iter=3, random_state=0)
    axes: Floats = np.ascontiguousarray(rows.T, dtype=np.float32)
    return axes
