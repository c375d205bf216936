"""Statistics pooling of every backbone, and the standardisation that its features need."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from components.errors import SettingsError
from components.inference.engines import Engine
from components.inference.export import write_graph
from components.models import catalog
from components.models.depths import DEPTHS
from components.models.layers import Covariances, MeanAndDeviation, Standardization
from components.models.network_file import load_network, save_network

WIDTHS = {
    "mobilenet_v2": 5_288,
    "resnet50_gap": 22_304,
    "vgg16": 13_280,
    "vgg19": 13_280,
    "inception_v3": 10_816,
    "efficientnet_b0": 18_952,
    "efficientnet_v2_b0": 18_648,
    "efficientnet_lite0": 18_952,
    "efficientnet_lite2": 21_396,
    "convnext_tiny": 22_368,
    "mobilenet_v3_small": 10_880,
    "squeezenet": 13_088,
}


@pytest.mark.parametrize("name", list(WIDTHS))
def test_every_backbone_gives_its_statistics(name: str) -> None:
    network, images = _network(name)
    features = network.get_layer("features").output
    assert features.shape == (None, WIDTHS[name])
    values, answer = keras.Model(network.input, [features, network.output])(images, training=False)
    assert np.isfinite(np.array(values)).all()
    np.testing.assert_allclose(np.array(answer), 1 / 3, atol=1e-6)  # the softmax begins at zero


def test_such_a_network_is_saved_and_exported(tmp_path: Path) -> None:
    network, images = _network("efficientnet_lite0")
    _unequal(network)
    answer = np.array(network(images, training=False))
    save_network(network, tmp_path / "network.keras")
    loaded = load_network(tmp_path / "network.keras")
    np.testing.assert_allclose(np.array(loaded(images, training=False)), answer, atol=1e-6)
    write_graph(network, tmp_path / "network.xml")
    np.testing.assert_allclose(Engine(tmp_path / "network.xml")(images), answer, atol=1e-4)


def _network(name: str) -> tuple[keras.Model, np.ndarray]:
    """With pooling by statistics, and two pictures for it."""
    keras.utils.set_random_seed(2)
    height, width = catalog.FAMILIES[name].smallest, catalog.FAMILIES[name].smallest + 12
    images = np.random.default_rng(0).integers(0, 256, (2, height, width, 3), dtype=np.uint8)
    return catalog.build(name, 3, (height, width), pooling="statistics", normalize=True), images


def _unequal(network: keras.Model) -> None:
    """Another softmax than zeros."""
    last = network.get_layer("probabilities")
    last.set_weights([np.random.default_rng(1).normal(0, 0.01, weight.shape) for weight in last.weights])


def test_every_backbone_of_a_family_has_depths() -> None:
    assert {name.removesuffix("_gap") for name in WIDTHS} == set(DEPTHS)


def test_depths_can_be_chosen() -> None:
    def width(**options: str) -> int:
        network = catalog.build("efficientnet_lite0", 3, (64, 64), pooling="statistics", **options)
        return int(network.get_layer("features").output.shape[1])

    assert width(depths="stem_relu, head_relu", narrow_depths="none") == 2 * (32 + 1280)
    assert width(depths="last", narrow_depths="block_0_project_bn") == 2 * 1280 + 16 * 17 // 2
    assert width(depths="none", narrow_depths="block_2_add") == 24 * 25 // 2


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            {"depths": "block_99_add"},
            r"no depth 'block_99_add'; it has .*stem_relu.*block_2_add.*head_relu, last",
        ),
        ({"narrow_depths": "head_relu"}, r"at most 256 channels.*'head_relu' of 1280.*in depths"),
        ({"depths": "probabilities"}, "no depth 'probabilities'"),
        ({"depths": "none", "narrow_depths": "none"}, "at least one depth"),
        (
            {"pooling": "average", "depths": "head_relu"},
            'depths and narrow_depths are those of pooling "stat',
        ),
    ],
)
def test_depths_that_cannot_be_meant_are_refused(options: dict[str, str], expected: str) -> None:
    with pytest.raises(SettingsError, match=expected):
        catalog.build("efficientnet_lite0", 3, (32, 32), **({"pooling": "statistics"} | options))


def test_vgg19_takes_depths_with_statistics_alone() -> None:
    with pytest.raises(SettingsError, match="pooling='max'"):
        catalog.build("vgg19", 3, (32, 32), pooling="max", depths="block1_conv2")


@pytest.mark.parametrize("size", [(5, 7), (None, None)])
def test_means_and_deviations_are_numpys(size: tuple[int | None, int | None]) -> None:
    maps = np.random.default_rng(0).normal(3, 2, size=(2, 5, 7, 4)).astype("float32")
    source = keras.Input((*size, 4))
    network = keras.Model(source, MeanAndDeviation()(source))
    assert network.output_shape == (None, 8)
    expected = np.concatenate([maps.mean(axis=(1, 2)), maps.std(axis=(1, 2))], axis=1)
    np.testing.assert_allclose(network(maps), expected, atol=1e-4)


def test_sums_are_of_32_bits_in_a_network_of_16() -> None:
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        network = catalog.build("efficientnet_lite0", 3, (32, 32), pooling="statistics", normalize=True)
    finally:
        keras.config.set_dtype_policy(policy)
    kinds = (MeanAndDeviation, Covariances, Standardization, keras.layers.Concatenate)
    pooling = [layer for layer in network.layers if isinstance(layer, kinds)]
    assert len(pooling) == 7 + 5 + 2
    assert {layer.compute_dtype for layer in pooling} == {"float32"}
    assert network.get_layer("head").compute_dtype == "bfloat16"


def test_after_one_pass_features_are_standardised_as_all_works_have_them() -> None:
    random = np.random.default_rng(3)
    works = (random.normal(size=(640, 5)) * [1e-2, 1, 1e3, 1, 0] + [1, -50, 1e4, 0, 7]).astype("float32")
    layer = Standardization()
    for start in range(0, 640, 64):
        layer(works[start : start + 64], training=True)
    scaled = np.array(layer(works, training=False))
    expected = (works - works.mean(axis=0)) / np.sqrt(works.var(axis=0) + 1e-6)
    np.testing.assert_allclose(scaled, expected, atol=2e-2)
    assert np.abs(scaled[:, 4]).max() < 1e-2  # what never changed
    far = np.array(layer(works[:2] + 1e6, training=False))
    np.testing.assert_array_equal(far, np.full((2, 5), 8.0))
    np.testing.assert_array_equal(np.array(layer(works, training=False)), scaled)


def test_later_batches_count_as_in_batch_normalisation() -> None:
    layer = Standardization(momentum=0.9)
    for value in (*[0.0] * 50, *[10.0] * 50):
        layer(np.full((4, 1), value, "float32"), training=True)
    assert float(np.array(layer.mean)[0]) > 9.9


def test_what_is_frozen_sees_no_works() -> None:
    layer = Standardization()
    layer.build((None, 2))
    layer.trainable = False
    layer(np.full((4, 2), 5.0, "float32"), training=True)
    np.testing.assert_array_equal(np.array(layer.mean), [0, 0])
