"""A frozen backbone's features, computed once and kept (study E4)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import keras
import numpy as np

from components.data.entries import Layout
from components.data.store import Store
from components.models.heads import FEATURES
from components.progress import steps
from components.storage import key_of

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


def of(backbone: keras.Model, images: np.ndarray, store: Store, title: str) -> np.ndarray:
    """The backbone's output for every image, (N, D) float32, memory-mapped; computed once per content.

    The key is the images' own bytes and the backbone's structure and weights: what is found is right,
    whatever it was once computed for.

    Args:
        backbone: used in inference mode.
        images: (N, H, W, 3) uint8, may be memory-mapped; read in order, a batch at a time.
        store: of arrays.
        title: of the progress bar.

    Raises:
        DataError: the disk is full.
    """
    key = key_of("features", _content(images), _network(backbone))
    layout = Layout((len(images), *backbone.output_shape[1:]), np.dtype("float32").str)
    return store.array(key, layout, lambda: _predicted(backbone, images, title), "features")


def _predicted(backbone: keras.Model, images: np.ndarray, title: str) -> Iterator[np.ndarray]:
    with steps(title, len(images)) as advance:
        for start in range(0, len(images), BATCH):
            batch = np.asarray(images[start : start + BATCH], dtype="float32")
            # A last batch of another length would be traced and compiled anew: fill it up, cut it off.
            missing = BATCH - len(batch) if start else 0
            filled = np.concatenate([batch, batch[:1].repeat(missing, axis=0)]) if missing else batch
            found = np.asarray(backbone.predict_on_batch(filled))[: len(batch)]
            yield np.ascontiguousarray(found, dtype="float32")
            advance(len(batch))


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
