"""A Keras network as OpenVINO's own graph, whatever Keras's backend is.

OpenVINO reads TensorFlow's graphs alone: what JAX hands over through jax2tf is one opaque XlaCallModule. So
where Keras runs on JAX, a process with TensorFlow converts the saved network.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import keras

from components.errors import RegistryError
from components.inference.engines import openvino
from components.models.network_file import load_network, save_network


def convert(model: keras.Model, path: Path) -> None:
    """Write `model` to `path` (.xml), its weights beside it (.bin).

    Raises:
        RegistryError: OpenVINO does not know one of its operations, or TensorFlow is not installed.
    """
    if keras.backend.backend() == "tensorflow":
        _convert(model, path)
        return
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "model.keras"
        save_network(model, saved)
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
    _mend_version_lookup()
    try:
        model.export(str(path), format="openvino", verbose=False)
    except (RuntimeError, ov.frontend.OpConversionFailure) as exc:
        raise RegistryError(
            f"{model.name}: OpenVINO cannot convert it ({exc}). Replace the layer it names by one of "
            "OpenVINO's operations."
        ) from exc


def _mend_version_lookup() -> None:
    """Let OpenVINO find TensorFlow's version under Python 3.13 and later.

    OpenVINO 2026.4 asks by `exec("import tensorflow")` and `exec("del tensorflow")` within a function. Since
    Python 3.13 each `exec` there has a copy of the local names of its own (PEP 667), so the second finds
    nothing to delete. Where OpenVINO's own function works, it stays.
    """
    from openvino.frontend.tensorflow import utils

    try:
        utils.get_environment_setup("tf")
    except NameError:
        utils.get_environment_setup = _environment


def _environment(framework: str) -> dict[str, str]:
    """What OpenVINO's function of that name gives: versions by name."""
    versions = {"python_version": platform.python_version(), "sys_platform": sys.platform}
    return versions | ({"tensorflow": version("tensorflow")} if framework == "tf" else {})


def main(saved: str, path: str) -> None:
    """What the process with TensorFlow does."""
    _convert(load_network(Path(saved)), Path(path))


if __name__ == "__main__":
    main(*sys.argv[1:])
