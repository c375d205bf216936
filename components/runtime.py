"""Keras, imported with the backend that was asked for, its seeds set; `devices` says what it computes on."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from components.errors import SettingsError

if TYPE_CHECKING:
    from components.backend_names import Backend, Precision
    from components.settings import Settings


def prepare(settings: Settings, seed: int = 0) -> None:
    """`begin` as the settings have it."""
    begin(settings.backend, precision=settings.precision, devices=settings.devices, seed=seed)


def begin(backend: Backend, *, precision: Precision = "auto", devices: int = 0, seed: int = 0) -> None:
    """Choose Keras's backend, devices and precision for this thread; seed Python, NumPy and Keras.

    Call it before a network is built: weights keep the precision and the devices they were made for. It may
    be called again, and must be in another thread, which knows of neither; see `clear`, too.
    What was chosen is logged once a process; `devices.hardware` says it too.

    Args:
        backend: must be the one that Keras was imported with, if it was.
        precision: "auto" is mixed_bfloat16 on TPUs and on GPUs of compute capability 8 (Ampere) and up,
            mixed_float16 on those of 7 (Volta, Turing), whose tensor cores want it, and float32 elsewhere.
            Mixed: weights stay float32.
        devices: at most so many; 0 is every GPU or TPU, or the one CPU. More than one share each batch.
        seed: of Python, NumPy and Keras.

    Raises:
        SettingsError: Keras was imported before with another backend, the backend is not installed, or there
            are fewer devices than were asked for.
    """
    _import(backend, seed)
    from components import devices as computed_on  # after the backend was chosen, for it imports Keras

    computed_on.use(devices, precision)


def clear() -> None:
    """Free what past networks held; precision and devices stay. Where Keras was not imported, nothing is."""
    if "keras" not in sys.modules:
        return
    from components import devices

    devices.clear_session()
    gc.collect()  # once: Keras would, too


def _import(backend: Backend, seed: int) -> None:
    os.environ["KERAS_BACKEND"] = backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Memory of a GPU is taken as it is needed, so that two processes fit on one.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    first = "keras" not in sys.modules
    try:
        with _without_chatter():
            import keras

            keras.distribution.list_devices()
            keras.utils.set_random_seed(seed)  # imports TensorFlow also for JAX, to seed it, where it is
    except ImportError as exc:
        raise SettingsError(
            f"the Keras backend {backend!r} cannot be imported ({exc}). Install it (the extra "
            f"'training' holds TensorFlow), or choose another with ATELIER_BACKEND."
        ) from exc
    if keras.backend.backend() != backend:
        raise SettingsError(
            f"Keras runs on {keras.backend.backend()!r} already, {backend!r} was asked for: "
            f"start a new process with ATELIER_BACKEND={backend}."
        )
    if first:
        gc.collect()
        gc.freeze()  # half a million objects that stay: each collection would look at them all again


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
