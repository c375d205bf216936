from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from components.data.batches import Batches

IMAGES = np.arange(10 * 4 * 4 * 3, dtype=np.uint8).reshape(10, 4, 4, 3)
LABELS = np.arange(10)


def seen(batches: Batches) -> list[int]:
    return [int(label) for place in range(len(batches)) for label in batches[place][1]]


def test_every_work_once_in_batches_of_the_size() -> None:
    batches = Batches(IMAGES, LABELS, 4, shuffle=True, seed=0)
    assert [len(batches[place][1]) for place in range(len(batches))] == [4, 4, 2]
    assert sorted(seen(batches)) == list(range(10))
    for place in range(len(batches)):
        images, labels = batches[place]
        assert images.dtype == np.uint8
        assert np.array_equal(images, IMAGES[labels])


def test_without_shuffling_the_rows_order_stays() -> None:
    batches = Batches(IMAGES, LABELS, 3, shuffle=False, seed=0)
    assert seen(batches) == list(range(10))
    batches.on_epoch_end()
    assert seen(batches) == list(range(10))


def epochs(seed: int) -> list[list[int]]:
    batches = Batches(IMAGES, LABELS, 4, shuffle=True, seed=seed)
    orders = []
    for _ in range(3):
        orders.append(seen(batches))
        batches.on_epoch_end()
    return orders


def test_shuffling_differs_by_epoch_and_seed_and_is_repeated() -> None:
    assert epochs(1) == epochs(1)
    assert epochs(1) != epochs(2)
    assert len({tuple(order) for order in epochs(1)}) == 3


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="received 10 and 9"):
        Batches(IMAGES, LABELS[:9], 4, shuffle=False, seed=0)
    with pytest.raises(ValueError, match="received 0 and 0"):
        Batches(IMAGES[:0], LABELS[:0], 4, shuffle=False, seed=0)


def classifier() -> keras.Model:
    keras.utils.set_random_seed(3)
    image = keras.Input((4, 4, 3), name="image")
    flat = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(image))
    model = keras.Model(image, keras.layers.Dense(10, activation="softmax")(flat))
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def losses(images: NDArray[np.generic]) -> list[float]:
    batches = Batches(images, LABELS, 4, shuffle=True, seed=5)
    weights = dict.fromkeys(range(10), 1.0) | {3: 2.0}
    fitted = classifier().fit(batches, epochs=3, shuffle=False, class_weight=weights, verbose=0)
    return [float(loss) for loss in fitted.history["loss"]]


def test_fit_reads_a_memory_mapped_array_and_is_repeatable(tmp_path: Path) -> None:
    np.save(tmp_path / "images.npy", IMAGES)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    first = losses(mapped)
    assert first[-1] < first[0]
    assert losses(mapped) == pytest.approx(first, rel=1e-5)
    assert losses(IMAGES.astype(np.float32)) == pytest.approx(first, rel=1e-5)


def test_predict_keeps_the_order() -> None:
    model = classifier()
    batches = Batches(IMAGES, LABELS, 4, shuffle=False, seed=0)
    assert np.allclose(model.predict(batches, verbose=0), model.predict(IMAGES, verbose=0), atol=1e-6)
