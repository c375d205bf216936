"""What a fresh process does for the contract tests: load every saved network and let it answer."""

from __future__ import annotations

import sys
from pathlib import Path

import keras
import numpy as np

import components.models.layers  # noqa: F401 (a saved network may hold one of them)


def main(folder: Path) -> None:
    """For each NAME.keras with its NAME.images.npy, write NAME.answers.npy."""
    for path in sorted(folder.glob("*.keras")):
        network = keras.models.load_model(path)
        images = np.load(path.with_suffix(".images.npy"))
        np.save(path.with_suffix(".answers.npy"), np.array(network(images, training=False)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
