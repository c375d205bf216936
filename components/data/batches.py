"""What feeds fit(): batches out of (memory-mapped) arrays, for any Keras backend."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # keras ships no types
    """Pairs (images, labels), each work once an epoch; the last batch may be smaller.

    Images keep the array's dtype: uint8 0..255 goes to the device as it is, a quarter of float32's bytes,
    and the model's first layer casts. Feature arrays (N, F) pass the same way. Pass `shuffle=False` to
    `fit`: the order is made here, from the seed and the epoch's number alone.
    """

    def __init__(
        self,
        images: NDArray[Any],
        labels: NDArray[Any],
        batch_size: int,
        *,
        shuffle: bool,
        seed: int,
        **options: Any,
    ) -> None:
        """Arrays of equal length; `options` (workers, max_queue_size) are PyDataset's.

        Raises:
            ValueError: the lengths differ, or nothing is there.
        """
        if len(images) != len(labels) or not len(labels):
            raise ValueError(
                f"as many images as labels are expected, received {len(images)} and {len(labels)}."
            )
        super().__init__(**options)
        self._images = images
        self._labels = np.asarray(labels)
        self._batch_size = batch_size
        self._shuffle = shuffle
        self._seed = seed
        self._epoch = 0
        self._order = self._ordered()

    @property
    def num_batches(self) -> int:
        """Batches in an epoch."""
        return math.ceil(len(self._labels) / self._batch_size)

    def __len__(self) -> int:
        return self.num_batches

    def __getitem__(self, place: int) -> tuple[NDArray[Any], NDArray[Any]]:
        rows = self._order[place * self._batch_size : (place + 1) * self._batch_size]
        if not self._shuffle:  # neighbours: one read, no copy
            part = slice(rows[0], rows[-1] + 1)
            return np.asarray(self._images[part]), self._labels[part]
        # Rising places: a batch's sum does not mind its order, the disk does.
        rows = np.sort(rows)
        return self._images[rows], self._labels[rows]

    def on_epoch_end(self) -> None:
        """The next epoch has another order, the same on every run."""
        self._epoch += 1
        self._order = self._ordered()

    def _ordered(self) -> NDArray[np.intp]:
        if not self._shuffle:
            return np.arange(len(self._labels))
        return np.random.default_rng((self._seed, self._epoch)).permutation(len(self._labels))
