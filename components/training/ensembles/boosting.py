"""Grow XGBoost's trees on a trained network's features (study D5); they end up in one network with it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import xgboost
from sklearn.utils.class_weight import compute_sample_weight

from components.data.cache import store
from components.errors import TrainingError
from components.models import boosted
from components.models.trees import Trees
from components.progress import Advance, steps
from components.settings import Settings
from components.training.ensembles.boost_recipe import BoostRecipe
from components.training.frozen import feature_cache
from components.training.metrics import epoch_metrics
from components.training.result import MONITOR, Epoch, OnEpoch, TrainingData


@dataclass(frozen=True)
class Boosted:
    """What growing gives.

    Attributes:
        model: raw image (B, H, W, 3) in 0..255 -> probabilities (B, C); the trees up to the best round.
        layer: whose output they see, "network_layer".
        rounds: that were grown.
        best_round: by the recipe's monitor, counted from 1.
        history: a row a round: val_loss (mean -ln p, in nats), val_accuracy, val_macro_f1.
        seconds: of it all, features included.
    """

    model: keras.Model
    layer: str
    rounds: int
    best_round: int
    history: list[Epoch]
    seconds: float


def boost(
    network: keras.Model,
    data: TrainingData,
    settings: Settings,
    recipe: BoostRecipe,
    *,
    on_round: OnEpoch | None = None,
) -> Boosted:
    """Grow trees on the features of `network`, which stays as it is.

    Args:
        network: trained, ends in "probabilities"; its features are computed once and cached.
        data: pictures of the network's size.
        settings: for the cache.
        recipe: how.
        on_round: told each round's number (from 1) and its row of the history; may raise to stop.

    Raises:
        SettingsError: the network has no such layer, or it gives no vector.
        TrainingError: a class without a training work, several labels to a work, or features that are not
            numbers.
    """
    started = time.monotonic()
    seen = boosted.extractor(network, recipe.layer)
    kept = store.of(settings)
    train, validation = (
        feature_cache.of(seen, images, kept, f"Features of {network.name}, {part} works")
        for part, images in (("training", data.train_images), ("validation", data.validation_images))
    )
    labels, truth = np.asarray(data.train_labels), np.asarray(data.validation_labels)
    if data.rows is not None:
        train, labels = train[data.rows], labels[data.rows]
    _check(train, validation, labels, data.class_names)
    watch = _Watch(recipe, truth, len(data.class_names), on_round)
    with steps("Growing trees", recipe.rounds) as advance:
        booster = _grown(recipe, (train, labels), validation, watch, advance)
    best = watch.best
    trees = Trees.read(json.loads(booster[:best].save_raw("json"))).between(train)
    return Boosted(
        model=boosted.build(network, trees, recipe.layer),
        layer=seen.name,
        rounds=len(watch.history),
        best_round=best,
        history=watch.history,
        seconds=time.monotonic() - started,
    )


class _Watch:
    """Judges each round on the validation works and writes it down."""

    def __init__(
        self, recipe: BoostRecipe, truth: np.ndarray, num_classes: int, on_round: OnEpoch | None
    ) -> None:
        self.history: list[Epoch] = []
        self._recipe, self._truth, self.num_classes = recipe, truth, num_classes
        self._on_round = on_round

    @property
    def best(self) -> int:
        """The first of the best rounds, counted from 1."""
        figures = [row[self._recipe.monitor] for row in self.history]
        return 1 + int(np.argmin(figures) if self._recipe.monitor == "val_loss" else np.argmax(figures))

    @property
    def enough(self) -> bool:
        """Whether no round got better for as long as the recipe waits."""
        patience = self._recipe.early_stop
        return patience is not None and len(self.history) - self.best >= patience

    def judge(self, probabilities: np.ndarray, _: xgboost.DMatrix) -> tuple[str, float]:
        """A round's figures; XGBoost wants one of them, with a name."""
        row = epoch_metrics(self._truth, probabilities)
        self.history.append(row)
        if self._on_round is not None:
            self._on_round(len(self.history), row)
        return MONITOR, row[MONITOR]


class _Stop(xgboost.callback.TrainingCallback):
    """Between rounds: moves the bar, and ends when it is enough."""

    def __init__(self, watch: _Watch, advance: Advance) -> None:
        super().__init__()
        self._watch, self._advance = watch, advance

    def after_iteration(self, model: xgboost.Booster, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002
        """True: stop."""
        row = self._watch.history[-1]
        self._advance(1, note=f"loss {row['val_loss']:.3f} F1 {row[MONITOR]:.3f}")
        return self._watch.enough


def _grown(
    recipe: BoostRecipe,
    works: tuple[np.ndarray, np.ndarray],
    validation: np.ndarray,
    watch: _Watch,
    advance: Advance,
) -> xgboost.Booster:
    seen, labels = works
    weights = compute_sample_weight("balanced", labels) if recipe.class_weights else None
    parameters = {
        "objective": "multi:softprob",
        "num_class": watch.num_classes,
        "max_depth": recipe.depth,
        "eta": recipe.learning_rate,
        "subsample": recipe.subsample,
        "colsample_bytree": recipe.colsample,
        "tree_method": "hist",
        "seed": recipe.seed,
        "disable_default_eval_metric": True,
        "verbosity": 0,
    }
    return xgboost.train(
        parameters,
        xgboost.DMatrix(seen, labels, weight=weights),
        recipe.rounds,
        evals=[(xgboost.DMatrix(validation), "validation")],
        custom_metric=watch.judge,
        callbacks=[_Stop(watch, advance)],
        verbose_eval=False,
    )


def _check(train: np.ndarray, validation: np.ndarray, labels: np.ndarray, class_names: list[str]) -> None:
    if labels.ndim != 1:
        raise TrainingError(
            "Trees choose one class of a work, and these works bear several labels. Take a network with one."
        )
    if missing := [name for number, name in enumerate(class_names) if not (labels == number).any()]:
        raise TrainingError(
            f"Trees need at least one training work of each class; there is none of {missing}. Take more "
            f"works or another split."
        )
    if not all(np.isfinite(part).all() for part in (train, validation)):
        raise TrainingError(
            "The network's features are not all numbers: it diverged when it was trained. Train it again at "
            "a lower rate."
        )
