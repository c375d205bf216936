"""A Keras model becomes a release that answers as Keras does, and nothing is reported to anybody."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from components.errors import RegistryError
from components.inference import release, smoke
from components.inference.export import export
from components.inference.predictor import Predictor
from components.inference.release import ReleaseCard
from tests.tiny_releases import COLOURS, SIZE, card

keras = pytest.importorskip("keras")


class Chance(keras.layers.Layer):
    """Random in inference too: OpenVINO has no such operation."""

    def call(self, inputs: object) -> object:
        return inputs + keras.random.normal(keras.ops.shape(inputs))


class Drift(keras.layers.Layer):
    """Answers otherwise at every call; an exported graph keeps the answer of one."""

    calls = 0

    def call(self, inputs: object) -> object:
        self.calls += 1
        return inputs * (self.calls % 7)


def network(dtype: str = "float32", classes: int = len(COLOURS), *, odd: type | None = None) -> object:
    """A model with everything that behaves otherwise in training: batch norm, dropout."""
    keras.utils.set_random_seed(3)
    image = keras.Input((SIZE, SIZE, 3), name="image", dtype=dtype)
    layers = keras.layers
    x = layers.Rescaling(1 / 127.5, offset=-1)(image)
    x = layers.Conv2D(8, 3, activation="relu")(x)
    x = layers.BatchNormalization()(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(0.4)(x)
    if odd:
        x = odd()(x)
    return keras.Model(image, layers.Dense(classes, activation="softmax", name="probabilities")(x))


@pytest.fixture(scope="module")
def samples() -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (6, SIZE, SIZE, 3), dtype=np.uint8)


@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_the_release_answers_as_keras_does(tmp_path: Path, samples: np.ndarray, dtype: str) -> None:
    model = network(dtype)
    difference = export(model, card(), samples, tmp_path / "release")  # type: ignore[arg-type]
    assert difference < 1e-5
    predictor = Predictor.load(tmp_path / "release")
    expected = np.asarray(model(samples, training=False))  # type: ignore[operator]
    np.testing.assert_allclose(predictor.probabilities(samples), expected, atol=1e-5)
    np.testing.assert_allclose(predictor.probabilities(samples[:1]), expected[:1], atol=1e-5)


def test_the_graph_gives_statistics_and_is_checked_before_any_temperature(
    tmp_path: Path, samples: np.ndarray
) -> None:
    from components.inference.temperature import Temperature

    hot = card(temperature=Temperature(value=3))
    assert export(network(), hot, samples, tmp_path / "release") < 1e-5  # type: ignore[arg-type]
    probabilities, statistics = Predictor.load(tmp_path / "release").outputs(samples)
    assert probabilities.shape == (len(samples), len(COLOURS))
    assert statistics.shape[0] == len(samples)
    assert statistics.shape[1] % 16 == 0  # means and deviations of eight channels, at each resolution


def test_numbers_that_layers_leave_in_the_graph_are_no_outputs(tmp_path: Path, samples: np.ndarray) -> None:
    from components.models import catalog

    model = catalog.build("mobilenet_v2", len(COLOURS), (32, 32), pooling="statistics")
    large = np.repeat(np.repeat(samples, 2, axis=1), 2, axis=2)
    assert export(model, card(image_size=(32, 32)), large, tmp_path / "release") < 1e-5
    outputs = Predictor.load(tmp_path / "release").outputs(np.repeat(large, 20, axis=0))  # in several parts
    assert [part.ndim for part in outputs] == [2, 2]
    assert {len(part) for part in outputs} == {20 * len(samples)}


def test_python_3_13_s_own_local_names_do_not_stop_a_release(
    tmp_path: Path, samples: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    utils = pytest.importorskip("openvino.frontend.tensorflow.utils")

    def as_under_3_13(framework: str) -> dict[str, str]:
        raise NameError(f"name {framework!r} is not defined")

    monkeypatch.setattr(utils, "get_environment_setup", as_under_3_13)
    assert export(network(), card(), samples, tmp_path / "release") < 1e-5  # type: ignore[arg-type]


def test_caffe_s_scale_and_a_pyramid_are_released(tmp_path: Path, samples: np.ndarray) -> None:
    from components.models.heads import probabilities, pyramid_pooled
    from components.models.inputs import raw_image

    image, x = raw_image((SIZE, SIZE), "caffe")
    maps = keras.layers.Conv2D(4, 5, strides=3, activation="relu")(x)
    model = keras.Model(image, probabilities(pyramid_pooled(maps), len(COLOURS)))
    assert export(model, card(), samples, tmp_path / "release") < 1e-5


def test_the_folder_holds_what_serving_and_people_need(tmp_path: Path, samples: np.ndarray) -> None:
    folder = tmp_path / "release"
    model = network()
    export(model, card(), samples, folder)  # type: ignore[arg-type]
    names = {release.GRAPH, release.WEIGHTS, release.KERAS, release.CARD}
    assert {path.name for path in folder.iterdir()} == names
    assert ReleaseCard.load(folder) == card()
    again = keras.models.load_model(folder / release.KERAS)
    np.testing.assert_array_equal(again(samples, training=False), model(samples, training=False))  # type: ignore[operator]
    smoke.answers_in_fresh_process(folder)


def test_a_model_that_answers_otherwise_is_not_released(tmp_path: Path, samples: np.ndarray) -> None:
    with pytest.raises(RegistryError, match="differ from Keras by"):
        export(network(odd=Drift), card(), samples, tmp_path / "release")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_cannot_be_converted_is_not_released(tmp_path: Path, samples: np.ndarray) -> None:
    with pytest.raises(RegistryError, match="OpenVINO cannot convert it"):
        export(network(odd=Chance), card(), samples, tmp_path / "release")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_is_not_the_cards_is_refused(tmp_path: Path, samples: np.ndarray) -> None:
    with pytest.raises(RegistryError, match="Make the card from the model's own recipe"):
        export(network(classes=4), card(), samples, tmp_path / "release")  # type: ignore[arg-type]
    with pytest.raises(RegistryError, match="at least one sample"):
        export(network(), card(), samples[:0], tmp_path / "release")  # type: ignore[arg-type]


def test_a_folder_that_is_taken_is_left_alone(tmp_path: Path, samples: np.ndarray) -> None:
    (tmp_path / "mine.txt").write_text("kept")
    with pytest.raises(RegistryError, match="a new or empty folder is expected"):
        export(network(), card(), samples, tmp_path)  # type: ignore[arg-type]
    assert (tmp_path / "mine.txt").read_text() == "kept"


def test_openvinos_telemetry_was_never_there() -> None:
    assert "openvino.tools.ovc.telemetry_stub" in sys.modules
    assert sys.modules["openvino_telemetry"] is None
