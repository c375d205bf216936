from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from components.data.feeding.batches import Batches, Position
from components.data.feeding.mixing import Mixing

IMAGES = np.arange(10 * 4 * 4 * 3, dtype=np.uint8).reshape(10, 4, 4, 3)
LABELS = np.arange(10)
START = Position()


def seen(batches: Batches) -> list[int]:
    return [int(label) for place in range(len(batches)) for label in batches[place][1]]


def advance(batches: Batches) -> None:
    """As Keras does it around an epoch."""
    batches.on_epoch_begin()
    batches.on_epoch_end()


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
    advance(batches)
    assert seen(batches) == list(range(10))


def epochs(seed: int) -> list[list[int]]:
    batches = Batches(IMAGES, LABELS, 4, shuffle=True, seed=seed)
    orders = []
    for _ in range(3):
        orders.append(seen(batches))
        advance(batches)
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


def classifier(*, one_hot: bool = False) -> keras.Model:
    keras.utils.set_random_seed(3)
    image = keras.Input((4, 4, 3), name="image")
    flat = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(image))
    model = keras.Model(image, keras.layers.Dense(10, activation="softmax")(flat))
    model.compile("adam", f"{'' if one_hot else 'sparse_'}categorical_crossentropy")
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


def test_keras_ending_what_never_began_skips_no_order() -> None:
    batches = Batches(IMAGES, LABELS, 4, shuffle=True, seed=1)
    first = seen(batches)
    batches.on_epoch_end()
    assert seen(batches) == first


@pytest.mark.parametrize("place", [(0, 0), (0, 1), (1, 2), (2, 0)])
def test_taken_up_anywhere_the_rest_is_the_unbroken_run_s(place: tuple[int, int]) -> None:
    orders = epochs(1)
    batches = Batches(IMAGES, LABELS, 4, shuffle=True, seed=1, start=Position(*place))
    epoch, batch = place
    assert len(batches) == 3 - batch
    assert seen(batches) == orders[epoch][4 * batch :]
    if epoch < 2:
        advance(batches)
        assert len(batches) == 3
        assert seen(batches) == orders[epoch + 1]


def test_a_start_beyond_the_epoch_is_refused() -> None:
    with pytest.raises(ValueError, match="a start within 3 batches is expected, received batch 3"):
        Batches(IMAGES, LABELS, 4, shuffle=True, seed=1, start=Position(0, 3))


def test_batches_that_are_held_stay_as_they_were() -> None:
    batches = Batches(IMAGES, LABELS, 4, shuffle=True, seed=0)
    held = []
    for _ in range(2):
        held += [batches[place] for place in range(len(batches))]
        advance(batches)
    for images, labels in held:
        assert np.array_equal(images, IMAGES[labels])


def test_chosen_rows_make_up_the_epoch_some_several_times() -> None:
    rows = np.array([3, 5, 5, 5, 9])
    batches = Batches(IMAGES, LABELS, 2, shuffle=True, seed=0, rows=rows)
    assert len(batches) == 3
    assert sorted(seen(batches)) == [3, 5, 5, 5, 9]
    kept = Batches(IMAGES, LABELS, 2, shuffle=False, seed=0, rows=rows[::-1])
    assert [sorted(map(int, kept[place][1])) for place in range(3)] == [[5, 9], [5, 5], [3]]
    assert np.array_equal(kept[2][0], IMAGES[[3]])


@pytest.mark.parametrize("rows", [[], [3, 10], [-1, 2]])
def test_rows_that_are_not_there_are_refused(rows: list[int]) -> None:
    with pytest.raises(ValueError, match="rows of 0 to 9 are expected"):
        Batches(IMAGES, LABELS, 4, shuffle=True, seed=0, rows=np.array(rows, int))


class Breaks(keras.callbacks.Callback):
    """Ends the process's work amid an epoch, as a kill would."""

    def __init__(self, epoch: int, batch: int) -> None:
        super().__init__()
        self.at = (epoch, batch)
        self.epoch = 0

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        if (self.epoch, batch) == self.at:
            raise KeyboardInterrupt


class Reached(keras.callbacks.Callback):
    """Knows how far training is; the batches cannot, for a backend fetches them ahead of the steps."""

    def __init__(self, batches: Batches) -> None:
        super().__init__()
        self._batches = batches
        self.position = batches.start

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        """One more batch of the epoch is in the weights."""
        epoch, first = self._batches.start
        self.position = Position(epoch, first + batch + 1)

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        """The whole epoch is."""
        self.position = Position(epoch + 1)


@pytest.mark.parametrize("mixing", [None, Mixing("mixup", 10)])
def test_training_broken_off_amid_an_epoch_ends_where_the_unbroken_ends(mixing: Mixing | None) -> None:
    def batches(start: Position = START) -> Batches:
        return Batches(IMAGES, LABELS, 2, shuffle=True, seed=5, mixing=mixing, start=start)

    unbroken, broken = classifier(one_hot=mixing is not None), classifier(one_hot=mixing is not None)
    unbroken.fit(batches(), epochs=4, shuffle=False, verbose=0)
    fed = batches()
    reached = Reached(fed)
    with pytest.raises(KeyboardInterrupt):
        broken.fit(fed, epochs=4, shuffle=False, verbose=0, callbacks=[reached, Breaks(1, 2)])
    assert reached.position == (1, 3)
    again = batches(reached.position)
    reached = Reached(again)
    broken.fit(again, initial_epoch=1, epochs=2, shuffle=False, verbose=0, callbacks=[reached])
    assert reached.position == (2, 0)
    broken.fit(again, initial_epoch=2, epochs=4, shuffle=False, verbose=0, callbacks=[reached])
    assert reached.position == (4, 0)
    for one, other in zip(broken.get_weights(), unbroken.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)


def test_mixed_batches_are_repeated_and_differ_by_epoch() -> None:
    def mixed(start: Position) -> list[np.ndarray]:
        batches = Batches(IMAGES, LABELS, 5, shuffle=True, seed=2, mixing=Mixing("mixup", 10), start=start)
        return list(batches[1 - start.batch])

    first, again = mixed(Position(0, 0)), mixed(Position(0, 1))
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    assert first[0].dtype == np.uint8
    assert not np.array_equal(first[1], mixed(Position(1, 0))[1])


def test_mixed_works_weigh_as_their_classes_shares() -> None:
    weights = {number: 1.0 + number for number in range(10)}
    batches = Batches(
        IMAGES, LABELS, 10, shuffle=False, seed=2, mixing=Mixing("cutmix", 10), class_weights=weights
    )
    _, shares, found = batches[0]
    np.testing.assert_allclose(found, shares @ np.arange(1.0, 11.0), rtol=1e-6)
