"""A network's frozen beginning, computed once for every image and augmented view, and kept (study E4)."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from components.data.cache import row_index
from components.data.cache.array_file import Layout
from components.data.cache.row_index import KeptRows
from components.data.cache.store import Store
from components.data.feeding.augment import layers_for
from components.devices import accelerated
from components.errors import RegistryError
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
    A picture that is new among others which were computed before, as in a fold or a refit, is the only one
    that costs anything: rows of other arrays are copied.
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
    network = key_of("features", _network(backbone), kind.str, engine)
    key = key_of(network, _content(images), views.__dict__)
    layout = Layout((views.count * len(images), *shape), kind.str)
    rows = _Rows(
        backbone, images, views, title, engine, kind, lambda: KeptRows(store, network, shape, kind.str)
    )
    features = store.array(key, layout, rows.computed, "features")
    if rows.digests:
        row_index.note(store, key, network, rows.digests)
    return features


def _fits_half(backbone: keras.Model, images: np.ndarray) -> bool:
    """Whether the largest value of a few images' maps is well within float16's range, at either end."""
    few = np.asarray(images[:2]).astype("float32")
    largest = float(np.abs(keras.ops.convert_to_numpy(backbone(few, training=False))).max())
    return 1e-2 < largest < 6e3


@dataclass(frozen=True)
class _Rows:
    """How the rows of an array of features are made; those of pictures that were seen before are copied."""

    backbone: keras.Model
    images: np.ndarray
    views: Views
    title: str
    engine: str
    kind: np.dtype[Any]
    look_through: Callable[[], KeptRows]
    digests: list[bytes] = field(default_factory=list)

    def computed(self) -> Iterator[np.ndarray]:
        """The rows in order, a batch at a time; notes what each was computed from."""
        total = self.views.count * len(self.images)
        with steps(self.title, total) as advance, tempfile.TemporaryDirectory() as folder:
            compute: Compute | None = None
            kept = self.look_through()
            for batch in self._batches():
                digests = [row_index.digest(image.tobytes()) for image in batch]
                known = [kept.find(digest) for digest in digests]
                new = [place for place, row in enumerate(known) if row is None]
                rows = np.empty((len(batch), *self.backbone.output.shape[1:]), self.kind)
                if new:
                    compute = compute or _computing(self.backbone, self.images, self.engine, Path(folder))
                    rows[new] = compute(batch[new])
                for place, row in enumerate(known):
                    if row is not None:
                        rows[place] = row
                self.digests.extend(digests)
                yield rows
                advance(len(batch))

    def _batches(self) -> Iterator[np.ndarray]:
        """The pictures as the network sees them, view after view."""
        for number in range(self.views.count):
            see = _seeing(self.views, number)
            for start in range(0, len(self.images), BATCH):
                yield see(np.asarray(self.images[start : start + BATCH]))


def _seeing(views: Views, number: int) -> Compute:
    """The view of that number, of a batch: uint8 in and out.

    What becomes of a picture depends on its own content, the seed and the view, not on the pictures beside
    it: so it has the same views in every fold and refit.
    """
    layers = layers_for(views.policy) if number else None
    if layers is None:
        return lambda batch: batch
    states = [variable for variable in layers.variables if variable.path.endswith("seed_generator_state")]

    def see(batch: np.ndarray) -> np.ndarray:
        seen = np.empty_like(batch)
        for place, image in enumerate(batch):
            _seed(states, row_index.digest(image.tobytes(), f"{views.seed} {number}".encode()))
            view = keras.ops.convert_to_numpy(layers(image[np.newaxis].astype("float32"), training=True))
            seen[place] = np.rint(view[0]).clip(0, 255)
        return seen

    return see


def _seed(states: Sequence[Any], content: bytes) -> None:
    """Set the random states of layers, each to a value of its own that the content alone decides."""
    for number, state in enumerate(states):
        random = np.random.SeedSequence([number, *content])
        state.assign(random.generate_state(2, np.uint32).astype(state.dtype))


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
    """A digest of each operation: type, configuration, arguments, inputs, weights; names carry counters."""
    digest = hashlib.sha256()
    operations = backbone.operations
    places = {id(tensor): place for place, one in enumerate(operations) for tensor in _outputs(one)}
    for operation in operations:
        digest.update(type(operation).__name__.encode())
        digest.update(f"{_arguments(operation, places)}".encode())
        if isinstance(operation, keras.layers.Layer):
            digest.update(f"{_nameless(operation.get_config())}".encode())
            for weight in operation.get_weights():
                digest.update(f"{weight.shape}".encode())
                digest.update(weight.tobytes())
        else:  # as keras.ops makes them: an axis, a slice
            own = {name: value for name, value in vars(operation).items() if not name.startswith("_")}
            digest.update(f"{_nameless(own)}".encode())
    return digest.hexdigest()


def _outputs(operation: Any) -> list[Any]:
    found: list[Any] = keras.tree.flatten(operation.output)
    return found


def _arguments(operation: Any, places: Mapping[int, int]) -> list[Any]:
    """What an operation is called with: the place of the operation that a tensor comes from, other values."""
    return [
        keras.tree.map_structure(
            lambda value: f"from {places.get(id(value))}" if isinstance(value, keras.KerasTensor) else value,
            (node.arguments.args, node.arguments.kwargs),
        )
        for node in operation._inbound_nodes
        if all(id(tensor) in places for tensor in node.input_tensors)
    ]


def _nameless(config: Any) -> Any:
    if isinstance(config, dict):
        return {name: _nameless(value) for name, value in config.items() if name not in {"name", "trainable"}}
    return [_nameless(one) for one in config] if isinstance(config, list | tuple) else config
