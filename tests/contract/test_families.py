"""What every family promises, for the whole catalogue at small sizes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from components.models import catalog
from components.models.heads import FEATURES
from components.training.freezing import freeze
from tests.tiny_training import backbone_weights, pictures, small

NAMES = list(catalog.FAMILIES)
NUM_CLASSES = 3


@pytest.fixture(scope="module", params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def network(name: str) -> keras.Model:
    keras.utils.set_random_seed(3)
    return catalog.build(name, NUM_CLASSES, small(name))


def _answer(network: keras.Model, images: np.ndarray) -> np.ndarray:
    """Called as it is: tracing a deep network for six small pictures takes longer than computing them."""
    return np.array(network(images, training=False))


def _images(name: str, works: int = 6) -> tuple[np.ndarray, np.ndarray]:
    return pictures(works, small(name)[0])


def test_raw_images_in_probabilities_out(name: str, network: keras.Model) -> None:
    images, _ = _images(name)
    found = _answer(network, images)
    assert network.inputs[0].name == "image"
    assert network.layers[-1].name == "probabilities"
    assert found.shape == (6, NUM_CLASSES)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    assert (found >= 0).all()


def test_integers_and_floats_are_the_same_picture(name: str, network: keras.Model) -> None:
    images, _ = _images(name)
    np.testing.assert_allclose(
        _answer(network, images), _answer(network, images.astype("float32")), atol=1e-6
    )


def test_a_rectangle_is_taken(name: str) -> None:
    height, width = small(name)
    network = catalog.build(name, NUM_CLASSES, (height + 8, width + 20))
    images = np.zeros((2, height + 8, width + 20, 3), np.uint8)
    assert _answer(network, images).shape == (2, NUM_CLASSES)


def test_it_is_not_compiled(network: keras.Model) -> None:
    assert not network.compiled


def test_training_moves_every_trainable_weight_and_learns(name: str) -> None:
    keras.utils.set_random_seed(3)
    network = catalog.build(name, NUM_CLASSES, small(name))
    images, labels = _images(name, works=9)
    network.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    before = [np.array(weight) for weight in network.trainable_variables]
    network.fit(images, labels, batch_size=9, epochs=2, verbose=0)
    still = [
        weight.path
        for weight, old in zip(network.trainable_variables, before, strict=True)
        if np.array_equal(np.array(weight), old)
    ]
    assert not still
    history = network.fit(images, labels, batch_size=9, epochs=40, verbose=0).history
    assert max(history["accuracy"]) == 1


def test_saved_and_loaded_it_answers_the_same(name: str, network: keras.Model, tmp_path: Path) -> None:
    images, _ = _images(name)
    network.save(tmp_path / "network.keras")
    again = keras.models.load_model(tmp_path / "network.keras")
    np.testing.assert_allclose(_answer(again, images), _answer(network, images), atol=1e-6)


@pytest.mark.slow
def test_a_fresh_process_answers_the_same(tmp_path: Path) -> None:
    images, _ = pictures(4, 32)
    network = catalog.build("mobilenet_v2", NUM_CLASSES, (32, 32))
    network.save(tmp_path / "network.keras")
    np.save(tmp_path / "images.npy", images)
    code = (
        "import json, keras, numpy as np\n"
        "network = keras.models.load_model('network.keras')\n"
        "print(json.dumps(network.predict(np.load('images.npy'), verbose=0).tolist()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=True
    )
    answered = json.loads(done.stdout.splitlines()[-1])
    np.testing.assert_allclose(answered, _answer(network, images), atol=1e-6)


@pytest.mark.parametrize("name", [name for name in NAMES if catalog.FAMILIES[name].pretrained])
def test_freezing_freezes(name: str) -> None:
    images, labels = _images(name, works=12)
    network = catalog.build(name, NUM_CLASSES, small(name))
    freeze(network, "head", pretrained=True)
    assert [weight.path.split("/")[0] for weight in network.trainable_variables] == ["probabilities"] * 2
    before = backbone_weights(network)
    network.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy", run_eagerly=True)
    network.train_on_batch(images, labels)
    for old, new in zip(before, backbone_weights(network), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("name", [name for name in NAMES if catalog.FAMILIES[name].pretrained])
def test_batch_norm_of_given_weights_stays_as_it_came(name: str) -> None:
    network = catalog.build(name, NUM_CLASSES, small(name))
    freeze(network, "all", pretrained=True)
    norms = [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert norms
    assert not any(layer.trainable_variables for layer in norms)
    assert network.get_layer("Conv1").trainable
    freeze(network, "all", pretrained=False)
    assert all(layer.trainable_variables for layer in norms)


@pytest.mark.parametrize("name", [name for name in NAMES if catalog.FAMILIES[name].pretrained])
def test_a_pretrained_family_can_be_cut_behind_its_backbone(name: str) -> None:
    assert len(catalog.build(name, NUM_CLASSES, small(name)).get_layer(FEATURES).output.shape) == 2
