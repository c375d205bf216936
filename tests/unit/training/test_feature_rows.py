"""Features of pictures that were seen before are copied from kept arrays, not computed anew."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from components.data.cache import row_index
from components.data.cache.array_file import Layout
from components.data.cache.store import Store
from components.training.frozen import feature_cache
from components.training.frozen.feature_cache import Views
from tests.tiny_training import tinted


@pytest.fixture(scope="module")
def backbone() -> keras.Model:
    image = keras.Input((24, 24, 3))
    return keras.Model(image, keras.layers.GlobalAveragePooling2D()(image[:, :12]))


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pictures each batch computed."""
    counts: list[int] = []
    make = feature_cache._computing

    def counting(*given: object) -> feature_cache.Compute:
        compute = make(*given)  # type: ignore[arg-type]

        def counted(batch: np.ndarray) -> np.ndarray:
            counts.append(len(batch))
            return compute(batch)

        return counted

    monkeypatch.setattr(feature_cache, "_computing", counting)
    return counts


@pytest.mark.parametrize("views", [Views(), Views("flips", 3, seed=4)])
def test_a_refit_computes_only_the_works_that_are_new(
    tmp_path: Path, backbone: keras.Model, computed: list[int], views: Views
) -> None:
    works, store = np.unique(tinted().train_images, axis=0), Store(tmp_path)
    first, second = works[:8], np.concatenate([works[10:12], works[4:8], works[8:10]])
    feature_cache.of(backbone, first, store, "Features", views)
    before = sum(computed)
    assert before <= 8 * views.count
    grown = feature_cache.of(backbone, second, store, "Features", views)
    assert sum(computed) - before <= 4 * views.count
    np.testing.assert_array_equal(
        grown, feature_cache.of(backbone, second, Store(tmp_path / "other"), "Features", views)
    )


def test_rows_of_another_network_or_of_a_damaged_array_are_not_taken(
    tmp_path: Path, backbone: keras.Model, computed: list[int]
) -> None:
    works, store = np.unique(tinted().train_images, axis=0)[:8], Store(tmp_path)
    expected = np.array(feature_cache.of(backbone, works, store, "Features"))
    image = keras.Input((24, 24, 3))
    other = keras.Model(image, keras.layers.GlobalAveragePooling2D()(image[:, 12:]))
    feature_cache.of(other, works, store, "Features")
    assert sum(computed) == 16
    for file in tmp_path.glob("*/array.npy"):
        content = bytearray(file.read_bytes())
        content[-1] ^= 1
        file.write_bytes(content)
    np.testing.assert_array_equal(feature_cache.of(backbone, works[::-1], store, "Features"), expected[::-1])
    assert sum(computed) == 24


def test_a_damaged_list_of_rows_is_left_aside(tmp_path: Path) -> None:
    store = Store(tmp_path)
    layout = Layout((2, 3), "<f4")
    store.array("a" * 16, layout, lambda: [np.ones((2, 3), np.float32)], "features")
    rows = [row_index.digest(b"one"), row_index.digest(b"two")]
    row_index.note(store, "a" * 16, "kind", rows)
    assert row_index.KeptRows(store, "kind", (3,), "<f4").find(rows[1]) is not None
    file = next(tmp_path.glob("*/rows-kind.bin"))
    file.write_bytes(file.read_bytes()[:-7])
    assert row_index.KeptRows(store, "kind", (3,), "<f4").find(rows[1]) is None
    row_index.note(store, "never made", "kind", rows)


def test_networks_that_differ_in_an_argument_alone_are_different(backbone: keras.Model) -> None:
    image = keras.Input((24, 24, 3))
    same = keras.Model(image, keras.layers.GlobalAveragePooling2D()(image[:, :12]))
    other = keras.Model(image, keras.layers.GlobalAveragePooling2D()(image[:, :13]))
    flipped = [keras.Model(image, keras.ops.flip(image, axis=axis)) for axis in (1, 2)]
    assert feature_cache._network(same) == feature_cache._network(backbone)
    assert len({feature_cache._network(network) for network in (same, other, *flipped)}) == 4
