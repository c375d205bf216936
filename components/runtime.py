"""Backend, seeds and device: chosen once, before Keras is imported."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    try:
        with _without_chatter():
            import keras

            keras.distribution.list_devices()
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


@contextmanager
def _without_chatter() -> Iterator[None]:
    """Drop what native code writes to stderr: TensorFlow greets before any log level can reach it.

    If the block fails, what was written is shown after all.
    """
    if "keras" in sys.modules:
        yield
        return
    sys.stderr.flush()
    with tempfile.TemporaryFile() as kept:
        before = os.dup(2)
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            kept.seek(0)
            os.write(before, kept.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(before, 2)
            os.close(before)


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
