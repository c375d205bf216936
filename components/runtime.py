"""Backend, seeds, devices and precision: chosen once, before a network is built."""

from __future__ import annotations

import gc
import logging
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from components.errors import SettingsError

if TYPE_CHECKING:
    from components.settings import Settings

Backend = Literal["tensorflow", "jax"]
Precision = Literal["auto", "float32", "mixed_float16", "mixed_bfloat16"]

_log = logging.getLogger("atelier")
_logged: set[str] = set()


def prepare(settings: Settings, seed: int = 0) -> None:
    """`begin` as the settings have it."""
    begin(settings.backend, precision=settings.precision, devices=settings.devices, seed=seed)


def begin(backend: Backend, *, precision: Precision = "auto", devices: int = 0, seed: int = 0) -> None:
    """Choose Keras's backend, devices and precision for this thread; seed Python, NumPy and Keras.

    Call it before a network is built: weights keep the precision and the devices they were made for. It may
    be called again, and must be in another thread, which knows of neither; see `clear`, too.
    What was chosen is logged once a process; `hardware` says it too.

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
    import keras

    there = keras.distribution.list_devices()
    if devices > len(there):
        raise SettingsError(
            f"{devices} devices were asked for, {backend} sees {', '.join(there)}. Correct or unset "
            f"ATELIER_DEVICES."
        )
    keras.config.set_dtype_policy(_policy(there) if precision == "auto" else precision)
    _distribute(there[: devices or (1 if _is_cpu(there) else None)])
    _say()


def clear() -> None:
    """`keras.utils.clear_session`, which frees what past networks held; precision and devices stay."""
    import keras

    policy, shared = keras.config.dtype_policy(), keras.distribution.distribution()
    keras.utils.clear_session(free_memory=False)
    keras.config.set_dtype_policy(policy)
    _spread(shared)
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


def _is_cpu(devices: list[str]) -> bool:
    return not devices or devices[0].startswith("cpu")


def _policy(devices: list[str]) -> str:
    """Keras's dtype policy that the devices compute fastest."""
    if _is_cpu(devices):
        return "float32"
    if devices[0].startswith("tpu"):
        return "mixed_bfloat16"
    weakest = min(capability for _, capability in _cards())
    if weakest >= 8:
        return "mixed_bfloat16"
    return "mixed_float16" if weakest >= 7 else "float32"


def _cards() -> list[tuple[str, float]]:
    """Each GPU's name and compute capability (8.0 for Ampere; 0 where it has none). Keras tells neither."""
    import keras

    if keras.backend.backend() == "jax":
        import jax

        devices = jax.devices()
        return [(one.device_kind, float(getattr(one, "compute_capability", 0) or 0)) for one in devices]
    import tensorflow as tf

    details = [
        tf.config.experimental.get_device_details(one) for one in tf.config.list_physical_devices("GPU")
    ]
    return [
        (one.get("device_name", "GPU"), float("{}.{}".format(*one.get("compute_capability", (0, 0)))))
        for one in details
    ]


def _distribute(devices: list[str]) -> None:
    """Let the devices share each batch, where Keras can; see `distribution`."""
    import keras

    if keras.backend.backend() != "jax" or len(devices) < 2:
        _spread(None)
        return
    layout, sharing = keras.distribution.TensorLayout, keras.distribution.DataParallel

    class Shared(sharing):  # type: ignore[misc, valid-type]  # keras ships no types
        """Keras's own refuses a batch that does not divide; here each device takes all of it."""

        def get_data_layout(self, data_shape: tuple[int, ...]) -> Any:
            if data_shape[0] % len(devices):
                return layout([None] * len(data_shape), self.device_mesh)
            return super().get_data_layout(data_shape)

    _spread(Shared(devices=devices))


def _spread(distribution: Any) -> None:
    import keras

    keras.distribution.set_distribution(distribution)


def accelerated() -> bool:
    """Whether Keras computes on a GPU or TPU (to ask JAX for its GPUs where it has none is an error)."""
    import keras

    return not _is_cpu(keras.distribution.list_devices())


def replicas() -> int:
    """Devices that share a training batch, which therefore must be a multiple of it; 1 without sharing."""
    import keras

    shared = keras.distribution.distribution()
    return 1 if shared is None else int(shared.num_model_replicas)


@contextmanager
def undivided() -> Iterator[None]:
    """Within the block each device takes whole batches: for predictions over works that do not divide.

    Keras lays out an epoch's batches by its first one and fails at a last one that is shorter.
    """
    import keras

    before = keras.distribution.distribution()
    _spread(None)
    try:
        yield
    finally:
        _spread(before)


def hardware() -> dict[str, str]:
    """What the run ran on, as logged with it: processor, cores, memory, devices, precision, backend."""
    import keras

    return {
        "machine": platform.machine(),
        "cores": str(os.cpu_count()),
        "memory_gib": _memory_gib(),
        "devices": devices(),
        "precision": keras.config.dtype_policy().name,
        "distribution": distribution(),
        "xla": xla(),
        "backend": keras.backend.backend(),
        "python": platform.python_version(),
        "keras": keras.__version__,
    }


def devices() -> str:
    """The devices by their names: "gpu:0 NVIDIA A100, gpu:1 NVIDIA A100"; "cpu:0"."""
    import keras

    there = keras.distribution.list_devices()
    if _is_cpu(there):
        return ", ".join(there) or "cpu"
    names = [name for name, _ in _cards()]
    return ", ".join(f"{one} {name}" for one, name in zip(there, names, strict=False))


def distribution() -> str:
    """Who shares a batch, or why none do."""
    import keras

    shared, there = replicas(), keras.distribution.list_devices()
    if shared > 1:
        return f"data-parallel on {shared}"
    if len(there) > 1 and not _is_cpu(there) and keras.backend.backend() == "tensorflow":
        # keras/src/backend/tensorflow/distribution_lib.py of Keras 3.15 says: DO NOT USE.
        return f"one of {len(there)}: Keras shares batches on JAX alone (ATELIER_BACKEND=jax)"
    return "one device"


def xla() -> str:
    """Whether XLA compiles what is trained."""
    import keras

    if keras.backend.backend() == "jax":
        return "always (JAX)"
    return "where Keras can" if jit_compile() == "auto" else "off: TensorFlow's own are faster on a CPU"


def jit_compile() -> bool | Literal["auto"]:
    """What to give `compile(jit_compile=...)`: no XLA where TensorFlow has no accelerator.

    Measured on two cores, XLA's convolutions took twice as long as TensorFlow's own (oneDNN), after
    a compilation three times as long. Elsewhere Keras chooses (JAX always compiles).
    """
    import keras

    if keras.backend.backend() != "tensorflow" or accelerated():
        return "auto"
    return False


def _memory_gib() -> str:
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f}"
    except (AttributeError, ValueError):  # not a POSIX system
        return "unknown"


def _say() -> None:
    import keras

    chosen = f"{devices()}; {keras.config.dtype_policy().name}; {distribution()}; XLA {xla()}"
    if chosen not in _logged:
        _logged.add(chosen)
        _log.info("%-9s %s", "device", f"{keras.backend.backend()} on {chosen}")
