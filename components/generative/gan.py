"""A GAN that learns to draw a collection's kind of pictures (study C8).

Goodfellow et al. 2014, arXiv:1406.2661, with DCGAN's networks (Radford et al. 2015, arXiv:1511.06434).
Both players learn in one `fit`, on any Keras backend: the loss is the sum of two, each of which is held
back from the other player's weights.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops
from PIL import Image

from components.devices import jit_compile
from components.errors import TrainingError
from components.frozen import shifted
from components.generative import gan_networks
from components.generative.grids import grid
from components.generative.recipes import GanRecipe
from components.progress import Advance, steps

Logs = dict[str, float]


@dataclass(frozen=True)
class GanResult:
    """What a training leaves.

    Attributes:
        grids: (epoch, picture) of the same noise as training went on; epoch 0 is before the first step.
        history: an epoch a row: generator_loss, discriminator_loss, real_accuracy, fake_accuracy (the
            share of real works, of fakes, that the discriminator told; about .5 to .8 is a good contest).
        generator: latent (B, latent), standard normal, to pictures (B, S, S, 3) in 0..255.
        seconds: wall time of the training.
    """

    grids: list[tuple[int, Image.Image]]
    history: list[Logs]
    generator: keras.Model
    seconds: float


class Adversaries(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """The two players: a batch of real pictures (B, S, S, 3), 0..255, in; the sum of both losses out."""

    def __init__(self, recipe: GanRecipe) -> None:
        super().__init__(name="adversaries")
        size, width, seed = recipe.image_size, recipe.base_filters, recipe.seed
        self.generator = gan_networks.generator(size, recipe.latent, width, seed)
        self.discriminator = gan_networks.discriminator(size, width, recipe.dropout, shifted(seed, 100))
        # The players circle round each other; the mean of the generator's path draws better than its
        # last point (Yazici et al. 2018, arXiv:1806.04498).
        self.averaged = gan_networks.generator(size, recipe.latent, width, seed)
        self.averaged.trainable = False
        self.recipe = recipe
        self.noise = keras.random.SeedGenerator(seed)
        names = ("generator_loss", "discriminator_loss", "real_accuracy", "fake_accuracy")
        self.means = {name: keras.metrics.Mean(name=name) for name in names}

    def call(self, images: Any) -> Any:
        """Fakes (B, S, S, 3), one for each real picture."""
        noise = keras.random.normal((ops.shape(images)[0], self.recipe.latent), seed=self.noise)
        return self.generator(noise, training=True)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,  # noqa: ARG002
        y_pred: Any = None,
        sample_weight: Any = None,  # noqa: ARG002
        training: bool = True,  # noqa: FBT001, FBT002
    ) -> Any:
        """Both players' losses on real pictures `x` and fakes `y_pred`; also moves the mean generator."""
        real = self.discriminator(x, training=training)
        fake = self.discriminator(ops.stop_gradient(y_pred), training=training)
        discriminator_loss = ops.mean(ops.softplus(-real)) + ops.mean(ops.softplus(fake))
        generator_loss = self.generator_loss(y_pred)
        if training:
            self._average()
        self.means["generator_loss"].update_state(generator_loss)
        self.means["discriminator_loss"].update_state(discriminator_loss)
        self.means["real_accuracy"].update_state(ops.cast(real > 0, "float32"))
        self.means["fake_accuracy"].update_state(ops.cast(fake < 0, "float32"))
        return discriminator_loss + generator_loss

    def generator_loss(self, fake: Any) -> Any:
        """How badly the fakes (B, S, S, 3) deceive; the discriminator's weights are held."""
        held = [ops.stop_gradient(variable.value) for variable in self.discriminator.trainable_variables]
        state = [variable.value for variable in self.discriminator.non_trainable_variables]
        logits, _ = self.discriminator.stateless_call(held, state, fake, training=True)
        if self.recipe.objective == "minimax":
            return -ops.mean(ops.softplus(logits))  # log(1 - D(G(z)))
        return ops.mean(ops.softplus(-logits))  # -log D(G(z))

    def _average(self) -> None:
        old = self.recipe.averaging
        for mean, latest in zip(self.averaged.variables, self.generator.variables, strict=True):
            mean.assign(old * mean.value + (1 - old) * latest.value)


class _Works(keras.utils.PyDataset):  # type: ignore[misc]  # Keras ships no types
    """Whole shuffled batches (B, S, S, 3) float32, each picture mirrored or not; reproducible."""

    def __init__(self, images: np.ndarray, batch_size: int, seed: int) -> None:
        super().__init__()
        self.images = images
        self.batch_size = min(batch_size, len(images))
        self.random = np.random.default_rng(seed)
        self.order = self.random.permutation(len(images))

    def __len__(self) -> int:
        return len(self.images) // self.batch_size

    def __getitem__(self, place: int) -> tuple[np.ndarray]:
        chosen = self.order[place * self.batch_size : (place + 1) * self.batch_size]
        batch = self.images[chosen].astype(np.float32)
        mirrored = self.random.random(len(batch)) < 0.5
        batch[mirrored] = batch[mirrored, :, ::-1]
        return (batch,)

    def on_epoch_end(self) -> None:
        self.order = self.random.permutation(len(self.images))


class _Journal(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Rows of history and sample grids, as epochs end."""

    def __init__(
        self, recipe: GanRecipe, epochs: int, advance: Advance, on_epoch: Callable[[int, Logs], None] | None
    ) -> None:
        super().__init__()
        self.side, self.advance, self.on_epoch = recipe.grid_side, advance, on_epoch
        self.history: list[Logs] = []
        self.grids: list[tuple[int, Image.Image]] = []
        self.sampled = {round(epochs * sample / recipe.samples) for sample in range(recipe.samples + 1)}
        random = np.random.default_rng(recipe.seed)
        self.noise = random.standard_normal((recipe.grid_side**2, recipe.latent), np.float32)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        self.sample(0)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        self.advance()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        row = {name: float(value) for name, value in (logs or {}).items() if name != "loss"}
        self.history.append(row)
        if epoch + 1 in self.sampled:
            self.sample(epoch + 1)
        if self.on_epoch:
            self.on_epoch(epoch + 1, row)

    def sample(self, epoch: int) -> None:
        images = ops.convert_to_numpy(self.model.averaged(self.noise, training=False))
        self.grids.append((epoch, grid(images, self.side)))


def train(
    images: np.ndarray, recipe: GanRecipe, *, on_epoch: Callable[[int, Logs], None] | None = None
) -> GanResult:
    """Train both players on pictures, uint8 (N, S, S, 3) with S = recipe.image_size.

    An epoch shows every picture once (less what is over from whole batches), mirrored at random; there
    are as many as recipe.steps needs. `on_epoch` gets the epoch's number from 1 and its row of history.

    Raises:
        TrainingError: the pictures' shape or kind is not that.
    """
    _check(images, recipe)
    began = time.perf_counter()
    works = _Works(images, recipe.batch_size, recipe.seed)
    epochs = -(-recipe.steps // len(works))
    players = Adversaries(recipe)
    players.compile(keras.optimizers.Adam(recipe.learning_rate, beta_1=0.5), jit_compile=jit_compile())
    with steps("Training the GAN", epochs * len(works)) as advance:
        journal = _Journal(recipe, epochs, advance, on_epoch)
        players.fit(works, epochs=epochs, shuffle=False, verbose=0, callbacks=[journal])
    return GanResult(journal.grids, journal.history, players.averaged, time.perf_counter() - began)


def _check(images: np.ndarray, recipe: GanRecipe) -> None:
    size = recipe.image_size
    if images.ndim != 4 or images.shape[1:] != (size, size, 3) or images.dtype != np.uint8:
        raise TrainingError(
            f"the GAN expects uint8 pictures (N, {size}, {size}, 3), received {images.dtype} {images.shape}. "
            f"Resize them to {size} px, or set the recipe's image_size."
        )
    if len(images) < 2:
        raise TrainingError(
            f"the GAN expects at least 2 pictures, received {len(images)}. Select more of the collection."
        )
