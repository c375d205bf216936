"""OpenVINO behind one call, safe to use from many threads."""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Lock
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from components.errors import RegistryError

MAX_BATCH = 64
"""Images inferred at once: activations of a larger batch are memory without more speed."""


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
    """A compiled graph: uint8 (N, H, W, 3) in, probabilities (N, C) out.

    One infer request under a lock: the request already uses every core, so a second one beside it
    would only make both slower. Inputs are always copied: OpenVINO 2026.4 overwrites the caller's
    array once a compiled model has seen both sharing and copying calls.
    """

    def __init__(self, graph: Path) -> None:
        """Read and compile `graph` (its weights lie beside it as .bin).

        Raises:
            RegistryError: OpenVINO cannot read or compile it.
        """
        ov = openvino()
        # f32: on processors with bf16 units OpenVINO would otherwise round, and the probabilities
        # would differ from one machine to the next and from those checked at export.
        config = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
        try:
            self._request = ov.Core().compile_model(graph, "CPU", config).create_infer_request()
        except RuntimeError as exc:
            reason = str(exc).strip().splitlines()[-1]
            raise RegistryError(
                f"{graph}: OpenVINO cannot load it ({reason}). Register the run again: `atelier promote`."
            ) from exc
        self._lock = Lock()

    def __call__(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Probabilities (N, C) of uint8 images (N, H, W, 3)."""
        parts = [self._infer(images[at : at + MAX_BATCH]) for at in range(0, len(images), MAX_BATCH)]
        return np.concatenate(parts)

    def _infer(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        batch = np.ascontiguousarray(images)
        with self._lock:
            results = self._request.infer({0: batch}, share_inputs=False, share_outputs=False)
        return np.asarray(results[0], dtype=np.float32)
