"""What a release says of pictures that are unlike its training works: fitted and put into its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from components.data.manifest import Split
from components.data.splits.refit import Refit
from components.evaluation import novelty
from components.inference.predictor import Predictor
from components.inference.release import NOVELTY, ReleaseCard

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Protocol

    import keras
    from numpy.typing import NDArray

    from components.data.cache.store import Store
    from components.training.recipe import Recipe
    from flows.runs.refit_of import RefitOf
    from flows.steps.evaluation.eval_data import EvalData

    class Statistics(Protocol):
        """The statistics (N, D) of images (N, H, W, 3), or of some rows of them."""

        def __call__(
            self, images: NDArray[np.uint8], rows: NDArray[np.int64] | None = None
        ) -> NDArray[np.float32]:
            """(N, D)."""


_CHUNK = 256
"""Pictures read at once from a cache of any size."""


def add_novelty(
    folder: Path, model: keras.Model, recipe: Recipe, eval_data: EvalData, refit_of: RefitOf | None = None
) -> ReleaseCard:
    """Put into a release what its training works are like; the card that it then has.

    The threshold is such that 95 % of the validation works keep below it; where the protocol has no test
    part, these are the works that judge. A network without maps gives no statistics: its release stays.

    Args:
        folder: a release as `inference.export` wrote it.
        model: its network.
        recipe: says which layers were trained: statistics of frozen ones are computed once and kept.
        eval_data: the works.
        refit_of: what a refit stands on, whose threshold it takes over: no work is left to choose one by.

    Raises:
        RegistryError: the release does not load.
        DataError: statistics that are not numbers: the network has diverged.
    """
    predictor = Predictor.load(folder)
    card, data = predictor.card, eval_data.data
    carried = _carried_over(refit_of)
    known = len(predictor.outputs(eval_data.test_images[:1])) == 2
    if not known or len(data.train_images) < novelty.FEWEST:
        return card
    if carried is None and not len(data.validation_images):  # a refit of a run that knew no threshold
        return card
    statistics = kept(model, recipe, eval_data.store) or computed(predictor)
    train = statistics(data.train_images, novelty.drawn(len(data.train_images)))
    if carried is not None:
        works = novelty.described(train, threshold=carried)
    else:
        works = novelty.fitted(train, statistics(data.validation_images))
    alarms = None
    if eval_data.manifest.judged_on is Split.TEST and eval_data.refit is not Refit.ALL:
        alarms = float((works.scores(statistics(eval_data.test_images)) > works.threshold).mean())
    card = card.replace(novelty=works.save(folder / NOVELTY, Split.VALIDATION, alarms))
    card.save(folder)
    return card


def _carried_over(refit_of: RefitOf | None) -> float | None:
    """The judged run's threshold, in units of its training works; None where there is none."""
    judged = refit_of.judged.card.novelty if refit_of else None
    return judged.threshold if judged else None


def computed(predictor: Predictor) -> Statistics:
    """By the engine that serves them."""

    def statistics(images: NDArray[np.uint8], rows: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
        rows = np.arange(len(images)) if rows is None else rows
        parts = [rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK)]
        return np.concatenate([predictor.outputs(np.asarray(images[part]))[1] for part in parts])

    return statistics


def kept(model: keras.Model, recipe: Recipe, store: Store | None) -> Statistics | None:
    """From the store of frozen layers' features; None where layers in front of the head were trained."""
    views = any(stage.views for stage in recipe.stages)  # of training works other features are kept
    if store is None or views or not recipe.trains_head_alone:
        return None
    import keras

    from components.models.exposed import feature_columns, with_statistics
    from components.training.frozen import feature_cache
    from components.training.frozen.cut import parted

    title = f"Statistics of {recipe.family}"
    columns, extended = feature_columns(model), with_statistics(model)
    if columns is not None:
        backbone = parted(model).backbone
        return lambda images, rows=None: _taken(
            feature_cache.of(backbone, images, store, title), rows, columns
        )
    if extended is None:
        return None
    frozen = keras.Model(extended.input, extended.outputs[1])
    return lambda images, rows=None: np.asarray(
        feature_cache.of(frozen, images if rows is None else images[rows], store, title)
    )


def _taken(
    features: NDArray[np.float32], rows: NDArray[np.int64] | None, columns: NDArray[np.int64]
) -> NDArray[np.float32]:
    return np.asarray(features if rows is None else features[rows])[:, columns]
