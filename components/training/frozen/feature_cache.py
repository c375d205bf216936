"""A network's frozen beginning, computed once for every image and augmented view, and kept (study E4)."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from components.data.cache.array_file import Layout
from components.data.cache.store import Store
from components.data.feeding.augment import layers_for
from components.devices import accelerated
from components.errors import RegistryError
from components.frozen import shifted
from components.inference.engines import Engine
from components.inference.export import write_graph
from components.progress import steps
from components.storage import key_of

BATCH = 64

TOLERANCE = 1e-3
"""Largest difference of OpenVINO's features from Keras's, as a share of the largest feature."""

Compute = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Views:
    """Augmented views of each image, each computed once: the first is the image itself.

    Attributes:
        policy: a name in `augment.POLICIES`.
        count: how many; 1 is the image alone.
        seed: the same seed, the same views.
    """

    policy: str = "none"
    count: int = 1
    seed: int = 0


PLAIN = Views()


def of(  # noqa: PLR0913 (named where they are given)
    backbone: keras.Model,
    images: np.ndarray,
    store: Store,
    title: str,
    views: Views = PLAIN,
    *,
    packed: bool = False,
) -> np.ndarray:
    """The backbone's output for every image, (views x N, D) or (views x N, h, w, C), memory-mapped.

    Computed once per content: the key is the images' own bytes, the views, and the backbone's structure and
    weights, so what is found is right, whatever it was once computed for. Row v N + i is view v of image i.
    Vectors are float32; maps float16 where they fit, which halves what the disk must hold. Where TensorFlow
    has no accelerator, OpenVINO computes them, three to five times as fast, if its answers are Keras's.

    Args:
        backbone: used in inference mode.
        images: (N, H, W, 3) uint8, may be memory-mapped; read in order, a batch at a time.
        store: of arrays.
        title: of the progress bar.
        views: which views.
        packed: the backbone answers with maps and vectors packed into one, which is kept as maps are.

    Raises:
        DataError: the disk is full.
    """
    shape = tuple(backbone.output.shape[1:])
    if not len(images):  # a refit leaves no validation works
        return np.empty((0, *shape), np.float32)
    half = packed or len(shape) > 1
    kind = np.dtype("float16" if half and _fits_half(backbone, images) else "float32")
    # Under JAX a TensorFlow process would convert each network first.
    plain = keras.backend.backend() == "tensorflow" and not accelerated()
    engine = "openvino" if plain else "keras"
    key = key_of("features", _content(images), _network(backbone), views.__dict__, kind.str, engine)
    layout = Layout((views.count * len(images), *shape), kind.str)
    return store.array(key, layout, lambda: _rows(backbone, images, views, title, engine, kind), "features")


def _fits_half(backbone: keras.Model, images: np.ndarray) -> bool:
    """Whether the largest value of a few images' maps is well within float16's range, at either end."""
    few = np.asarray(images[:2]).astype("float32")
    largest = float(np.abs(keras.ops.convert_to_numpy(backbone(few, training=False))).max())
    return 1e-2 < largest < 6e3


def _rows(  # noqa: PLR0913, PLR0917 (said once, where it is called)
    backbone: keras.Model, images: np.ndarray, views: Views, title: str, engine: str, kind: np.dtype[Any]
) -> Iterator[np.ndarray]:
    with steps(title, views.count * len(images)) as advance, tempfile.TemporaryDirectory() as folder:
        compute = _computing(backbone, images, engine, Path(folder))
        for number in range(views.count):
            see = _seeing(views, number)
            for start in range(0, len(images), BATCH):
                batch = see(np.asarray(images[start : start + BATCH]))
                yield np.ascontiguousarray(compute(batch), dtype=kind)
                advance(len(batch))


def _seeing(views: Views, number: int) -> Compute:
    """The view of that number, of a batch: uint8 in and out."""
    layers = layers_for(views.policy, seed=shifted(views.seed * 1000, number * 10)) if number else None
    if layers is None:
        return lambda batch: batch

    def see(batch: np.ndarray) -> np.ndarray:
        seen = keras.ops.convert_to_numpy(layers(batch.astype("float32"), training=True))
        rounded: np.ndarray = np.rint(seen).clip(0, 255).astype(np.uint8)
        return rounded

    return see


def _computing(backbone: keras.Model, images: np.ndarray, engine: str, folder: Path) -> Compute:
    """What computes a batch; OpenVINO only where it was seen to agree with Keras."""

    def by_keras(batch: np.ndarray) -> np.ndarray:
        # A last batch of another length would be traced and compiled anew: fill it up, cut it off.
        missing = BATCH - len(batch)
        filled = np.concatenate([batch, batch[:1].repeat(missing, axis=0)]) if missing else batch
        return np.asarray(backbone.predict_on_batch(filled.astype("float32")))[: len(batch)]

    if engine == "keras":
        return by_keras
    try:
        write_graph(backbone, folder / "backbone.xml")
        by_openvino = Engine(folder / "backbone.xml")
    except RegistryError:  # an operation it does not know
        return by_keras
    few = np.asarray(images[:4])
    expected = keras.ops.convert_to_numpy(backbone(few.astype("float32"), training=False))
    difference = np.abs(by_openvino(few) - expected).max() / max(float(np.abs(expected).max()), 1e-6)
    return by_openvino if difference <= TOLERANCE else by_keras


def _content(images: np.ndarray) -> str:
    digest = hashlib.sha256(f"{images.shape} {images.dtype}".encode())
    for start in range(0, len(images), BATCH):
        digest.update(images[start : start + BATCH].tobytes())
    return digest.hexdigest()


def _network(backbone: keras.Model) -> str:
    """A digest of each operation's type, configuration and weights; names carry counters, so they are out."""
    digest = hashlib.sha256()
    for operation in backbone.operations:
        digest.update(type(operation).__name__.encode())
        if isinstance(operation, keras.layers.Layer):
            digest.update(f"{_nameless(operation.get_config())}".encode())
            for weight in operation.get_weights():
                digest.update(f"{weight.shape}".encode())
                digest.update(weight.tobytes())
    return digest.hexdigest()


def _nameless(config: Any) -> Any:
    if isinstance(config, dict):
        return {name: _nameless(value) for name, value in config.items() if name not in {"name", "trainable"}}
    return [_nameless(one) for one in config] if isinstance(config, list | tuple) else config
