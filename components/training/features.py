"""A frozen backbone's features, computed once and kept (study E4)."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from components.models.heads import FEATURES
from components.progress import steps
from components.storage import building, key_of

BATCH = 64


@dataclass(frozen=True)
class Parted:
    """A network cut behind its backbone; both parts share the network's own weights.

    Attributes:
        backbone: image (B, H, W, 3) -> features (B, D).
        head: features (B, D) -> probabilities (B, C).
    """

    backbone: keras.Model
    head: keras.Model


def parted(model: keras.Model) -> Parted:
    """Cut `model` at its layer "features"."""
    features = model.get_layer(FEATURES).output
    return Parted(keras.Model(model.input, features), keras.Model(features, model.output))


def of(backbone: keras.Model, images: np.ndarray, folder: Path, title: str) -> np.ndarray:
    """The backbone's output for every image, (N, D) float32, memory-mapped; computed once per content.

    The key is the images' own bytes and the backbone's structure and weights: what is found is right,
    whatever it was once computed for.

    Args:
        backbone: used in inference mode.
        images: (N, H, W, 3) uint8, may be memory-mapped; read in order, a batch at a time.
        folder: of the cache; safe to delete.
        title: of the progress bar.
    """
    entry = folder / key_of(_content(images), _network(backbone))
    found = _opened(entry)
    if found is not None:
        return found
    shutil.rmtree(entry, ignore_errors=True)
    computed = _predicted(backbone, images, title)
    with building(entry) as draft:
        np.save(draft / "features.npy", computed)
    return computed


def _opened(entry: Path) -> np.ndarray | None:
    """A kept entry; None where there is none, or what is there is damaged."""
    try:
        features: np.ndarray = np.load(entry / "features.npy", mmap_mode="r")
    except (OSError, ValueError):
        return None
    return features


def _predicted(backbone: keras.Model, images: np.ndarray, title: str) -> np.ndarray:
    parts = []
    with steps(title, len(images)) as advance:
        for start in range(0, len(images), BATCH):
            batch = np.asarray(images[start : start + BATCH], dtype="float32")
            # A last batch of another length would be traced and compiled anew: fill it up, cut it off.
            missing = BATCH - len(batch) if start else 0
            filled = np.concatenate([batch, batch[:1].repeat(missing, axis=0)]) if missing else batch
            parts.append(backbone.predict_on_batch(filled)[: len(batch)])
            advance(len(batch))
    return np.concatenate(parts)


def _content(images: np.ndarray) -> str:
    digest = hashlib.sha256(f"{images.shape} {images.dtype}".encode())
    for start in range(0, len(images), BATCH):
        digest.update(images[start : start + BATCH].tobytes())
    return digest.hexdigest()


def _network(backbone: keras.Model) -> str:
    """A digest of layer types, their shapes and every weight; layer names carry counters, so they are out."""
    digest = hashlib.sha256()
    for layer in backbone.layers:
        config = {
            name: value for name, value in layer.get_config().items() if name not in {"name", "trainable"}
        }
        digest.update(f"{type(layer).__name__} {config}".encode())
        for weight in layer.get_weights():
            digest.update(f"{weight.shape}".encode())
            digest.update(weight.tobytes())
    return digest.hexdigest()
