"""Peak memory of this process, on the host and on the accelerator.

Keras tells neither, so the backends are asked by name.
"""

from __future__ import annotations

import platform
import resource
from contextlib import suppress
from pathlib import Path

import keras

from components.devices import accelerated


def reset() -> None:
    """Let peaks begin anew where that can be: not on a host without /proc, nor on JAX's accelerators.

    Where it cannot, later figures are the peak since the process began.
    """
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    if accelerated() and _on_tensorflow():
        import tensorflow as tf

        tf.config.experimental.reset_memory_stats("GPU:0")


def host_mib() -> float:
    """Peak resident memory, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if platform.system() == "Darwin" else peak / 2**10


def device_mib() -> float | None:
    """Peak memory of the first accelerator, in MiB; None on a CPU."""
    if not accelerated():
        return None
    if _on_tensorflow():
        import tensorflow as tf

        return float(tf.config.experimental.get_memory_info("GPU:0")["peak"]) / 2**20
    import jax

    return float((jax.devices()[0].memory_stats() or {}).get("peak_bytes_in_use", 0)) / 2**20


def _on_tensorflow() -> bool:
    return bool(keras.backend.backend() == "tensorflow")
