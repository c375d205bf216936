"""A network's statistics as a second output: of every family, and of several networks as one."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from components.models import catalog, voting
from components.models.exposed import feature_columns, with_statistics
from tests.tiny_training import pictures


def answers(network: keras.Model, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The network's second output; its first is that of the network alone."""
    extended = with_statistics(network)
    assert extended is not None
    images = pictures(3, size)[0].astype("float32")
    probabilities, statistics = (np.asarray(part) for part in extended(images, training=False))
    np.testing.assert_allclose(probabilities, np.asarray(network(images, training=False)), atol=1e-6)
    assert np.isfinite(statistics).all()
    return images, statistics


def test_each_resolutions_widest_map_gives_means_and_deviations() -> None:
    network = catalog.build("simple_cnn", 3, (24, 24))
    images, statistics = answers(network, 24)
    assert statistics.shape == (3, 2 * (32 + 32 + 64 + 64 + 128 + 128))
    first = keras.Model(network.input, network.layers[2].output)
    assert first.output.shape[1:3] == (22, 22)
    maps = np.asarray(first(images, training=False))
    np.testing.assert_allclose(statistics[:, :32], maps.mean(axis=(1, 2)), rtol=1e-4, atol=1e-4)


def test_statistics_that_are_features_are_taken_from_there() -> None:
    network = catalog.build("mobilenet_v2", 3, (32, 32), pooling="statistics")
    columns = feature_columns(network)
    assert columns is not None
    images, statistics = answers(network, 32)
    features = keras.Model(network.input, network.get_layer("features").output)(images, training=False)
    assert statistics.shape[1] == len(columns) < features.shape[1]  # the covariances are left out
    np.testing.assert_allclose(statistics, np.asarray(features)[:, columns], atol=1e-5)


def test_averages_are_no_statistics() -> None:
    network = catalog.build("mobilenet_v2", 3, (32, 32))
    assert feature_columns(network) is None
    assert answers(network, 32)[1].shape[1] > 2 * 1280


def test_several_networks_stand_side_by_side_and_looks_of_one_are_averaged() -> None:
    first, second = catalog.build("simple_cnn", 3, (24, 24)), catalog.build("grid_cnn", 3, (18, 18))
    widths = [answers(network, size)[1].shape[1] for network, size in ((first, 24), (second, 18))]
    assert answers(voting.mean_of([first, second]), 24)[1].shape[1] == sum(widths)
    assert answers(voting.with_mirror(first), 24)[1].shape[1] == widths[0]
    assert answers(voting.mean_of([voting.with_mirror(first), second]), 24)[1].shape[1] == sum(widths)
    sizes = catalog.build("resnet50_spp", 3, (48, 48), any_size=True)
    assert with_statistics(voting.over_sizes(sizes, (48, 48), (40, 48))) is None  # sides of no known length


def test_the_network_stays_as_it_was(tmp_path) -> None:
    ensemble = voting.mean_of(
        [catalog.build("grid_cnn", 3, (18, 18)), catalog.build("grid_cnn", 3, (12, 12))]
    )
    names = [layer.name for layer in ensemble.layers]
    answers(ensemble, 18)
    ensemble.save(tmp_path / "ensemble.keras")
    again = keras.models.load_model(tmp_path / "ensemble.keras", compile=False)
    assert [layer.name for layer in again.layers] == names
    answers(again, 18)


def test_a_network_without_maps_has_none() -> None:
    image = keras.Input((4, 4, 3))
    flat = keras.layers.Flatten()(image)
    answer = keras.layers.Dense(3, activation="softmax", name="probabilities")(flat)
    assert with_statistics(keras.Model(image, answer)) is None


@pytest.mark.parametrize("layer", ["", "flatten"])
def test_trees_see_their_networks_maps(layer: str) -> None:
    from components.models import boosted
    from components.models.trees import Trees

    cnn = catalog.build("grid_cnn", 3, (18, 18))
    width = boosted.extractor(cnn, layer).output.shape[1]
    none = np.zeros(1, np.int32)
    trees = Trees(none, np.zeros(1, np.float32), none, none, np.zeros(1, np.float32), none, none,
                  np.zeros(3, np.float32), 0, width)  # fmt: skip
    assert answers(boosted.build(cnn, trees, layer), 18)[1].shape[1] == answers(cnn, 18)[1].shape[1]
