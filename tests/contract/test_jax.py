"""The same code on JAX: every family, training, pictures and export, in one process on that backend."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from components.models import catalog
from components.models.heads import probabilities, pyramid_pooled
from components.training.recipe import Policy
from tests.tiny_training import pictures, small

pytestmark = [pytest.mark.slow, pytest.mark.integration]

SAVED = ("simple_cnn", "vgg_inception", "alexnet", "squeezenet")
"""With each preprocessing and with layers of ours; not deep, as each layer costs JAX a compilation."""

FLAGS = (
    "--xla_force_host_platform_device_count=2",
    "--xla_backend_optimization_level=0",  # compiling is what costs here, not computing
    "--xla_llvm_disable_expensive_passes=true",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Networks that TensorFlow saved, then what JAX made of them and of the rest."""
    where = tmp_path_factory.mktemp("jax")
    networks = {name: catalog.build(name, 3, small(name)) for name in SAVED} | {"pyramid": _pyramid()}
    for name, network in networks.items():
        images = pictures(3, network.input_shape[1])[0]
        network.save(where / f"{name}.keras")
        np.save(where / f"{name}.images.npy", images)
        np.save(where / f"{name}.expected.npy", np.array(network(images, training=False)))
    done = subprocess.run(
        [sys.executable, "-m", "tests.tiny_jax", str(where)],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"XLA_FLAGS": " ".join(FLAGS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return where


def _pyramid() -> keras.Model:
    image = keras.Input((17, 17, 3), name="image")
    maps = keras.layers.Conv2D(4, 3, activation="relu")(keras.layers.Rescaling(1 / 255)(image))
    return keras.Model(image, probabilities(pyramid_pooled(maps), 3))


@pytest.fixture(scope="module")
def gave(folder: Path) -> Any:
    """What a part gave; a test fails with its traceback where it failed."""
    found = json.loads((folder / "found.json").read_text())
    assert found["backend"] == "jax"

    def of(part: str) -> Any:
        assert "failed" not in found[part], found[part]["failed"]
        return found[part]["gave"]

    return of


def test_every_family_answers(gave: Any) -> None:
    answers = gave("families")
    assert set(answers) == set(catalog.FAMILIES)
    for name, (shape, kind, off) in answers.items():
        assert shape == [2, 3], name
        assert kind == "float32", name
        assert off < 1e-5, name


def test_what_tensorflow_saved_answers_the_same(gave: Any, folder: Path) -> None:
    assert keras.backend.backend() == "tensorflow"
    gave("from_tensorflow")
    for name in (*SAVED, "pyramid"):
        answers, expected = (np.load(folder / f"{name}.{what}.npy") for what in ("answers", "expected"))
        np.testing.assert_allclose(answers, expected, atol=1e-4, err_msg=name)


def test_every_policy_trains(gave: Any) -> None:
    losses = gave("policies")
    assert len(losses) == len(Policy) + 1
    assert all(math.isfinite(loss) for loss in losses)
    assert min(losses[1:]) < losses[0]


def test_a_head_trains_on_frozen_features(gave: Any) -> None:
    losses = gave("head_only")
    assert len(losses) == 4
    assert all(math.isfinite(loss) for loss in losses)


def test_the_gan_takes_steps(gave: Any) -> None:
    assert all(math.isfinite(value) for value in gave("generator").values())


def test_style_transfer_paints(gave: Any) -> None:
    found = gave("style")
    assert found.pop("moved") > 1
    assert all(math.isfinite(value) for value in found.values())


def test_a_release_answers_as_jax_does(gave: Any) -> None:
    assert gave("exported") < 1e-4


def test_mixed_precision_ends_in_float32(gave: Any) -> None:
    found = gave("sixteen_bits")
    assert found["kind"] == ["float32"]
    assert math.isfinite(found["loss"])
    assert 0 < found["apart"] < 0.05


def test_two_devices_train_as_one(gave: Any) -> None:
    found = gave("two_devices")
    assert found["said"] == "data-parallel on 2"
    assert found["replicas"] == found["devices"] == 2
    np.testing.assert_allclose(found["two"], found["one"], rtol=1e-3)
    assert found["answers"] == [9, 3]
