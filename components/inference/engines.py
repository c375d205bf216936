"""OpenVINO behind one call, safe to use from many threads."""

from __future__ import annotations

import math
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import LifoQueue
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.errors import RegistryError

MAX_BATCH = 32
"""Images inferred at once: activations of a larger batch are memory without more speed."""

MAX_BATCH_PIXELS = 1 << 18
"""Pixels inferred at once, for the same reason: activations that leave the processor's cache are slow. At 384
pixels a side, one image at a time was 1.8 times as fast as 32 (59 and 33 images a second on two cores), in a
tenth of the memory."""

MAX_STREAMS = 8
"""Inferences at once: each keeps activations of its own."""


def openvino() -> ModuleType:
    """The package, imported so that it reports nothing to anybody.

    OpenVINO's converter sends usage statistics unless its telemetry package cannot be imported; it
    then falls back to a stub of its own. This must therefore be the first import of openvino.
    """
    if "openvino" not in sys.modules:
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # "not importable"
    import openvino as package

    return package  # type: ignore[no-any-return]


class Engine:
    """A compiled graph: uint8 (N, H, W, 3) in, an array (N, ...) for each of its outputs.

    The first is the probabilities (N, C); of a network with maps the second is their statistics.

    One thread an inference and one inference a core: measured on two cores that others were using, too,
    this took two thirds of the processor time of two threads an inference, and answered more.

    Inputs are always copied: OpenVINO 2026.4 overwrites the caller's array once a compiled model has
    seen both sharing and copying calls.
    """

    def __init__(self, graph: Path) -> None:
        """Read and compile `graph` (its weights lie beside it as .bin).

        Raises:
            RegistryError: OpenVINO cannot read or compile it.
        """
        ov = openvino()
        streams = min(os.cpu_count() or 1, MAX_STREAMS)
        # f32: on processors with bf16 units OpenVINO would otherwise round, and the probabilities
        # would differ from one machine to the next and from those checked at export.
        config = {
            "INFERENCE_PRECISION_HINT": "f32",
            "NUM_STREAMS": streams,
            "INFERENCE_NUM_THREADS": streams,
        }
        try:
            compiled = ov.Core().compile_model(graph, "CPU", config)
        except RuntimeError as exc:
            reason = str(exc).strip().splitlines()[-1]
            raise RegistryError(
                f"{graph}: OpenVINO cannot load it ({reason}). Register the run again: `atelier promote`."
            ) from exc
        self._streams = streams
        # A layer that asks for its input's shape may leave a number as one more output.
        self._places = [
            place for place, output in enumerate(compiled.outputs) if len(output.partial_shape) > 0
        ]
        self._idle: LifoQueue[Any] = LifoQueue()
        for _ in range(streams):
            self._idle.put(compiled.create_infer_request())

    def __call__(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The first output (N, C) of uint8 images (N, H, W, 3); safe to call from many threads."""
        return self.outputs(images)[0]

    def outputs(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
        """Every output of uint8 images (N, H, W, 3); safe to call from many threads."""
        at_once = min(MAX_BATCH, max(1, MAX_BATCH_PIXELS // math.prod(images.shape[1:3])))
        if len(images) <= at_once:
            return self._infer(images)
        parts = [images[at : at + at_once] for at in range(0, len(images), at_once)]
        with ThreadPoolExecutor(self._streams) as pool:
            done = list(pool.map(self._infer, parts))
        return tuple(np.concatenate(arrays) for arrays in zip(*done, strict=True))

    def _infer(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
        request = self._idle.get()
        try:
            results = request.infer(
                {0: np.ascontiguousarray(images)}, share_inputs=False, share_outputs=False
            )
        finally:
            self._idle.put(request)
        return tuple(np.asarray(results[place], dtype=np.float32) for place in self._places)
