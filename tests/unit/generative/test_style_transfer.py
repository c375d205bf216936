"""Style transfer at 32 px with a tiny network: losses fall, layers and sizes are right, mistakes are told."""

import keras
import numpy as np
import pytest
from PIL import Image

from components.errors import SettingsError, TrainingError
from components.generative import style_losses
from components.generative.feature_maps import chosen, feature_extractor, feature_layers
from components.generative.grids import before_after, grid, strip
from components.generative.recipes import StyleRecipe
from components.generative.style_transfer import content_photo, transfer

TINY = StyleRecipe(size=32, steps=30, halvings=1, style_weight=10, learning_rate=8)


@pytest.fixture(scope="module")
def network() -> keras.Model:
    """Three convolutions for 20x20 pictures, with the layers that tie it to that size."""
    keras.utils.set_random_seed(0)
    image = keras.Input((20, 20, 3), name="image")
    x = keras.layers.Rescaling(1 / 255)(image)
    for number, filters in enumerate((4, 6, 8), start=1):
        x = keras.layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"conv{number}")(x)
        x = keras.layers.MaxPooling2D()(x)
    x = keras.layers.Dense(2, activation="softmax", name="probabilities")(keras.layers.Flatten()(x))
    return keras.Model(image, x, name="tiny")


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    """A red square on green, wider than high."""
    pixels = np.full((40, 60, 3), (40, 160, 60), np.uint8)
    pixels[10:30, 15:45] = (200, 40, 30)
    return Image.fromarray(pixels)


@pytest.fixture(scope="module")
def painting() -> Image.Image:
    """Blue and yellow stripes."""
    pixels = np.zeros((48, 48, 3), np.uint8)
    pixels[:, ::4] = pixels[:, 1::4] = (30, 40, 220)
    pixels[:, 2::4] = pixels[:, 3::4] = (250, 220, 40)
    return Image.fromarray(pixels)


@pytest.fixture(scope="module")
def told():
    return []


@pytest.fixture(scope="module")
def result(photo, painting, network, told):
    return transfer(photo, painting, network, TINY, on_step=lambda step, row: told.append((step, row)))


def test_the_losses_fall_and_are_told_every_ten_steps(result, told):
    assert told == [(10, result.history[0]), (20, result.history[1]), (30, result.history[2])]
    assert set(result.history[0]) == {"loss", "content_loss", "style_loss", "total_variation_loss"}
    assert result.history[-1]["loss"] < result.history[0]["loss"]
    assert result.history[-1]["style_loss"] < result.history[0]["style_loss"]


def test_the_pictures_keep_their_shape_and_the_photo_its_content(result):
    assert result.image.size == result.content.size == (32, 21)
    assert result.style.size == (32, 32)
    repainted, content = (np.asarray(picture, float) for picture in (result.image, result.content))
    assert np.abs(repainted - content).mean() > 5
    middle, corner = repainted[10, 16], repainted[1, 1]
    assert middle[0] - corner[0] > 30  # the square is redder than what is around it, as it was


def test_the_same_seed_paints_the_same_picture(photo, painting, network, result):
    again = transfer(photo, painting, network, TINY)
    assert np.abs(np.asarray(again.image, int) - np.asarray(result.image, int)).max() <= 2


def test_the_network_is_left_as_it_was(photo, painting, network):
    before = [np.array(weight) for weight in network.get_weights()]
    transfer(photo, painting, network, TINY.replace(steps=1))
    assert all(np.array_equal(was, now) for was, now in zip(before, network.get_weights(), strict=True))
    assert all(layer.trainable for layer in network.layers)


def test_before_after_shows_three_labelled_pictures(result):
    sheet = before_after(result)
    assert sheet.height > 320
    assert sheet.width == round(32 * 320 / 21) * 2 + 320 + 4 * 8


def test_feature_layers_from_the_picture_on(network):
    assert feature_layers(network) == ["conv1", "conv2", "conv3"]


@pytest.mark.parametrize(
    ("count", "layers", "content", "style"),
    [
        (3, "literature", [2], [0, 1]),
        (3, "inverted", [1], [2]),
        (1, "literature", [0], [0]),
        (1, "inverted", [0], [0]),
        (16, "literature", [12], [0, 2, 4, 5, 7]),
        (16, "inverted", [4], [8, 10, 12, 13, 15]),
    ],
)
def test_layers_as_in_the_literature_and_inverted(count, layers, content, style):
    names = [f"conv{place}" for place in range(count)]
    assert chosen(names, layers) == ([names[place] for place in content], [names[place] for place in style])


def test_layers_can_be_named(photo, painting, network):
    recipe = TINY.replace(steps=1, content_layers=("conv1",), style_layers=("conv3", "conv1"))
    assert transfer(photo, painting, network, recipe).layers == {
        "content": ["conv1"],
        "style": ["conv3", "conv1"],
    }


def test_the_extractor_sees_what_the_network_sees_at_any_size(network):
    eye = feature_extractor(network, ["conv3", "conv1"])
    picture = np.random.default_rng(0).uniform(0, 255, (1, 20, 20, 3)).astype(np.float32)
    inside = keras.Model(network.input, network.get_layer("conv3").output)
    np.testing.assert_allclose(eye(picture)["conv3"], inside(picture), rtol=1e-4, atol=1e-5)
    assert eye(np.zeros((1, 40, 24, 3), np.float32))["conv1"].shape == (1, 40, 24, 4)
    assert not eye.trainable_variables


def test_losses_are_shares_of_their_goal():
    maps = np.random.default_rng(0).uniform(0, 5, (1, 6, 6, 3)).astype(np.float32)
    plain = np.broadcast_to(maps.mean(axis=(1, 2), keepdims=True), maps.shape)
    assert float(style_losses.content_loss(maps, maps)) == 0
    assert float(style_losses.content_loss(plain, maps)) == pytest.approx(1, rel=1e-3)
    goal = style_losses.gram(maps)
    assert float(style_losses.style_loss(goal, goal)) == 0
    assert float(style_losses.style_loss(0 * goal, goal)) == pytest.approx(1, rel=1e-3)
    assert float(style_losses.total_variation(plain)) == pytest.approx(0, abs=1e-6)


def test_gram_is_the_mean_product_of_channels_wherever_they_are():
    maps = np.arange(12, dtype=np.float32).reshape(1, 2, 2, 3)
    flat = maps.reshape(4, 3)
    np.testing.assert_allclose(style_losses.gram(maps), flat.T @ flat / 4)
    np.testing.assert_allclose(style_losses.gram(maps[:, ::-1]), style_losses.gram(maps))


@pytest.mark.parametrize("name", ["china", "flower"])
def test_the_photos_that_come_with_scikit_learn(name):
    assert (content_photo(name).mode, content_photo(name).size) == ("RGB", (640, 427))


def test_another_photo_is_refused():
    with pytest.raises(SettingsError, match=r"'moon' is no photo .*china.*flower"):
        content_photo("moon")


def test_a_network_without_convolutions_is_refused(photo, painting):
    flat = keras.Sequential(
        [keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(2)], name="mlp"
    )
    with pytest.raises(TrainingError, match=r"mlp: .*expects a network with convolutions.*Flatten.*Choose"):
        transfer(photo, painting, flat, TINY)


def test_a_layer_that_is_not_there_is_named(photo, painting, network):
    with pytest.raises(TrainingError, match=r"tiny has no convolution \['block4_conv2'\]; it has \['conv1'"):
        transfer(photo, painting, network, TINY.replace(content_layers=("block4_conv2",)))


def test_a_picture_too_narrow_for_the_network_is_refused(painting, network):
    sliver = Image.new("RGB", (200, 20), "teal")
    with pytest.raises(TrainingError, match=r"of 32x3 pixels, halved . times.*Raise the recipe's size"):
        transfer(sliver, painting, network, TINY.replace(halvings=2))


def test_a_grid_enlarges_small_pictures_by_a_whole_factor():
    images = np.zeros((3, 8, 8, 3), np.float32)
    images[0] = 300.0  # clipped to white
    sheet = grid(images, 2, tile=20, gap=1)
    assert sheet.size == (2 * 17 + 1, 2 * 17 + 1)
    assert sheet.getpixel((5, 5)) == (255, 255, 255)
    assert sheet.getpixel((20, 5)) == (0, 0, 0)


def test_a_strip_brings_pictures_to_one_height():
    sheet = strip([("one", Image.new("RGB", (10, 20))), ("two", Image.new("L", (40, 20)))], height=40, gap=4)
    assert sheet.size == (20 + 80 + 3 * 4, 40 + 20 + 2 * 4)
