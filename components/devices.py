"""What networks are computed on: devices, precision and who shares a batch, as Keras has them."""

from __future__ import annotations

import logging
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import keras

from components.errors import SettingsError

if TYPE_CHECKING:
    from components.backend_names import Precision

_log = logging.getLogger("atelier")
_logged: set[str] = set()


def use(count: int, precision: Precision) -> None:
    """Compute on so many devices, in that precision, from now on in this thread; what was chosen is logged.

    Args:
        count: at most so many; 0 is every GPU or TPU, or the one CPU.
        precision: as in `runtime.begin`.

    Raises:
        SettingsError: there are fewer devices.
    """
    present = keras.distribution.list_devices()
    if count > len(present):
        raise SettingsError(
            f"{count} devices were asked for, {keras.backend.backend()} sees {', '.join(present)}. Correct "
            f"or unset ATELIER_DEVICES."
        )
    keras.config.set_dtype_policy(_policy(present) if precision == "auto" else precision)
    _distribute(present[: count or (1 if _is_cpu(present) else None)])
    _log_choice()


def clear_session() -> None:
    """`keras.utils.clear_session`, after which precision and devices are as before."""
    policy, shared = keras.config.dtype_policy(), keras.distribution.distribution()
    keras.utils.clear_session(free_memory=False)
    keras.config.set_dtype_policy(policy)
    _share(shared)


def accelerated() -> bool:
    """Whether Keras computes on a GPU or TPU (to ask JAX for its GPUs where it has none is an error)."""
    return not _is_cpu(keras.distribution.list_devices())


def replicas() -> int:
    """Devices that share a training batch, which therefore must be a multiple of it; 1 without sharing."""
    shared = keras.distribution.distribution()
    return 1 if shared is None else int(shared.num_model_replicas)


@contextmanager
def undivided() -> Iterator[None]:
    """Within the block each device takes whole batches: for predictions over works that do not divide.

    Keras lays out an epoch's batches by its first one and fails at a last one that is shorter.
    """
    before = keras.distribution.distribution()
    _share(None)
    try:
        yield
    finally:
        _share(before)


def hardware() -> dict[str, str]:
    """What the run ran on, as logged with it: processor, cores, memory, devices, precision, backend."""
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
    present = keras.distribution.list_devices()
    if _is_cpu(present):
        return ", ".join(present) or "cpu"
    names = [name for name, _ in _cards()]
    return ", ".join(f"{one} {name}" for one, name in zip(present, names, strict=False))


def distribution() -> str:
    """Who shares a batch, or why none do."""
    shared, present = replicas(), keras.distribution.list_devices()
    if shared > 1:
        return f"data-parallel on {shared}"
    if len(present) > 1 and not _is_cpu(present) and keras.backend.backend() == "tensorflow":
        # keras/src/backend/tensorflow/distribution_lib.py of Keras 3.15 says: DO NOT USE.
        return f"one of {len(present)}: Keras shares batches on JAX alone (ATELIER_BACKEND=jax)"
    return "one device"


def xla() -> str:
    """Whether XLA compiles what is trained."""
    if keras.backend.backend() == "jax":
        return "always (JAX)"
    return "where Keras can" if jit_compile() == "auto" else "off: TensorFlow's own are faster on a CPU"


def jit_compile() -> bool | Literal["auto"]:
    """What to give `compile(jit_compile=...)`: no XLA where TensorFlow has no accelerator.

    Measured on two cores, XLA's convolutions took twice as long as TensorFlow's own (oneDNN), after
    a compilation three times as long. Elsewhere Keras chooses (JAX always compiles).
    """
    if keras.backend.backend() != "tensorflow" or accelerated():
        return "auto"
    return False


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
    if keras.backend.backend() == "jax":
        import jax

        devices = jax.devices()
        return [
            (device.device_kind, float(getattr(device, "compute_capability", 0) or 0)) for device in devices
        ]
    import tensorflow as tf

    details = [
        tf.config.experimental.get_device_details(details)
        for details in tf.config.list_physical_devices("GPU")
    ]
    return [
        (details.get("device_name", "GPU"), float("{}.{}".format(*details.get("compute_capability", (0, 0)))))
        for details in details
    ]


def _distribute(devices: list[str]) -> None:
    """Let the devices share each batch, where Keras can; see `distribution`."""
    if keras.backend.backend() != "jax" or len(devices) < 2:
        _share(None)
        return
    layout, sharing = keras.distribution.TensorLayout, keras.distribution.DataParallel

    class Shared(sharing):  # type: ignore[misc, valid-type]  # keras ships no types
        """Keras's own refuses a batch that does not divide; here each device takes all of it."""

        def get_data_layout(self, data_shape: tuple[int, ...]) -> Any:
            if data_shape[0] % len(devices):
                return layout([None] * len(data_shape), self.device_mesh)
            return super().get_data_layout(data_shape)

    _share(Shared(devices=devices))


def _share(distribution: Any) -> None:
    keras.distribution.set_distribution(distribution)


def _memory_gib() -> str:
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f}"
    except (AttributeError, ValueError):  # not a POSIX system
        return "unknown"


def _log_choice() -> None:
    chosen = f"{devices()}; {keras.config.dtype_policy().name}; {distribution()}; XLA {xla()}"
    if chosen not in _logged:
        _logged.add(chosen)
        _log.info("%-9s %s", "device", f"{keras.backend.backend()} on {chosen}")
