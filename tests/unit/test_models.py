"""The families, layer for layer, and what the catalogue refuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import keras
import pytest

from components.errors import SettingsError
from components.models import catalog
from components.models.backbones import Weights


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


def test_an_unknown_family_lists_those_there_are() -> None:
    with pytest.raises(SettingsError, match=r"'resnet' is no model family.*simple_cnn, vgg_inception"):
        catalog.family("resnet")


def test_an_unknown_option_lists_those_there_are() -> None:
    with pytest.raises(SettingsError, match=r"no option \['depth'\]; it has \['alpha', 'dropout'\]"):
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
        "import sys; from components.models import catalog; import components.training.recipes; "
        "assert catalog.FAMILIES; assert not {'keras', 'tensorflow', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
