"""Weights from a file, S3 and the network; every way that can fail says so."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3
import keras
import numpy as np
import pytest
from keras.src.applications import mobilenet_v2 as keras_mobilenet
from keras.src.backend import config as keras_config
from keras.src.legacy.saving import legacy_h5_format
from moto import mock_aws

from components.errors import WeightsError
from components.models import catalog, squeezenet
from components.models.backbones import Weights
from components.training.frozen.cut import parted
from tests.tiny_training import backbone_weights, weights_file


def _built(address: str | Path, cache: Path) -> keras.Model:
    return catalog.build("mobilenet_v2", 3, (32, 32), weights=Weights(str(address), cache))


def _given(path: Path) -> list[np.ndarray]:
    backbone = keras.applications.MobileNetV2((32, 32, 3), alpha=0.35, include_top=False, weights=None)
    backbone.load_weights(path)
    return backbone.get_weights()


def _assert_same(found: list[np.ndarray], expected: list[np.ndarray]) -> None:
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_file_is_loaded(tmp_path: Path) -> None:
    path = weights_file(tmp_path)
    _assert_same(backbone_weights(_built(path, tmp_path / "cache")), _given(path))


def test_an_s3_object_is_fetched_and_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = weights_file(tmp_path)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="atelier")
        s3.upload_file(str(path), "atelier", "weights/backbone.weights.h5")
        network = _built("s3://atelier/weights/backbone.weights.h5", tmp_path / "cache")
        _assert_same(backbone_weights(network), _given(path))
        with pytest.raises(WeightsError, match=r"s3://atelier/none\.h5.*three ways.*imagenet.*file.*s3://"):
            _built("s3://atelier/none.h5", tmp_path / "cache")


@pytest.fixture
def keras_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keras's own cache of downloads, empty; it must exist, or Keras takes a folder that all share."""
    (tmp_path / "keras").mkdir()
    monkeypatch.setattr(keras_config, "_KERAS_DIR", str(tmp_path / "keras"))
    monkeypatch.setenv("no_proxy", "*")
    return tmp_path / "keras"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A web server of one folder: its address and the folder."""
    folder = tmp_path / "site"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", folder
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.usefixtures("keras_home")
def test_imagenet_is_downloaded_by_keras(
    tmp_path: Path,
    site: tuple[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    import h5py

    address, folder = site
    monkeypatch.setattr(keras_mobilenet, "BASE_WEIGHT_PATH", address)
    backbone = keras.applications.MobileNetV2((32, 32, 3), alpha=0.35, include_top=False, weights=None)
    name = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5"
    with h5py.File(folder / name, "w") as file:  # the published files are of this older layout
        legacy_h5_format.save_weights_to_hdf5_group(file, backbone)
    network = _built("imagenet", tmp_path)
    _assert_same(backbone_weights(network), backbone.get_weights())
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("keras_home")
def test_squeezenet_is_downloaded_and_its_content_checked(
    tmp_path: Path, site: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import h5py

    address, folder = site
    random = catalog.build("squeezenet", 3, (32, 32))
    with h5py.File(folder / "squeezenet.h5", "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, parted(random).backbone)
    monkeypatch.setattr(squeezenet, "_PUBLISHED", f"{address}squeezenet.h5")
    imagenet = Weights("imagenet", tmp_path)
    with pytest.raises(WeightsError, match=r"SqueezeNet 1\.1.*download.*three ways"):
        catalog.build("squeezenet", 3, (32, 32), weights=imagenet)
    digest = hashlib.sha256((folder / "squeezenet.h5").read_bytes()).hexdigest()
    monkeypatch.setattr(squeezenet, "_SHA256", digest)
    network = catalog.build("squeezenet", 3, (32, 32), weights=imagenet)
    _assert_same(backbone_weights(network), backbone_weights(random))


def test_a_family_of_the_table_loads_a_file(tmp_path: Path) -> None:
    backbone = keras.applications.MobileNetV3Small((32, 32, 3), include_top=False, weights=None)
    path = tmp_path / "small.weights.h5"
    backbone.save_weights(path)
    network = catalog.build("mobilenet_v3_small", 3, (32, 32), weights=Weights(str(path), tmp_path))
    _assert_same(backbone_weights(network), backbone.get_weights())
    with pytest.raises(WeightsError, match=r"EfficientNetB0.*not of this network"):
        catalog.build("efficientnet_b0", 3, (32, 32), weights=Weights(str(path), tmp_path))


def test_efficientnet_from_a_file_sees_pictures_as_imagenet_s_does(tmp_path: Path) -> None:
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    backbone = keras.applications.EfficientNetB0(input_shape=(32, 32, 3), include_top=False, weights=None)
    backbone.get_layer(index=2).set_weights([mean, deviation, np.array(0)])  # as the ImageNet file has them
    backbone.save_weights(tmp_path / "b0.weights.h5")
    weights = Weights(str(tmp_path / "b0.weights.h5"), tmp_path)
    network = catalog.build("efficientnet_b0", 3, (32, 32), weights=weights)
    stem = keras.Model(network.input, network.get_layer("stem_conv_pad").input)
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3)).astype("float32")
    np.testing.assert_allclose(stem(images), (images / 255 - mean) / deviation, atol=1e-4)


@pytest.mark.usefixtures("keras_home")
def test_no_network_names_the_three_ways(
    tmp_path: Path, site: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keras_mobilenet, "BASE_WEIGHT_PATH", site[0])  # serves nothing: 404
    with pytest.raises(WeightsError, match=r"download.*three ways.*imagenet.*weights file.*s3://"):
        _built("imagenet", tmp_path)


def test_a_missing_file_names_it_and_the_three_ways(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"nowhere\.h5.*no such file.*three ways"):
        _built(tmp_path / "nowhere.h5", tmp_path)


def test_weights_of_another_width_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"MobileNetV2 of width 0\.35.*not of this network"):
        _built(weights_file(tmp_path, alpha=0.5), tmp_path)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    other = catalog.build("simple_cnn", 3, (32, 32))
    other.save_weights(tmp_path / "other.weights.h5")
    with pytest.raises(WeightsError, match="not of this network"):
        _built(tmp_path / "other.weights.h5", tmp_path)


def test_a_torn_file_is_refused(tmp_path: Path) -> None:
    path = weights_file(tmp_path)
    torn = tmp_path / "torn.weights.h5"
    torn.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(WeightsError, match=r"torn\.weights\.h5"):
        _built(torn, tmp_path)
