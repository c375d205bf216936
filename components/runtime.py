"""Backend, seeds and device: chosen once, before Keras is imported."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING, Literal

from components.errors import SettingsError

if TYPE_CHECKING:
    from components.settings import Settings


def prepare(settings: Settings, seed: int = 0) -> None:
    """Choose the Keras backend, keep its start quiet, seed Python, NumPy and Keras.

    Raises:
        SettingsError: Keras was imported before with another backend, or the backend is not installed.
    """
    os.environ["KERAS_BACKEND"] = settings.backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    try:
        import keras
    except ImportError as exc:
        raise SettingsError(
            f"the Keras backend {settings.backend!r} cannot be imported ({exc}). Install it (the extra "
            f"'training' holds TensorFlow), or choose another with ATELIER_BACKEND."
        ) from exc
    if keras.backend.backend() != settings.backend:
        raise SettingsError(
            f"Keras runs on {keras.backend.backend()!r} already, {settings.backend!r} was asked for: "
            f"start a new process with ATELIER_BACKEND={settings.backend}."
        )
    keras.utils.set_random_seed(seed)


def hardware() -> dict[str, str]:
    """What the run ran on, as logged with it: processor, cores, memory, devices, backend."""
    import keras
    import psutil

    return {
        "machine": platform.machine(),
        "cores": str(psutil.cpu_count()),
        "memory_gib": f"{psutil.virtual_memory().total / 2**30:.0f}",
        "devices": ", ".join(str(device) for device in keras.distribution.list_devices()) or "cpu",
        "backend": keras.backend.backend(),
        "python": platform.python_version(),
        "keras": keras.__version__,
    }


def jit_compile() -> bool | Literal["auto"]:
    """What to give `compile(jit_compile=...)`: no XLA where TensorFlow has no accelerator.

    Measured on two cores, XLA's convolutions took twice as long as TensorFlow's own (oneDNN), after
    a compilation three times as long. Elsewhere Keras chooses (JAX always compiles).
    """
    import keras

    if keras.backend.backend() != "tensorflow" or keras.distribution.list_devices("gpu"):
        return "auto"
    return False
