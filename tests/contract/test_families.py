"""What every family promises, for the whole catalogue at small sizes.

A deep network is built once and shared; it is called as it is, since tracing it for a few small pictures
takes longer than computing them. So the tests stand in an order: those that read the network as built,
then those that train it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pytest

from components.models import catalog
from components.training.frozen.cut import parted
from components.training.frozen.freezing import freeze
from tests.tiny_training import pictures, small

NAMES = list(catalog.FAMILIES)
PRETRAINED = [name for name in NAMES if catalog.FAMILIES[name].pretrained]
NUM_CLASSES = 3
WORKS = 10


@dataclass
class Shared:
    """A family's network, and ten pictures that fit it."""

    network: keras.Model
    images: np.ndarray
    labels: np.ndarray


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where each network is left for the fresh process."""
    return tmp_path_factory.mktemp("saved")


@pytest.fixture(scope="module", params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def shared(name: str) -> Shared:
    """Built for a rectangle, so that no family takes height for width."""
    keras.utils.set_random_seed(3)
    height, width = small(name)[0], small(name)[1] + 12
    images, labels = pictures(WORKS, width)
    return Shared(catalog.build(name, NUM_CLASSES, (height, width)), images[:, :height], labels)


def _answer(network: keras.Model, images: np.ndarray) -> np.ndarray:
    return np.array(network(images, training=False))


def test_raw_images_in_probabilities_out(name: str, shared: Shared, saved: Path) -> None:
    network, images = shared.network, shared.images[:4]
    found = _answer(network, images)
    assert network.name == name
    assert network.inputs[0].name == "image"
    assert network.layers[-1].name == "probabilities"
    assert not network.compiled
    assert found.shape == (4, NUM_CLASSES)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    assert (found >= 0).all()
    np.testing.assert_allclose(found, _answer(network, images.astype("float32")), atol=1e-6)
    _leave(saved, name, network, images)


def _leave(saved: Path, name: str, network: keras.Model, images: np.ndarray) -> None:
    """For the fresh process."""
    network.save(saved / f"{name}.keras")
    np.save(saved / f"{name}.images.npy", images)
    np.save(saved / f"{name}.expected.npy", _answer(network, images))


def test_freezing_freezes(name: str, shared: Shared) -> None:
    if not catalog.FAMILIES[name].pretrained:
        pytest.skip("trained from scratch: nothing is ever frozen")
    network = shared.network
    freeze(network, "head", pretrained=True)
    cut = parted(network)
    assert len(cut.backbone.output.shape) == 2
    assert not cut.backbone.trainable_variables
    assert len(network.trainable_variables) == len(cut.head.trainable_variables) > 0
    before = cut.backbone.get_weights()
    _learn(network, shared, keras.optimizers.SGD(0.1), most=1)
    for old, new in zip(before, cut.backbone.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    freeze(network, "all", pretrained=True)
    norms = [one for one in cut.backbone.layers if isinstance(one, keras.layers.BatchNormalization)]
    assert not any(layer.trainable_variables for layer in norms)
    assert len(network.trainable_variables) > len(cut.head.trainable_variables)
    freeze(network, "all", pretrained=False)
    assert all(layer.trainable_variables for layer in norms)


def test_a_gradient_reaches_every_trainable_weight(shared: Shared) -> None:
    network = shared.network
    before = [np.array(weight) for weight in network.trainable_variables]
    # However faint a gradient (ConvNeXt's layers begin with a scale of 1e-6), the step is of one length.
    _learn(network, shared, keras.optimizers.Adam(1e-5, epsilon=1e-20), most=1)
    still = [
        weight.path
        for weight, old in zip(network.trainable_variables, before, strict=True)
        if np.array_equal(np.array(weight), old)
    ]
    assert not still


def test_it_learns_ten_pictures(name: str, shared: Shared) -> None:
    """From scratch the whole network does; of a pre-trained family the head does, as its recipes begin.

    A random backbone's features are taken with its batch's own statistics: those of a million images, which
    weights would have brought, are not there.
    """
    if not catalog.FAMILIES[name].pretrained:
        assert _learn(shared.network, shared, keras.optimizers.Adam(1e-3), most=60) == 1
        return
    cut = parted(shared.network)
    features = np.array(cut.backbone(shared.images, training=True))
    cut.head.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    for _ in range(300):
        cut.head.train_on_batch(features, shared.labels)
        if (_answer(cut.head, features).argmax(axis=1) == shared.labels).all():
            return
    pytest.fail("300 steps did not tell ten pictures apart")


def _learn(network: keras.Model, shared: Shared, optimizer: keras.optimizers.Optimizer, most: int) -> float:
    """Steps on the ten pictures until all are told apart, in training mode; the last step's accuracy."""
    network.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"], run_eagerly=True)
    accuracy = 0.0
    for _ in range(most):
        network.reset_metrics()
        accuracy = network.train_on_batch(shared.images, shared.labels)[1]
        if accuracy == 1:
            break
    return accuracy


def test_statistics_of_depths_are_saved_too(saved: Path) -> None:
    network = catalog.build("squeezenet", NUM_CLASSES, (32, 32), pooling="statistics", normalize=True)
    images, labels = pictures(WORKS, 32)
    network.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy", run_eagerly=True)
    network.train_on_batch(images, labels)
    _leave(saved, "statistics", network, images)


def test_a_fresh_process_answers_the_same(saved: Path) -> None:
    """One process for all of them: what costs is its start."""
    code = "import sys; from pathlib import Path; from tests.tiny_fresh import main; main(Path(sys.argv[1]))"
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code, str(saved)],
        cwd=root,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for path in saved.glob("*.expected.npy"):
        answered = np.load(path.with_name(path.name.replace("expected", "answers")))
        np.testing.assert_allclose(answered, np.load(path), atol=1e-5, err_msg=path.name)
