"""A split data version as arrays of a recipe's size: what a network is trained on and evaluated by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.data.manifest import Manifest, Split

if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray

    from components.data.images.alpha import Alpha
    from components.settings import Settings
    from components.training.recipe import Recipe
    from components.training.result import TrainingData


@dataclass(frozen=True)
class EvalData:
    """A split data version as arrays of a recipe's size.

    Attributes:
        manifest: the data version.
        data: its training and validation works.
        test_images: (N, H, W, 3) uint8, the held-out works.
        test_labels: (N,) class numbers; (N, C) of 0 and 1 for a multi-label recipe, as are the others.
    """

    manifest: Manifest
    data: TrainingData
    test_images: np.ndarray
    test_labels: np.ndarray

    @property
    def training_groups(self) -> list[str]:
        """The near-duplicates' group of each training work; a work in none is its own."""
        frame = self.manifest.part(Split.TRAIN).frame
        return list(frame["group"].where(frame["group"] != "", frame["sha256"]))


def eval_data(recipe: Recipe, manifest: Manifest, settings: Settings) -> EvalData:
    """The manifest's pictures, decoded once and kept."""
    import numpy as np

    from components.data import labels
    from components.training.result import TrainingData

    names = labels.names_of(manifest) if recipe.multi_label else manifest.class_names

    def arrays(part: Manifest) -> tuple[np.ndarray, np.ndarray]:
        images = images_of(part, recipe.image_size, recipe.alpha, settings)
        if recipe.multi_label:
            return images, labels.multi_hot(part, names)
        return images, np.asarray(part.class_numbers(names))

    train, validation = arrays(manifest.part(Split.TRAIN)), arrays(manifest.part(Split.VALIDATION))
    return EvalData(manifest, TrainingData(*train, *validation, names), *arrays(manifest.held_out))


def images_of(
    works: Manifest, image_size: tuple[int, int], alpha: Alpha, settings: Settings
) -> NDArray[np.uint8]:
    """The pixels (N, H, W, 3) of works, as training, evaluation, promotion and serving see them alike.

    Args:
        works: in row order.
        image_size: (height, width) of the network.
        alpha: what becomes of transparency, as the network was trained.
        settings: where decoded pictures are kept.

    Raises:
        DataError: there is no work, or a file is gone or has changed.
        ImageError: a picture cannot be read any more.
    """
    from components.data.cache import store
    from components.data.cache.decoded import decoded

    return decoded(works, image_size, store.of(settings), alpha=alpha)


def probabilities(model: keras.Model, images: np.ndarray, recipe: Recipe) -> np.ndarray:
    """What a network answers to images (N, H, W, 3): (N, C), in batches of the recipe's."""
    from components.runtime import undivided

    with undivided():
        found: np.ndarray = model.predict(images, batch_size=recipe.stages[0].batch_size, verbose=0)
    return found
