"""Many heads on one backbone: its features are computed once, each head is a fit of its own (A5, E4)."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

import keras

from components.data.cache import store
from components.errors import TrainingError
from components.models import catalog
from components.models.heads import FEATURES
from components.models.multilabel import each_by_itself
from components.models.precision import in_float32
from components.settings import Settings
from components.training import stages
from components.training.checks import check
from components.training.fit import built, finished, shown
from components.training.frozen import feature_cache
from components.training.frozen.cut import parted
from components.training.frozen.feature_cache import Views
from components.training.frozen.freezing import freeze
from components.training.recipe import Recipe
from components.training.result import Fitted, Labels, OnEpoch, TrainingData, TrainingHistory
from components.training.stages import FitState, StageInput


@dataclass(frozen=True)
class HeadTraining:
    """A backbone and its features of a data version.

    Attributes:
        network: the recipe's, whole; what stands behind "features" is replaced by each head.
        subject: the features.
        labels: of the works.
        recipe: whose backbone it is.
    """

    network: keras.Model
    subject: StageInput
    labels: Labels
    recipe: Recipe

    @classmethod
    def suits(cls, recipe: Recipe) -> bool:
        """Whether every stage trains the head alone, on pictures as they are or in the same views."""
        return (
            all(stage.train == "head" and stage.mix == "none" for stage in recipe.stages)
            and all(stage.policy.value == "none" or stage.views for stage in recipe.stages)
            and len({(stage.policy, stage.views) for stage in recipe.stages}) == 1
            and not recipe.sizes
        )

    @classmethod
    def of(
        cls, recipe: Recipe, data: TrainingData, settings: Settings, *, warm_start: Path | None = None
    ) -> HeadTraining:
        """Compute the features of all works, unless they are cached.

        Raises:
            TrainingError: a stage of the recipe trains more than the head, or the data cannot be learnt from.
            WeightsError: the weights cannot be had.
        """
        if not cls.suits(recipe):
            raise TrainingError(
                f"{recipe.family}: heads on features that were computed once need stages that train the head "
                f"alone, without mixing, and with a policy only in counted views; received {recipe.stages}. "
                f"Train it with fit."
            )
        check(recipe, data)
        keras.utils.set_random_seed(recipe.seed)
        network = built(recipe, len(data.class_names), settings, warm_start)
        freeze(network, "all", pretrained=False)
        backbone = parted(network).backbone
        stage, kept = recipe.stages[0], store.of(settings)
        name = f"Features of {recipe.family}"
        views = Views(stage.policy.value, stage.views, recipe.seed) if stage.views else feature_cache.PLAIN
        train = feature_cache.of(backbone, data.train_images, kept, f"{name}, training works", views)
        validation = feature_cache.of(backbone, data.validation_images, kept, f"{name}, validation works")
        subject = StageInput(network, train, validation, views.count, short=True)
        return cls(network, subject, data.labels, recipe)

    def fit(self, recipe: Recipe, *, on_epoch: OnEpoch | None = None) -> Fitted:
        """Train a head; the result's `model` takes features.

        Args:
            recipe: of the same family and backbone, with options of its head and stages of its own.
            on_epoch: told each epoch.

        Raises:
            TrainingError: it asks for another backbone, or the loss is no number any more.
        """
        self._check(recipe)
        keras.utils.set_random_seed(recipe.seed)
        features = keras.Input(self.subject.train.shape[1:], name=FEATURES)
        head = self._ending(recipe, features, features)
        state = FitState(recipe, self.labels, TrainingHistory(recipe.monitor), started=time.monotonic())
        subject = replace(self.subject, network=head)
        for number in range(len(recipe.stages)):
            with shown(recipe, number, on_epoch) as report:
                stages.run(state, number, subject, report)
        return finished(recipe.with_one_view(), head, state)

    def whole(self, recipe: Recipe, head: Fitted) -> Fitted:
        """The same fit with the whole network: raw image in."""
        features = self.network.get_layer(FEATURES).output
        network = self._ending(recipe, self.network.input, features)
        own = {layer.name: layer for layer in head.model.layers if layer.weights}
        for name, layer in own.items():
            network.get_layer(name).set_weights(layer.get_weights())
        return replace(head, model=in_float32(network))

    def _ending(self, recipe: Recipe, begins: keras.KerasTensor, features: keras.KerasTensor) -> keras.Model:
        """The network from `begins` to the recipe's head, which stands on `found`."""
        answer = catalog.family(recipe.family).head(features, self.labels.num_classes, recipe.options)
        network = keras.Model(begins, answer, name=recipe.family)
        return each_by_itself(network) if recipe.multi_label else network

    def _check(self, recipe: Recipe) -> None:
        family = catalog.family(self.recipe.family)

        def backbone(one: Recipe) -> object:
            return one.family, one.image_size, one.weights, family.backbone_options(one.options)

        if backbone(recipe) != backbone(self.recipe):
            raise TrainingError(
                f"The features at hand are of {backbone(self.recipe)}; a head on {backbone(recipe)} needs "
                f"others. Search over options of the head alone, or train each whole."
            )
