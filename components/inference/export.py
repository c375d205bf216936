"""A trained Keras model becomes a release: an OpenVINO graph that was seen to answer as Keras does."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from components.errors import RegistryError
from components.inference import release
from components.inference.conversion import convert
from components.inference.engines import openvino
from components.inference.predictor import Predictor
from components.inference.release import ReleaseCard
from components.models.exposed import with_statistics
from components.models.network_file import save_network
from components.models.precision import in_float32
from components.storage import building

TOLERANCE = 1e-4
"""Largest difference of a probability. Float32 rounding alone gave 3e-8 (study B's CNN) to 2e-6
(MobileNetV2) when measured; a lost layer or a swapped channel gives far more than this."""


def export(model: keras.Model, card: ReleaseCard, samples: NDArray[np.uint8], folder: Path) -> float:
    """Write the release `folder`, whole or not at all.

    The graph answers as Keras does, before any temperature. Where the network has maps, their statistics are
    its second output (`models.exposed`): what `Novelty` is fitted on and judges.

    Args:
        model: (N, H, W, 3) values 0..255 in, probabilities (N, C) out; its preprocessing inside. Where it
            was trained in 16 bits, its release computes in 32.
        card: says H, W and the C class names.
        samples: uint8 (N, H, W, 3), some real pictures: both engines must agree on them.
        folder: must not exist yet, or be empty.

    Returns:
        The largest difference between a probability of Keras and of the release.

    Raises:
        RegistryError: model and card disagree, OpenVINO cannot convert the model, the answers differ
            by more than TOLERANCE, or `folder` is taken.
    """
    _check(model, card, samples, folder)
    model = in_float32(model)
    with building(folder) as draft:
        save_network(model, draft / release.KERAS)
        write_graph(with_statistics(model) or model, draft / release.GRAPH)
        card.save(draft)
        difference = _difference(model, Predictor.load(draft), samples)
        if not difference <= TOLERANCE:  # also when it is NaN
            raise RegistryError(
                f"{card.family}: the exported model's probabilities differ from Keras by {difference:.2g}, "
                f"at most {TOLERANCE:g} is allowed. The model was not released: look for a layer whose "
                "result depends on training mode or on chance."
            )
    return difference


def _check(model: keras.Model, card: ReleaseCard, samples: NDArray[np.uint8], folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise RegistryError(f"{folder}: a new or empty folder is expected for the release. Remove it first.")
    wanted = ((None, *card.image_size, 3), (None, len(card.class_names)))
    got = (tuple(model.input_shape), tuple(model.output_shape))
    if got != wanted:
        raise RegistryError(
            f"{card.family}: the card describes a model of input and output {wanted}, received one of {got}. "
            "Make the card from the model's own recipe and classes."
        )
    if not len(samples):
        raise RegistryError(
            f"{card.family}: at least one sample is needed to check the export; received none."
        )


def write_graph(model: keras.Model, path: Path) -> None:
    """Write `model` as an OpenVINO graph that takes uint8: `path` (.xml), its weights beside it (.bin).

    Raises:
        RegistryError: it cannot be converted.
    """
    ov = openvino()
    converted = path.with_name("converted.xml")
    convert(model, converted)
    prepared = ov.preprocess.PrePostProcessor(ov.Core().read_model(converted))
    # Bytes in: a quarter of the memory to move, and no chance to scale the values twice.
    prepared.input().tensor().set_element_type(ov.Type.u8)
    ov.save_model(prepared.build(), path, compress_to_fp16=False)
    converted.unlink()
    converted.with_suffix(".bin").unlink()


def _difference(model: keras.Model, predictor: Predictor, samples: NDArray[np.uint8]) -> float:
    expected = keras.ops.convert_to_numpy(model(samples, training=False))
    return float(np.abs(predictor.outputs(samples)[0] - expected).max())
