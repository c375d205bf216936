"""Several answers made one: over sizes, mirror images and networks."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from components.errors import SettingsError
from components.inference.engines import Engine
from components.inference.export import write_graph
from components.models import catalog, voting
from components.models.exposed import with_statistics
from components.models.heads import probabilities, pyramid_pooled
from components.models.inputs import raw_image
from components.models.layers import Covariances, MajorityVote, MeanAndDeviation, SmoothResizing
from tests.tiny_training import pictures


def _any_size(seed: int = 0) -> keras.Model:
    """One convolution and a pyramid: takes any size, and answers otherwise at each."""
    keras.utils.set_random_seed(seed)
    image, x = raw_image((None, None), "zero-to-one")
    x = keras.layers.Conv2D(6, 3, activation="relu", name="conv")(x)
    return keras.Model(image, probabilities(4.0 * pyramid_pooled(x), 3), name="any_size")


def _family(size: tuple[int, int], seed: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    return catalog.build("simple_cnn", 3, size)


def _answers(network: keras.Model, images: np.ndarray) -> np.ndarray:
    return np.array(network(images, training=False))


def _shrunk(images: np.ndarray, size: int) -> np.ndarray:
    made = [Image.fromarray(one).resize((size, size), Image.Resampling.BILINEAR) for one in images]
    return np.stack([np.asarray(one) for one in made])


@pytest.mark.parametrize("size", [(11, 17), (30, 40), (24, 32)])
def test_resizing_is_pillows(size: tuple[int, int]) -> None:
    images, _ = pictures(3, 32)
    images = images[:, :24]
    made = _answers(keras.Sequential([keras.Input((24, 32, 3)), SmoothResizing(*size)]), images)
    expected = [
        np.asarray(Image.fromarray(one).resize(size[::-1], Image.Resampling.BILINEAR)) for one in images
    ]
    assert np.abs(made - np.stack(expected)).max() < 1.01  # Pillow rounds, twice


def test_most_votes_win() -> None:
    two_of_three = [[0.5, 0.4, 0.1], [0.5, 0.4, 0.1], [0.0, 1.0, 0.0]]
    each_its_own = [[0.9, 0.1, 0.0], [0.3, 0.4, 0.3], [0.2, 0.3, 0.5]]
    answers = np.array([two_of_three, each_its_own], np.float32)
    found = np.array(MajorityVote()([answers[:, size] for size in range(3)]))
    np.testing.assert_allclose(found, [[0.5, 0.4, 0.1], [0.9, 0.1, 0.0]], atol=1e-6)


def test_the_sizes_vote() -> None:
    network, sizes = _any_size(), (12, 18, 24)
    images, _ = pictures(40, 24)
    by_size = np.stack([_answers(network, _shrunk(images, size)) for size in sizes])
    votes = [np.bincount(column, minlength=3) for column in by_size.argmax(axis=2).T]
    best = np.array(
        [(vote + 0.5 * mean).argmax() for vote, mean in zip(votes, by_size.mean(axis=0), strict=True)]
    )
    found = _answers(voting.over_sizes(network, (24, 24), sizes), images)
    np.testing.assert_array_equal(found.argmax(axis=1), best)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    mean = _answers(voting.over_sizes(network, (24, 24), sizes, kind="mean"), images)
    np.testing.assert_allclose(mean, by_size.mean(axis=0), atol=0.02)  # Pillow rounds


def test_a_mirror_image_is_answered_as_the_image() -> None:
    network = _family((24, 30), 1)
    images = pictures(4, 30)[0][:, :24]
    both = voting.with_mirror(network)
    found = _answers(both, images)
    np.testing.assert_allclose(found, _answers(both, images[:, :, ::-1]), atol=1e-6)
    alone = (_answers(network, images) + _answers(network, images[:, :, ::-1])) / 2
    np.testing.assert_allclose(found, alone, atol=1e-6)


def test_crops_are_the_corners_and_the_middle_beside_the_whole() -> None:
    network, (images, _) = _family((24, 22), 4), pictures(3, 24)
    images = images[:, :, :22].astype("float32")
    views = [images]
    for down, right in ((0, 0), (0, 4), (5, 0), (5, 4), (2, 2)):
        crop = images[:, down : down + 19, right : right + 18]
        views.append(np.array(SmoothResizing(24, 22)(crop)))
    expected = np.mean([_answers(network, view) for view in views], axis=0)
    np.testing.assert_allclose(_answers(voting.with_crops(network, 0.8), images), expected, atol=1e-6)
    with pytest.raises(SettingsError, match="crops of a share"):
        voting.with_crops(network, 1.0)


def test_a_network_of_one_size_is_opened_and_answers_the_same() -> None:
    image = keras.Input((32, 32, 3), name="image")
    maps = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3)(image))
    network, (images, _) = keras.Model(image, keras.layers.Dense(3)(maps)), pictures(2, 32)
    opened = voting.open_sided(network)
    assert opened.input_shape[1:3] == (None, None)
    np.testing.assert_allclose(_answers(opened, images), _answers(network, images), atol=1e-6)
    assert _answers(opened, pictures(2, 40)[0]).shape == (2, 3)
    assert network.layers[1].output.shape == (None, 30, 30, 4)
    flat = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(3)])
    with pytest.raises(SettingsError, match="pictures of one size only"):
        voting.open_sided(flat)


def test_every_view_gives_statistics() -> None:
    keras.utils.set_random_seed(8)
    image, x = raw_image((24, 24), "zero-to-one")
    x = keras.layers.Conv2D(6, 3, activation="relu")(x)
    features = keras.layers.Concatenate(name="features")([MeanAndDeviation()(x), Covariances()(x)])
    network = keras.Model(image, probabilities(features, 3))
    views = voting.over_sizes(voting.open_sided(network), (24, 24), (24, 32), kind="mean")
    whole = voting.with_crops(views, 0.75)
    extended, images = with_statistics(whole), pictures(3, 24)[0]
    assert extended is not None
    answers, statistics = extended(images, training=False)
    np.testing.assert_allclose(np.array(answers), _answers(whole, images), atol=1e-6)
    assert statistics.shape == (3, 12)


def test_an_ensemble_is_the_mean_of_its_members() -> None:
    members = [_family((24, 24), 1), _family((24, 24), 2), _family((30, 26), 3), _any_size()]
    images = pictures(4, 30)[0][:, :, :26]
    whole = voting.mean_of(members)
    assert whole.input_shape == (None, 30, 26, 3)
    small = SmoothResizing(24, 24)(images.astype("float32"))
    seen = [small, small, images, images]
    expected = np.mean([_answers(one, x) for one, x in zip(members, seen, strict=True)], axis=0)
    np.testing.assert_allclose(_answers(whole, images), expected, atol=1e-6)


def test_members_that_share_layers_are_saved_whole(tmp_path: Path) -> None:
    network, images = _family((24, 24), 1), pictures(4, 24)[0]
    part = keras.Model(network.input, probabilities(network.get_layer("dense").output, 3), name="part")
    for number, members in enumerate(
        [(network, part), (network, network), (part, voting.with_mirror(network))]
    ):
        whole = voting.mean_of(members)
        expected = np.mean([_answers(one, images) for one in members], axis=0)
        np.testing.assert_allclose(_answers(whole, images), expected, atol=1e-6)
        whole.save(tmp_path / f"{number}.keras")
        again = keras.models.load_model(tmp_path / f"{number}.keras")
        np.testing.assert_allclose(_answers(again, images), expected, atol=1e-6)


def _composed() -> dict[str, tuple[keras.Model, np.ndarray]]:
    """Every kind, each with pictures of its size."""
    images, _ = pictures(4, 24)
    sizes = voting.over_sizes(_any_size(), (24, 24), (16, 20, 24))
    members = [_family((24, 24), 1), voting.with_mirror(_family((24, 22), 2)), sizes]
    made = [sizes, voting.with_mirror(_family((24, 24), 3)), voting.mean_of(members)]
    return {network.name: (network, images) for network in made}


@pytest.mark.parametrize("name", ["any_size_over_sizes", "simple_cnn_with_mirror", "ensemble"])
def test_saved_and_exported_they_answer_the_same(name: str, tmp_path: Path) -> None:
    network, images = _composed()[name]
    assert network.inputs[0].name == "image"
    assert network.layers[-1].name == "probabilities"
    expected = _answers(network, images)
    network.save(tmp_path / "network.keras")
    np.testing.assert_allclose(
        _answers(keras.models.load_model(tmp_path / "network.keras"), images), expected
    )
    write_graph(network, tmp_path / "graph.xml")
    np.testing.assert_allclose(Engine(tmp_path / "graph.xml")(images), expected, atol=1e-5)


def test_refusals() -> None:
    with pytest.raises(SettingsError, match="any_size"):
        voting.over_sizes(_family((24, 24), 0), (24, 24), (24, 30))
    with pytest.raises(SettingsError, match="different sizes"):
        voting.over_sizes(_any_size(), (24, 24), (24, 24))
    with pytest.raises(SettingsError, match="same classes"):
        voting.mean_of([_family((24, 24), 0), catalog.build("simple_cnn", 4, (24, 24))])
    with pytest.raises(SettingsError, match="open sides"):
        voting.mean_of([_any_size()])
