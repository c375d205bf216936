"""A Keras network as OpenVINO's own graph, whatever Keras's backend is.

OpenVINO reads TensorFlow's graphs alone: what JAX hands over through jax2tf is one opaque XlaCallModule. So
where Keras runs on JAX, a process with TensorFlow converts the saved network.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from components.errors import RegistryError
from components.inference.engines import openvino

if TYPE_CHECKING:
    import keras


def convert(model: keras.Model, path: Path) -> None:
    """Write `model` to `path` (.xml), its weights beside it (.bin).

    Raises:
        RegistryError: OpenVINO does not know one of its operations, or TensorFlow is not installed.
    """
    import keras

    if keras.backend.backend() == "tensorflow":
        _convert(model, path)
        return
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "model.keras"
        model.save(saved)
        command = [sys.executable, "-m", "components.inference.conversion", str(saved), str(path)]
        environment = os.environ | {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
        done = subprocess.run(  # noqa: S603 (our own command)
            command, env=environment, capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise RegistryError(
            f"{model.name}: a process with TensorFlow was to convert it and failed "
            f"({' '.join(done.stderr.split())[-400:]}). TensorFlow must be installed beside "
            f"{keras.backend.backend()} to make a release: make setup."
        )


def _convert(model: keras.Model, path: Path) -> None:
    ov = openvino()
    try:
        model.export(str(path), format="openvino", verbose=False)
    except (RuntimeError, ov.frontend.OpConversionFailure) as exc:
        raise RegistryError(
            f"{model.name}: OpenVINO cannot convert it ({exc}). Replace the layer it names by one of "
            "OpenVINO's operations."
        ) from exc


def main(saved: str, path: str) -> None:
    """What the process with TensorFlow does."""
    openvino()  # before Keras imports it: so that it reports nothing
    import keras

    import components.models.layers  # noqa: F401 (the saved network may hold one of them)

    _convert(keras.models.load_model(saved, compile=False), Path(path))


if __name__ == "__main__":
    main(*sys.argv[1:])
