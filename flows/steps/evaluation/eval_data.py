"""A split data version as arrays of a recipe's size: what a network is trained on and evaluated by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.data.cache import store
from components.data.cache.decoded import decoded
from components.data.manifest import Manifest, Split
from components.data.splits.refit import Refit
from components.errors import TrainingError
from components.training.result import TrainingData

if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray

    from components.data.cache.store import Store
    from components.inference.release import ReleaseCard
    from components.settings import Settings
    from components.training.recipe import Recipe

_VECTORS = 1024
"""Works whose features a head takes at once."""


@dataclass(frozen=True)
class EvalData:
    """A split data version as arrays of a recipe's size.

    Attributes:
        manifest: the data version.
        data: its training and validation works; a refit's training works are all that it learns from, and no
            validation works are left.
        test_images: (N, H, W, 3) uint8, the held-out works.
        test_labels: (N,) class numbers; (N, C) of 0 and 1 for a multi-label recipe, as are the others.
        refit: which works are learnt from.
        store: where features of frozen layers are kept; None: nowhere.
    """

    manifest: Manifest
    data: TrainingData
    test_images: np.ndarray
    test_labels: np.ndarray
    refit: Refit = Refit.NONE
    store: Store | None = None

    @property
    def training_groups(self) -> list[str]:
        """The near-duplicates' group of each work that is learnt from; a work in none is its own."""
        return self.refit.learnt(self.manifest).group_ids

    @property
    def validation_groups(self) -> list[str]:
        """The near-duplicates' group of each validation work."""
        return self.manifest.part(Split.VALIDATION).group_ids


def eval_data(recipe: Recipe, manifest: Manifest, settings: Settings, refit: Refit = Refit.NONE) -> EvalData:
    """The manifest's pictures, decoded once and kept; `refit` says which of them are learnt from.

    Raises:
        TrainingError: its works have several labels and the recipe learns one.
    """
    if manifest.multi_label and not recipe.multi_label:
        raise TrainingError(
            f"Works of the data version {manifest.fingerprint} have several labels, and the recipe of "
            f"{recipe.family} learns one label a work: use --multi-label, or select one label."
        )
    names = manifest.class_names

    def arrays(part: Manifest) -> tuple[np.ndarray, np.ndarray]:
        images = images_of(part, recipe, settings)
        return images, part.targets(names, hot=recipe.multi_label)

    train, tested = arrays(refit.learnt(manifest)), arrays(manifest.held_out)
    # A refit has learnt the validation works, so that none of them says anything any more.
    nothing = (tested[0][:0], tested[1][:0])
    validation = arrays(manifest.part(Split.VALIDATION)) if refit is Refit.NONE else nothing
    return EvalData(manifest, TrainingData(*train, *validation, names), *tested, refit, store.of(settings))


def images_of(works: Manifest, wanted: Recipe | ReleaseCard, settings: Settings) -> NDArray[np.uint8]:
    """The pixels (N, H, W, 3) of works, as training, evaluation, promotion and serving see them alike.

    Args:
        works: in row order.
        wanted: whose size, and whose way with transparency and borders, the pictures get.
        settings: where decoded pictures are kept.

    Raises:
        DataError: there is no work, or a file is gone or has changed.
        ImageError: a picture cannot be read any more.
    """
    return decoded(works, wanted.image_size, store.of(settings), alpha=wanted.alpha, borders=wanted.borders)


def probabilities(
    model: keras.Model, images: np.ndarray, recipe: Recipe, store: Store | None = None
) -> np.ndarray:
    """What a network answers to images (N, H, W, 3): (N, C), in batches of the recipe's.

    Where the recipe trained the head alone, the features in front of it are taken from the store, and kept
    there if they are new: of a backbone at 384 pixels they take minutes, the head a moment.
    """
    from components.devices import undivided  # Keras, which the model needed, too

    batch_size = recipe.stages[0].batch_size
    if store is not None and recipe.trains_head_alone and has_features(model):
        from components.training.frozen import feature_cache
        from components.training.frozen.cut import parted

        parts = parted(model)
        images = feature_cache.of(
            parts.backbone, images, store, f"Features of {recipe.family}, judging works"
        )
        model, batch_size = parts.head, _VECTORS
    with undivided():
        predictions: np.ndarray = model.predict(images, batch_size=batch_size, verbose=0)
    return predictions


def has_features(model: keras.Model) -> bool:
    """Whether the layer "features" is the network's own, and not within one of its members."""
    return any(layer.name == "features" for layer in model.layers)
