"""A release behind one call: a picture in, ranked labels out. What trains and what serves share it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from components.data.images.reader import read_rgb, resize
from components.errors import DataError, RegistryError
from components.inference import release
from components.inference.engines import Engine
from components.inference.release import ReleaseCard


@dataclass(frozen=True)
class Ranked:
    """A label and its probability, 0..1.

    Attributes:
        threshold: of a multi-label release, where from on the label applies; None: the labels of a picture
            exclude each other.
    """

    label: str
    probability: float
    threshold: float | None = None

    @property
    def applies(self) -> bool | None:
        """Whether a multi-label release gives the picture this label; None for any other release."""
        return None if self.threshold is None else self.probability >= self.threshold


class Predictor:
    """A loaded release; safe to use from many threads."""

    def __init__(self, card: ReleaseCard, engine: Engine) -> None:
        self.card = card
        self._engine = engine

    @classmethod
    def load(cls, folder: Path) -> Predictor:
        """Load the release in `folder`.

        Raises:
            RegistryError: a file is missing or cannot be read, or graph and card disagree.
        """
        card = ReleaseCard.load(folder)
        if not release.complete(folder):
            raise RegistryError(
                f"{folder}: expected {release.GRAPH} and {release.WEIGHTS} beside {release.CARD}. "
                "Register the run again: `atelier promote`."
            )
        predictor = cls(card, Engine(folder / release.GRAPH))
        predictor._check_classes(folder)
        return predictor

    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Probabilities (N, C) of uint8 images (N, H, W, 3) of the card's size.

        Raises:
            DataError: images of another type or size.
        """
        height, width = self.card.image_size
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1:] != (height, width, 3):
            raise DataError(
                f"expected uint8 images (N, {height}, {width}, 3), received {images.dtype} {images.shape}."
            )
        if not len(images):
            return np.empty((0, len(self.card.class_names)), np.float32)
        return self._engine(images)

    def read(self, image: bytes | Path, *, max_pixels: int = 100_000_000) -> NDArray[np.uint8]:
        """Pixels (H, W, 3) of a picture, prepared just as training prepared them.

        Raises:
            ImageError: it cannot be read, or holds more than `max_pixels`.
        """
        rgb = read_rgb(image, alpha=self.card.alpha, max_pixels=max_pixels)
        return resize(rgb, self.card.image_size)

    def rank(self, pixels: NDArray[np.uint8]) -> list[Ranked]:
        """Every label of one picture (H, W, 3), the most probable first."""
        probabilities = self.probabilities(pixels[np.newaxis])[0]
        names, at = self.card.class_names, self.card.thresholds
        return [
            Ranked(names[place], float(probabilities[place]), at[place] if at else None)
            for place in np.argsort(-probabilities, kind="stable")
        ]

    def predict(self, image: bytes | Path) -> list[Ranked]:
        """Every label of a picture (encoded bytes or a file), the most probable first.

        Raises:
            ImageError: the picture cannot be read.
        """
        return self.rank(self.read(image))

    def _check_classes(self, folder: Path) -> None:
        # Also the warm-up: OpenVINO's first answer is several times slower than its second.
        answer = self.probabilities(np.zeros((1, *self.card.image_size, 3), np.uint8))
        if answer.shape != (1, len(self.card.class_names)):
            raise RegistryError(
                f"{folder}: the card names {len(self.card.class_names)} classes, the graph answers "
                f"{answer.shape}. Register the run again: `atelier promote`."
            )
