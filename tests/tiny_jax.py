"""What a process on JAX does for the contract tests, on a CPU that looks like two devices.

It takes a folder where TensorFlow left networks (NAME.keras, NAME.images.npy), and leaves answers there and
`found.json`: what each part below returned, or how it failed.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from components import runtime
from components.settings import Settings

runtime.begin("jax")  # before what imports Keras

import keras  # noqa: E402
import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402

from components import devices  # noqa: E402
from components.generative import gan, style_transfer  # noqa: E402
from components.generative.recipes import GanRecipe, StyleRecipe  # noqa: E402
from components.inference.engines import Engine  # noqa: E402
from components.inference.export import write_graph  # noqa: E402
from components.models import catalog, precision  # noqa: E402
from components.training.fit import fit  # noqa: E402
from components.training.recipe import Policy, Recipe, Stage  # noqa: E402
from tests import tiny_fresh  # noqa: E402
from tests.tiny_training import pictures, recipe, small, tinted, weights_file  # noqa: E402


def families(folder: Path) -> Any:
    """Each family's answer to two pictures: its shape, kind, and how far the sums are from one."""
    found = {}
    for name in catalog.FAMILIES:
        network = catalog.build(name, 3, small(name))
        # Compiled as a whole: op by op, each new shape would be compiled for itself.
        answer = np.asarray(network.predict_on_batch(pictures(2, small(name)[0])[0]))
        found[name] = [list(answer.shape), str(answer.dtype), float(np.abs(answer.sum(axis=1) - 1).max())]
    return found


def from_tensorflow(folder: Path) -> Any:
    """Answers of the networks that TensorFlow saved, beside them."""
    tiny_fresh.main(folder)


def policies(folder: Path) -> Any:
    """Validation loss of each epoch: a stage a policy, and one that mixes."""
    stages = [Stage(epochs=1, batch_size=12, policy=policy) for policy in Policy]
    stages.append(Stage(epochs=1, batch_size=12, mix="cutmix"))
    whole = Recipe(family="grid_cnn", image_size=(24, 24), stages=tuple(stages))
    return [row["val_loss"] for row in fit(whole, tinted(), _settings(folder)).history]


def head_only(folder: Path) -> Any:
    """Training loss of each epoch of a head on a frozen backbone's features."""
    asked = recipe(32, "mobilenet_v2", train="head", epochs=4, learning_rate=0.01)
    asked = asked.replace(weights=str(weights_file(folder)))
    return [row["loss"] for row in fit(asked, tinted(32), _settings(folder)).history]


def generator(folder: Path) -> Any:
    """Both players' losses after a few steps."""
    made = gan.train(pictures(32, 16)[0], GanRecipe.smoke())
    return made.history[-1]


def style(folder: Path) -> Any:
    """How far style transfer moved the picture, and its last losses."""
    photo, painting = (Image.fromarray(one) for one in pictures(2, 48)[0])
    network = catalog.build("grid_cnn", 3, (24, 24))
    asked = StyleRecipe.smoke().replace(size=48, steps=20)
    made = style_transfer.transfer(photo, painting, network, asked)
    moved = np.abs(np.asarray(made.image, float) - np.asarray(made.content, float)).mean()
    return {"moved": float(moved)} | made.history[-1]


def exported(folder: Path) -> Any:
    """Largest difference of the OpenVINO graph's probabilities from JAX's."""
    network = catalog.build("vgg_inception", 3, (32, 32))
    images = pictures(4, 32)[0]
    write_graph(network, folder / "graph.xml")
    answer = np.asarray(network(images, training=False))
    return float(np.abs(Engine(folder / "graph.xml")(images) - answer).max())


def sixteen_bits(folder: Path) -> Any:
    """A fit in mixed precision, what computes its answers, and how far a float32 copy is from it."""
    runtime.begin("jax", precision="mixed_bfloat16")
    try:
        fitted = fit(recipe(epochs=2, family="grid_cnn"), tinted(), _settings(folder))
        network, images = catalog.build("grid_cnn", 3, (24, 24)), pictures(4, 24)[0]
        answer = np.asarray(network(images, training=False))
        plain = precision.in_float32(network)
        apart = float(np.abs(answer - np.asarray(plain(images, training=False))).max())
        kinds = sorted({layer.compute_dtype for layer in fitted.model.layers if layer.weights})
        return {"kind": kinds, "apart": apart, "loss": fitted.history[-1]["loss"]}
    finally:
        runtime.begin("jax")


def two_devices(folder: Path) -> Any:
    """The same fit on one device and on two: their losses, what was said, and an answer to three pictures."""
    asked = recipe(epochs=2, family="grid_cnn")
    one = fit(asked, tinted(), _settings(folder))
    runtime.begin("jax", devices=2)
    try:
        two = fit(asked, tinted(), _settings(folder))
        with devices.undivided():
            answer = two.model.predict(pictures(9, 24)[0], batch_size=4, verbose=0)
        return {
            "one": [row["loss"] for row in one.history],
            "two": [row["loss"] for row in two.history],
            "said": devices.hardware()["distribution"],
            "replicas": devices.replicas(),
            "answers": list(answer.shape),
            "devices": len(two.model.weights[0].value.sharding.device_set),
        }
    finally:
        runtime.begin("jax")


PARTS: tuple[Callable[[Path], Any], ...] = (
    from_tensorflow,
    two_devices,
    sixteen_bits,
    generator,
    style,
    exported,
    head_only,
    policies,
    families,
)


def main(folder: Path) -> None:
    """Every part, each on its own: one that fails does not hide the others."""
    found: dict[str, Any] = {"backend": keras.backend.backend()}
    for part in PARTS:
        began = time.perf_counter()
        try:
            found[part.__name__] = {"gave": part(folder)}
        except Exception:  # noqa: BLE001
            found[part.__name__] = {"failed": traceback.format_exc()}
        found[part.__name__]["seconds"] = time.perf_counter() - began
        (folder / "found.json").write_text(json.dumps(found, indent=1))


def _settings(folder: Path) -> Settings:
    return Settings(home=folder / "home", backend="jax")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
