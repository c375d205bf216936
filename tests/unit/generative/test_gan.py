"""The GAN at 16 px: both players learn, neither through the other's weights; a seed gives its pictures."""

from typing import ClassVar

import keras
import numpy as np
import pytest

from components import progress
from components.errors import TrainingError
from components.generative.gan import Adversaries, train
from components.generative.recipes import GanRecipe

TINY = GanRecipe(
    image_size=16,
    latent=8,
    base_filters=4,
    steps=24,
    batch_size=8,
    learning_rate=2e-3,
    averaging=0.5,
    samples=3,
    grid_side=2,
)


@pytest.fixture(scope="module")
def works() -> np.ndarray:
    """Orange skies over blue seas, (24, 16, 16, 3)."""
    random = np.random.default_rng(0)
    images = np.empty((24, 16, 16, 3), np.uint8)
    images[:, :8] = (240, 150, 40)
    images[:, 8:] = (20, 60, 160)
    return images - random.integers(0, 20, images.shape, np.uint8)


class Bar:
    """A reporter that keeps what it is told."""

    told: ClassVar[list[object]] = []

    def __init__(self, title, total):
        self.told.append((title, total))

    def __enter__(self):
        return lambda steps=1, note="": self.told.append(steps)

    def __exit__(self, *exc):
        return None


@pytest.fixture(scope="module")
def rows():
    return []


@pytest.fixture(scope="module")
def result(works, rows):
    with progress.reporting(Bar):
        return train(works, TINY, on_epoch=lambda number, row: rows.append((number, row)))


def test_grids_show_the_same_noise_from_before_the_first_step_to_the_end(result):
    assert [epoch for epoch, _ in result.grids] == [0, 3, 5, 8]
    assert {picture.size for _, picture in result.grids} == {(2 * 98 + 2, 2 * 98 + 2)}


def test_history_has_both_losses_and_accuracies_an_epoch_a_row(result):
    assert len(result.history) == 8  # 24 steps of 3 batches a pass
    for row in result.history:
        assert set(row) == {"generator_loss", "discriminator_loss", "real_accuracy", "fake_accuracy"}
        assert all(np.isfinite(value) for value in row.values())
        assert 0 <= row["real_accuracy"] <= 1


def test_the_discriminator_learns(result):
    assert result.history[-1]["discriminator_loss"] < result.history[0]["discriminator_loss"]


def test_generator_draws_pictures_in_range(result):
    drawn = np.asarray(result.generator(np.random.default_rng(1).standard_normal((5, 8), np.float32)))
    assert drawn.shape == (5, 16, 16, 3)
    assert drawn.min() >= 0
    assert drawn.max() <= 255


def test_every_step_and_epoch_is_reported(result, rows):
    assert Bar.told == [("Training the GAN", 24), *[1] * 24]
    assert rows == list(enumerate(result.history, start=1))


def test_the_same_seed_gives_the_same_pictures(works, result):
    again = train(works, TINY)
    for (_, first), (_, second) in zip(result.grids, again.grids, strict=True):
        # Not bit for bit: threads may sum float32 in another order.
        assert np.abs(np.asarray(first, int) - np.asarray(second, int)).max() <= 2


def test_another_seed_gives_other_networks():
    noise = np.random.default_rng(1).standard_normal((2, 8), np.float32)
    one, other = (np.asarray(Adversaries(TINY.replace(seed=n)).generator(noise)) for n in (0, 1))
    assert not np.array_equal(one, other)


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
@pytest.mark.parametrize("silenced", ["generator", "discriminator"])
def test_each_loss_moves_its_own_player_alone(works, silenced):
    """With one player's loss switched off that player stands still, though the other one learns."""

    class Half(Adversaries):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            if silenced == "discriminator":
                return self.generator_loss(y_pred)
            return super().compute_loss(x, y, y_pred, sample_weight, training)

        def generator_loss(self, fake):
            return 0.0 if silenced == "generator" else super().generator_loss(fake)

    players = Half(TINY)
    networks = {"generator": players.generator, "discriminator": players.discriminator}
    before = {name: _trained(network) for name, network in networks.items()}
    players.compile(keras.optimizers.Adam(1e-3), jit_compile=False)
    players.fit(works.astype(np.float32), batch_size=8, epochs=1, verbose=0)
    for name, network in networks.items():
        same = [np.array_equal(was, now) for was, now in zip(before[name], _trained(network), strict=True)]
        assert all(same) if name == silenced else not any(same), name


def _trained(network):
    return [np.array(variable) for variable in network.trainable_variables]


def test_the_paper_s_own_objective_trains_too_and_few_works_are_one_batch(works):
    history = train(works[:3], TINY.replace(objective="minimax", steps=2)).history
    assert len(history) == 2
    assert all(row["generator_loss"] <= 0 for row in history)  # log(1 - D(G(z)))


@pytest.mark.parametrize(
    ("images", "said"),
    [
        (np.zeros((4, 20, 16, 3), np.uint8), r"\(N, 16, 16, 3\), received uint8 \(4, 20, 16, 3\)"),
        (np.zeros((4, 16, 16), np.uint8), "Resize"),
        (np.zeros((4, 16, 16, 3), np.float32), "received float32"),
        (np.zeros((1, 16, 16, 3), np.uint8), "at least 2 pictures, received 1"),
    ],
)
def test_wrong_pictures_are_told_apart(images, said):
    with pytest.raises(TrainingError, match=said):
        train(images, TINY)
