"""A release that needs no training and no Keras: it names a picture by its strongest colour."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from PIL import Image

from components.data.manifest import Split, Task
from components.evaluation.novelty import fitted
from components.inference import release
from components.inference.engines import openvino
from components.inference.novelty import Novelty
from components.inference.release import ReleaseCard

SIZE = 16
COLOURS = ("Red", "Green", "Blue")


def card(**changes: object) -> ReleaseCard:
    """A card of the colour model."""
    values: dict[str, object] = {
        "task": Task.STYLE,
        "family": "colours",
        "class_names": COLOURS,
        "image_size": (SIZE, SIZE),
        "source": "synthetic-gallery",
        "synthetic": True,
        "data_version": "0123456789abcdef",
        "run_id": "run-1",
        "macro_f1": 0.9,
        "macro_f1_low": 0.85,
        "macro_f1_high": 0.94,
        "created": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return ReleaseCard.model_validate(values | changes)


def write_release(
    folder: Path, about: ReleaseCard, *, classes: int = 3, novelty: Novelty | None = None
) -> Path:
    """Write a real OpenVINO graph: softmax of each channel's mean, divided by 25.

    Of a multi-label card each channel by itself: sigmoid of its mean's distance from 127. With `novelty`
    the channels' means and largest values are a second output, (N, 6), and it goes into the release.
    """
    ov = openvino()
    from openvino import opset16 as ops

    image = ops.parameter([-1, SIZE, SIZE, 3], ov.Type.u8, name="image")
    values = ops.convert(image, "f32")
    means = ops.reduce_mean(values, np.array([1, 2]), keep_dims=False)
    scores = ops.matmul(means, np.eye(3, classes, dtype=np.float32) / 25, False, False)
    folder.mkdir(parents=True)
    answers = ops.softmax(scores, 1)
    if about.multi_label:
        answers = ops.sigmoid(ops.subtract(scores, np.float32(127 / 25)))
    outputs = [answers]
    if novelty:
        largest = ops.reduce_max(values, np.array([1, 2]), keep_dims=False)
        outputs.append(ops.concat([means, largest], 1))
        about = about.replace(novelty=novelty.save(folder / release.NOVELTY, Split.VALIDATION, 0.04))
    ov.save_model(ov.Model(outputs, [image]), folder / release.GRAPH, compress_to_fp16=False)
    about.save(folder)
    return folder


def single_colours() -> Novelty:
    """What dark pictures of one colour are like, as the statistics of `write_release` have it."""
    random = np.random.default_rng(0)
    means = random.uniform(0, 60, (80, 3)).astype(np.float32)
    statistics = np.concatenate([means, means + random.uniform(0, 4, (80, 3)).astype(np.float32)], axis=1)
    return fitted(statistics[:60], statistics[60:])


def picture(colour: str = "Red", *, size: tuple[int, int] = (40, 30), kind: str = "PNG") -> bytes:
    """An encoded picture of one colour, (width, height) pixels."""
    file = io.BytesIO()
    Image.new("RGB", size, colour.lower()).save(file, kind)
    return file.getvalue()
