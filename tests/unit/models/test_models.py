"""The families, layer for layer, and what the catalogue refuses."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from components.errors import SettingsError
from components.models import catalog
from components.models.backbones import Weights
from components.models.inputs import Scale, raw_image
from components.models.layers import Covariances, LocalResponseNormalization, SpatialPyramidPooling


def _kinds(network: keras.Model) -> list[str]:
    return [type(layer).__name__ for layer in network.layers]


def test_simple_cnn_is_study_b3() -> None:
    network = catalog.build("simple_cnn", 6, (200, 200))
    assert _kinds(network) == [
        "InputLayer",
        "Rescaling",
        *["Conv2D", "MaxPooling2D"] * 3,
        "Flatten",
        "Dense",
        "Dropout",
        "Dense",
    ]
    convolutions = [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [(layer.filters, layer.kernel_size) for layer in convolutions] == [
        (32, (3, 3)),
        (64, (3, 3)),
        (128, (3, 3)),
    ]
    assert network.get_layer("dense").units == 128
    assert network.get_layer("dropout").rate == pytest.approx(0.4)
    assert network.count_params() == 8_761_286


def test_vgg_inception_is_table_2_of_study_e() -> None:
    network = catalog.build("vgg_inception", 18, (500, 500))
    convolutions = [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [(layer.filters, layer.kernel_size[0]) for layer in convolutions[:4]] == [
        (8, 3),
        (16, 3),
        (32, 3),
        (64, 3),
    ]
    table = {layer.name: (layer.filters, layer.kernel_size[0]) for layer in convolutions[4:]}
    assert table == {
        "inception_1x1": (32, 1),
        "inception_3x3_reduce": (16, 1),
        "inception_3x3": (64, 3),
        "inception_3x3_project": (32, 1),
        "inception_5x5_reduce": (8, 1),
        "inception_5x5": (32, 5),
        "inception_5x5_project": (32, 1),
    }
    assert network.get_layer("inception").output.shape == (None, 250, 250, 96)
    assert [network.get_layer(name).units for name in ("dense_256", "dense_64", "probabilities")] == [
        256,
        64,
        18,
    ]
    # "Only 50k trainable parameters for all convolutional layers."
    assert sum(layer.count_params() for layer in convolutions) == 47_016


@pytest.mark.parametrize("cells", [1, 2, 4])
def test_vgg_inception_bridge_is_a_grid_of_means(cells: int) -> None:
    network = catalog.build("vgg_inception", 3, (40, 48), bridge_cells=cells)
    assert network.get_layer("bridge").output.shape == (None, cells, cells, 96)


def test_mobilenet_v2_is_the_paper_s_width() -> None:
    network = catalog.build("mobilenet_v2", 6, (224, 224))
    assert network.get_layer("features").output.shape == (None, 1280)
    assert network.count_params() == 410_208 + 1280 * 6 + 6  # Keras's own count of the backbone


def test_grid_cnn_has_study_d2_s_grid() -> None:
    for neurons in (8, 16):
        for dropout in (0.0, 0.5):
            network = catalog.build("grid_cnn", 10, (32, 32), neurons=neurons, dropout=dropout)
            assert network.get_layer("dense").units == neurons
            assert network.get_layer("dropout").rate == dropout


def test_best_cnn_drops_a_fifth_twice() -> None:
    network = catalog.build("best_cnn", 10, (64, 64))
    assert _kinds(network)[-6:] == ["Flatten", "Dense", "Dropout", "Dense", "Dropout", "Dense"]
    assert [layer.rate for layer in network.layers if isinstance(layer, keras.layers.Dropout)] == [0.2, 0.2]


def test_vgg_lite_pools_between_its_pairs() -> None:
    network = catalog.build("vgg_lite", 18, (64, 64))
    drawn = [
        layer.filters if isinstance(layer, keras.layers.Conv2D) else "pool"
        for layer in network.layers
        if isinstance(layer, keras.layers.Conv2D | keras.layers.MaxPooling2D)
    ]
    assert drawn == [32, 32, "pool", 64, 64, "pool", 128, 128, "pool", 256, 256]


def test_resnet50_from_scratch_is_the_paper_s() -> None:
    network = catalog.build("resnet50_scratch", 1000, (200, 200))
    assert _kinds(network).count("Conv2D") == 53  # "Total: 53 layers"
    assert network.get_layer("stage5_block3_relu").output.shape == (None, 7, 7, 2048)
    trained = sum(math.prod(weight.shape) for weight in network.trainable_variables)
    assert trained == 25_557_032  # as everywhere else where convolutions have no shift of their own


def test_alexnet_has_the_paper_s_sixty_million_weights() -> None:
    network = catalog.build("alexnet", 1000, (227, 227))
    assert network.get_layer("pool5").output.shape == (None, 6, 6, 256)
    assert network.count_params() == 60_965_224


def test_squeezenet_is_version_1_1() -> None:
    network = catalog.build("squeezenet", 1000, (227, 227))
    assert network.count_params() == 1_235_496
    assert network.get_layer("features").output.shape == (None, 512)


def test_resnet50_has_study_a_s_dense_blocks() -> None:
    network = catalog.build("resnet50_gap", 10, (32, 32), dense_1=384, dense_2=128)
    block = ["Dense", "Dropout", "BatchNormalization"]
    assert _kinds(network)[-8:] == ["GlobalAveragePooling2D", *block, *block, "Dense"]
    assert [network.get_layer(f"dense_{number}").units for number in (1, 2)] == [384, 128]
    assert network.get_layer("dropout_1").rate == 0.5


def test_resnet50_spp_of_any_size_is_the_same_network() -> None:
    fixed = catalog.build("resnet50_spp", 3, (64, 64))
    free = catalog.build("resnet50_spp", 3, (64, 64), any_size=True)
    free.set_weights(fixed.get_weights())
    assert fixed.get_layer("features").output.shape == (None, 14 * 2048)
    images = np.random.default_rng(1).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    np.testing.assert_allclose(
        free(images, training=False), np.array(fixed(images, training=False)), atol=1e-6
    )
    assert free(np.zeros((1, 40, 70, 3)), training=False).shape == (1, 3)


def test_resnet50_with_its_top_speaks_imagenet_s_thousand_words() -> None:
    network = catalog.build("resnet50_kept_top", 44, (32, 32))
    assert network.get_layer("features").output.shape == (None, 1000)


def test_vgg19_ends_in_its_fifth_pooling() -> None:
    network = catalog.build("vgg19", 44, (300, 400))
    assert network.get_layer("block5_pool").output.shape == (None, 9, 12, 512)
    assert network.get_layer("features").output.shape == (None, 55_296)
    assert network.get_layer("hidden").units == 120
    assert _kinds(network).count("AveragePooling2D") == 5
    maxed = catalog.build("vgg19", 44, (32, 32), hidden=0, pooling="max")
    assert _kinds(maxed).count("MaxPooling2D") == 5
    assert _kinds(maxed)[-2:] == ["Flatten", "Dense"]


def test_inception_v3_ends_in_two_pairs_of_dropout_and_dense() -> None:
    network = catalog.build("inception_v3", 18, (75, 75))
    assert _kinds(network)[-5:] == ["GlobalAveragePooling2D", "Dropout", "Dense", "Dropout", "Dense"]
    assert network.get_layer("dense_1").units == 650
    assert network.get_layer("dropout_1").rate == 0.7


@pytest.mark.parametrize(
    ("scale", "theirs"),
    [
        ("caffe", keras.applications.vgg19.preprocess_input),
        ("minus-one-to-one", keras.applications.inception_v3.preprocess_input),
    ],
)
def test_scales_are_keras_s_own(scale: Scale, theirs: Callable[[np.ndarray], np.ndarray]) -> None:
    images = np.random.default_rng(1).integers(0, 256, (2, 4, 5, 3)).astype("float32")
    found = keras.Model(*raw_image((4, 5), scale))(images)
    np.testing.assert_allclose(found, theirs(images.copy()), atol=1e-4)


def test_covariances_are_numpys_in_rooted_scale() -> None:
    maps = np.random.default_rng(0).normal(size=(2, 5, 7, 4)).astype("float32")
    source = keras.Input((None, None, 4))
    network = keras.Model(source, Covariances()(source))
    assert network.output_shape == (None, 10)
    expected = np.stack([np.cov(one.reshape(-1, 4).T, bias=True)[np.triu_indices(4)] for one in maps])
    found = network.predict(maps, verbose=0)
    np.testing.assert_allclose(np.sign(found) * found**2, expected, atol=2e-3)


@pytest.mark.parametrize("size", [(7, 5), (6, 6), (1, 1), (2, 9)])
@pytest.mark.parametrize("known", [True, False])
def test_a_pyramid_is_the_maxima_of_its_cells(size: tuple[int, int], known: bool) -> None:
    height, width = size
    maps = np.random.default_rng(2).normal(size=(2, height, width, 4)).astype("float32")
    source = keras.Input((*(size if known else (None, None)), 4))
    network = keras.Model(source, SpatialPyramidPooling((1, 2, 3))(source))
    expected = [
        maps[
            :,
            row * height // bins : math.ceil((row + 1) * height / bins),
            column * width // bins : math.ceil((column + 1) * width / bins),
        ].max(axis=(1, 2))
        for bins in (1, 2, 3)
        for row in range(bins)
        for column in range(bins)
    ]
    assert network.output.shape == (None, 14 * 4)
    np.testing.assert_array_equal(network.predict(maps, verbose=0), np.concatenate(expected, axis=1))


def test_a_pyramid_without_cells_is_refused() -> None:
    with pytest.raises(ValueError, match=r"positive numbers of cells a side, received \(0, 2\)"):
        SpatialPyramidPooling((0, 2))


def test_response_normalisation_is_the_paper_s_formula() -> None:
    maps = np.random.default_rng(2).normal(size=(1, 2, 2, 7)).astype("float32") * 50
    expected = np.empty_like(maps)
    for channel in range(7):
        near = maps[..., max(0, channel - 2) : channel + 3]
        expected[..., channel] = maps[..., channel] / (2 + 1e-4 * (near**2).sum(axis=-1)) ** 0.75
    np.testing.assert_allclose(LocalResponseNormalization()(maps), expected, rtol=1e-5)


def test_an_unknown_family_lists_those_there_are() -> None:
    with pytest.raises(SettingsError, match=r"'resnet' is no model family.*simple_cnn, vgg_inception"):
        catalog.family("resnet")


def test_an_unknown_option_lists_those_there_are() -> None:
    with pytest.raises(
        SettingsError, match=r"no option \['depth'\]; it has \['alpha', 'pooling', .*'dropout'"
    ):
        catalog.build("mobilenet_v2", 3, (32, 32), depth=3)


@pytest.mark.parametrize("name", list(catalog.FAMILIES))
def test_too_small_an_image_is_refused(name: str) -> None:
    family = catalog.FAMILIES[name]
    with pytest.raises(SettingsError, match=f"at least {family.smallest}x{family.smallest} pixels"):
        family.build(3, (family.smallest - 1, 64))


def test_one_class_is_refused() -> None:
    with pytest.raises(SettingsError, match="at least 2 classes"):
        catalog.build("simple_cnn", 1, (32, 32))


def test_weights_for_a_family_without_use_for_them_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"trained from scratch.*mobilenet_v2"):
        catalog.build("simple_cnn", 3, (32, 32), weights=Weights("imagenet", tmp_path))


def test_reading_the_catalogue_imports_no_keras() -> None:
    code = (
        "import sys; from components.models import catalog; import components.training.presets; "
        "assert catalog.FAMILIES; assert not {'keras', 'tensorflow', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("family", "option"),
    [("simple_cnn", {"dropout": 1.5}), ("vgg19", {"pooling": "avg"}), ("mobilenet_v2", {"pooling": "sum"})],
)
def test_an_option_that_cannot_be_meant_is_said_with_the_family(
    family: str, option: dict[str, object]
) -> None:
    with pytest.raises(
        SettingsError, match=f"{family} cannot be built with the options.*{next(iter(option))}"
    ):
        catalog.build(family, 3, (64, 64), **option)
