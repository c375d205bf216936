"""What feeds fit(): batches out of (memory-mapped) arrays, for any Keras backend."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from components.data.feeding.mixing import Mixing
from components.devices import replicas

Batch = tuple[NDArray[Any], ...]


class Position(NamedTuple):
    """A place in training: whole epochs behind it, and batches of the one it is in."""

    epoch: int = 0
    batch: int = 0


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # keras ships no types
    """Pairs (images, labels), each row once an epoch; the last batch may be smaller.

    Images keep the array's dtype: uint8 0..255 goes to the device as it is, a quarter of float32's bytes,
    and the model's first layer casts. Feature arrays (N, F) pass the same way. Pass `shuffle=False` to
    `fit`: the order is made here, from the seed and the epoch's number alone.

    So training can be taken up anywhere, also amid an epoch: what comes from `start` on is what an
    unbroken run sees there. Keras asks for the number of batches once a fit, so the rest of a broken
    epoch is a fit of its own, on the same object:

        batches = Batches(..., start=Position(epoch=3, batch=17))
        model.fit(batches, initial_epoch=3, epochs=4, shuffle=False)
        model.fit(batches, initial_epoch=4, epochs=10, shuffle=False)
    """

    def __init__(  # noqa: PLR0913
        self,
        images: NDArray[Any],
        labels: NDArray[Any],
        batch_size: int,
        *,
        shuffle: bool,
        seed: int,
        rows: NDArray[np.intp] | None = None,
        start: Position = Position(),  # noqa: B008  # a frozen value
        mixing: Mixing | None = None,
        class_weights: dict[int, float] | None = None,
        views: int = 1,
        sizes: tuple[int, ...] = (),
        **options: Any,
    ) -> None:
        """Set up an epoch's order; nothing is read yet.

        Args:
            images: (N, ...); with `views`, (views N, ...): row v N + i is view v of work i.
            labels: (N,) class numbers, or (N, C) of zeros and ones.
            batch_size: rows a batch; where several devices share it (`runtime.replicas`), a multiple of them.
            shuffle: another order each epoch; False: as `rows` has it.
            seed: of order and mixing.
            rows: which make up an epoch; one may stand there several times (study C9's top-up of rare
                classes). All of them, once each, if None.
            start: where to begin; see the class.
            mixing: MixUp or CutMix: labels come as (B, C), and pictures within 0..255.
            class_weights: with `mixing`, where Keras's own `class_weight` would see the larger share only:
                a third array (B,), each work's weight by the shares of its classes.
            views: epoch e sees view e modulo this.
            sizes: batches go through these squares of pixels in turn (study A8); the pictures' own if empty.
            **options: PyDataset's own (workers, max_queue_size).

        Raises:
            ValueError: the lengths differ, nothing is there, there is no such row, or `start` lies beyond the
                epoch's end.
        """
        if len(images) != views * len(labels) or not len(labels):
            raise ValueError(
                f"as many images as labels are expected, {views} time(s) over; received {len(images)} and "
                f"{len(labels)}."
            )
        super().__init__(**options)
        self._images = np.asarray(images)  # of a memory map a plain view: its own class costs time a batch
        self._labels = np.asarray(labels)
        self._rows = np.arange(len(self._labels)) if rows is None else np.asarray(rows, dtype=np.intp)
        if not len(self._rows) or not 0 <= self._rows.min() <= self._rows.max() < len(self._labels):
            raise ValueError(f"rows of 0 to {len(self._labels) - 1} are expected, received {rows}.")
        self._in_order = rows is None and not shuffle and views == 1
        self._batch_size = batch_size
        self._shuffle = shuffle
        self._seed = seed
        self._mixing = mixing
        self._class_weights = class_weights
        self._views = views
        self._sizes = sizes
        self._within = False
        # Devices that share batches take equal parts, so a shuffled epoch leaves out the few that are over.
        over = len(self._rows) % replicas() if shuffle else 0
        self._count = len(self._rows) - (over if over < len(self._rows) else 0)
        whole = math.ceil(self._count / batch_size)
        if not 0 <= start.batch < whole:
            raise ValueError(f"a start within {whole} batches is expected, received batch {start.batch}.")
        self._go_to(start)

    @property
    def start(self) -> Position:
        """Where the epoch that is running, or comes next, begins."""
        return self._start

    @property
    def num_batches(self) -> int:
        """Batches in the epoch that is running, or comes next."""
        return math.ceil(self._count / self._batch_size) - self._start.batch

    def __len__(self) -> int:
        return self.num_batches

    def __getitem__(self, place: int) -> Batch:
        place += self._start.batch
        rows = self._order[place * self._batch_size : (place + 1) * self._batch_size]
        if self._in_order:  # neighbours: one read, no copy
            part = slice(rows[0], rows[-1] + 1)
            images, labels = self._images[part], self._labels[part]
        else:
            # Rising places: a batch's sum does not mind its order, the disk does.
            rows = np.sort(rows)
            first = self._start.epoch % self._views * len(self._labels)
            images, labels = self._images[rows + first], self._labels[rows]
        batch = (images, labels) if self._mixing is None else self._mixed(images, labels, place)
        if not self._sizes:
            return batch
        return _resized(batch[0], self._sizes[(self._start.epoch + place) % len(self._sizes)]), *batch[1:]

    def on_epoch_begin(self) -> None:
        """From here on the epoch counts as running."""
        self._within = True

    def on_epoch_end(self) -> None:
        """The next epoch is whole and has another order, the same on every run.

        Keras also calls this before the first epoch; only an epoch that began can end.
        """
        if self._within:
            self._within = False
            self._go_to(Position(self._start.epoch + 1))

    def _go_to(self, start: Position) -> None:
        self._start = start
        self._order = self._rows
        if self._shuffle:
            self._order = np.random.default_rng((self._seed, start.epoch)).permutation(self._rows)[
                : self._count
            ]

    def _mixed(self, images: NDArray[Any], labels: NDArray[Any], place: int) -> Batch:
        assert self._mixing is not None  # noqa: S101
        random = np.random.default_rng((self._seed, self._start.epoch, place))
        mixed, shares = self._mixing(images, labels, random)
        if self._class_weights is None:
            return mixed, shares
        weights = np.zeros(shares.shape[1], np.float32)
        weights[list(self._class_weights)] = list(self._class_weights.values())
        return mixed, shares, shares @ weights


def _resized(images: NDArray[Any], side: int) -> NDArray[Any]:
    """uint8 pictures (B, H, W, 3) stretched to squares of `side` pixels."""
    if images.shape[1:3] == (side, side):
        return images
    pictures = (Image.fromarray(pixels).resize((side, side), Image.Resampling.BILINEAR) for pixels in images)
    return np.stack([np.asarray(picture) for picture in pictures])
