"""What trains the trials of a search: heads on features that were computed once, where that can be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from components.errors import SettingsError, TrainingError
from components.models import catalog
from components.runtime import clear
from components.settings import Settings
from components.training.checkpoint.store import discard
from components.training.fit import fit
from components.training.head_training import HeadTraining
from components.training.recipe import Recipe
from components.training.result import Fitted, OnEpoch, TrainingData
from components.training.search.loop import Pruned
from components.training.search.search import Search
from components.training.search.space import applied

_IN_FRONT = {"train", "policy", "views", "mix"}
"""Fields of a stage that decide what is frozen and what it is shown."""
_ALWAYS = {"monitor", "loss", "focal_gamma", "class_weights", "top_up"}
"""Fields of a recipe that leave the features as they are."""


class Objective:
    """Trains the recipes of a search on works of their size."""

    def __init__(
        self,
        search: Search,
        data: Callable[[Recipe], TrainingData],
        settings: Settings,
        *,
        warm_start: Path | None = None,
        checkpoints: Callable[[Recipe], Path] | None = None,
    ) -> None:
        """A trainer of one search.

        Args:
            search: what is sought.
            data: gives the works at a recipe's size.
            settings: for the cache and S3's end point.
            warm_start: the network every trial starts from.
            checkpoints: gives the folder where a whole network's state is kept (a head's takes seconds).
        """
        self.search = search
        self._data = data
        self._settings = settings
        self._warm_start = warm_start
        self._checkpoints = checkpoints
        self._frozen: HeadTraining | None = None

    def check(self) -> None:
        """Build the first network of the space once, so that an option it does not have is told at once.

        Raises:
            SettingsError: the family has no such option, or does not take such an image.
        """
        search = self.search
        family = catalog.family(search.recipe.family)
        sought = [name.partition(".")[2] for name in search.space.names if name.startswith("options.")]
        if not sought or (family.pretrained and not family.backbone_options(dict.fromkeys(sought))):
            return  # every name is an argument of its head
        recipe = applied(search.recipe, search.space.corner)
        options: dict[str, Any] = {"multi_label": recipe.multi_label} | dict(recipe.options)
        catalog.build(recipe.family, 2, recipe.image_size, **options)
        clear()

    @property
    def on_features(self) -> bool:
        """Whether nothing that is sought changes the features that heads are trained on."""
        recipe = self.search.recipe
        return (
            HeadTraining.suits(recipe)
            and catalog.family(recipe.family).pretrained
            and not recipe.has_views_at_test
            and all(_behind(recipe, name) for name in self.search.space.names)
        )

    def __call__(self, recipe: Recipe, report: OnEpoch) -> float:
        """Train one trial; the metric of the epoch that is kept."""
        fitted = self._trained(recipe, report)
        if not self.on_features:
            clear()
        return kept_row(fitted)[self.search.metric]

    def network(self, recipe: Recipe, on_epoch: OnEpoch) -> Fitted:
        """A trial's head trained again, the same by its seed, behind the backbone: raw image in."""
        fitted = self._trained(recipe, on_epoch)
        return self._frozen.whole(recipe, fitted) if self._frozen else fitted

    def _trained(self, recipe: Recipe, on_epoch: OnEpoch) -> Fitted:
        if not self.on_features:
            return self._whole(recipe, on_epoch)
        if self._frozen is None:
            base = self.search.recipe
            self._frozen = HeadTraining.of(
                base, self._data(base), self._settings, warm_start=self._warm_start
            )
        return self._frozen.fit(recipe, on_epoch=on_epoch)

    def _whole(self, recipe: Recipe, on_epoch: OnEpoch) -> Fitted:
        """All of a network; what was killed amid it goes on, what came to an end leaves no state."""
        folder = self._checkpoints(recipe) if self._checkpoints else None
        try:
            fitted = fit(
                recipe,
                self._data(recipe),
                self._settings,
                on_epoch=on_epoch,
                warm_start=self._warm_start,
                checkpoints=folder,
            )
        except (Pruned, TrainingError, SettingsError):  # any other error's trial is run again
            if folder:
                discard(folder)
            raise
        if folder:
            discard(folder)
        return fitted


def kept_row(fitted: Fitted) -> Mapping[str, float]:
    """The figures of the epoch whose weights are kept."""
    return fitted.history[fitted.best_epoch - 1]


def _behind(recipe: Recipe, name: str) -> bool:
    """Whether a parameter concerns the head, or how it is trained."""
    first, *rest = name.split(".")
    match first:
        case "options":
            return not catalog.family(recipe.family).backbone_options({rest[0]: None})
        case "stages":
            return rest[1] not in _IN_FRONT
        case "seed":  # views are drawn by it
            return all(stage.policy.value == "none" for stage in recipe.stages)
    return first in _ALWAYS
