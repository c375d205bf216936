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
from components.inference.novelty import Novelty, NoveltyScore
from components.inference.release import ReleaseCard
from components.inference.temperature import calibrated


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


@dataclass(frozen=True)
class Named:
    """What a release says of one picture.

    Attributes:
        labels: every label, the most probable first.
        novelty: how unlike the training works the picture is; None where the release does not know.
    """

    labels: list[Ranked]
    novelty: NoveltyScore | None = None


class Predictor:
    """A loaded release; safe to use from many threads."""

    def __init__(self, card: ReleaseCard, engine: Engine, novelty: Novelty | None = None) -> None:
        self.card = card
        self._engine = engine
        self._novelty = novelty

    @classmethod
    def load(cls, folder: Path) -> Predictor:
        """Load the release in `folder`.

        Raises:
            RegistryError: a file is missing or cannot be read, or graph and card disagree.
        """
        card = ReleaseCard.load(folder)
        if not release.complete(folder):
            raise RegistryError(
                f"{folder}: expected {' and '.join(release.served_files(card))} beside {release.CARD}. "
                "Register the run again: `atelier promote`."
            )
        novelty = Novelty.load(folder / release.NOVELTY, card.novelty) if card.novelty else None
        predictor = cls(card, Engine(folder / release.GRAPH), novelty)
        predictor._check_outputs(folder)
        return predictor

    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Probabilities (N, C) of uint8 images (N, H, W, 3) of the card's size, by the card's temperature.

        Raises:
            DataError: images of another type or size.
        """
        return self._calibrated(self.outputs(images)[0])

    def outputs(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
        """What the graph gives: probabilities (N, C) before any temperature; statistics (N, D) if any.

        Raises:
            DataError: images of another type or size.
        """
        height, width = self.card.image_size
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1:] != (height, width, 3):
            raise DataError(
                f"expected uint8 images (N, {height}, {width}, 3), received {images.dtype} {images.shape}."
            )
        if not len(images):
            return tuple(part[:0] for part in self._engine.outputs(np.zeros((1, height, width, 3), np.uint8)))
        return self._engine.outputs(images)

    def read(self, image: bytes | Path, *, max_pixels: int = 100_000_000) -> NDArray[np.uint8]:
        """Pixels (H, W, 3) of a picture, prepared just as training prepared them.

        Raises:
            ImageError: it cannot be read, or holds more than `max_pixels`.
        """
        rgb = read_rgb(image, alpha=self.card.alpha, borders=self.card.borders, max_pixels=max_pixels)
        return resize(rgb, self.card.image_size)

    def name(self, pixels: NDArray[np.uint8]) -> Named:
        """Every label of one picture (H, W, 3), and how unlike the training works it is."""
        probabilities, *statistics = self.outputs(pixels[np.newaxis])
        novelty = self._novelty.judge(statistics[0])[0] if self._novelty else None
        return Named(self._ranked(self._calibrated(probabilities)[0]), novelty)

    def rank(self, pixels: NDArray[np.uint8]) -> list[Ranked]:
        """Every label of one picture (H, W, 3), the most probable first."""
        return self.name(pixels).labels

    def predict(self, image: bytes | Path) -> list[Ranked]:
        """Every label of a picture (encoded bytes or a file), the most probable first.

        Raises:
            ImageError: the picture cannot be read.
        """
        return self.rank(self.read(image))

    def _calibrated(self, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        temperature = self.card.temperature
        return calibrated(probabilities, temperature.value) if temperature else probabilities

    def _ranked(self, probabilities: NDArray[np.float32]) -> list[Ranked]:
        names, at = self.card.class_names, self.card.thresholds
        return [
            Ranked(names[place], float(probabilities[place]), at[place] if at else None)
            for place in np.argsort(-probabilities, kind="stable")
        ]

    def _check_outputs(self, folder: Path) -> None:
        # Also the warm-up: OpenVINO's first answer is several times slower than its second.
        answer, *statistics = self.outputs(np.zeros((1, *self.card.image_size, 3), np.uint8))
        if answer.shape != (1, len(self.card.class_names)):
            raise RegistryError(
                f"{folder}: the card names {len(self.card.class_names)} classes, the graph answers "
                f"{answer.shape}. Register the run again: `atelier promote`."
            )
        if self._novelty and [part.shape[1] for part in statistics] != [self._novelty.width]:
            raise RegistryError(
                f"{folder}: {release.NOVELTY} is of {self._novelty.width} statistics, the graph gives "
                f"{[part.shape[1] for part in statistics] or 'none'}. Register the run again: "
                "`atelier promote`."
            )
