"""Training: what a recipe asks for is what happens, and the best epoch comes back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.metrics import f1_score, log_loss

from components import progress
from components.data.cache import store
from components.data.cache.store import Store
from components.errors import SettingsError, TrainingError
from components.models import voting
from components.models.layers import SmoothResizing
from components.settings import Settings
from components.training import inputs
from components.training.fit import finished, fit
from components.training.frozen import feature_cache
from components.training.metrics import epoch_metrics
from components.training.recipe import Policy, Recipe, Stage
from components.training.result import Diverged, TrainingHistory
from components.training.stages import FitState
from tests.tiny_training import backbone_weights, pictures, recipe, tinted, weights_file


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def bars() -> Iterator[list[list[object]]]:
    """Every progress bar shown: [title, total, steps done, last note]."""
    shown: list[list[object]] = []

    @contextmanager
    def reporter(title: str, total: int | None) -> Iterator[progress.Advance]:
        bar: list[object] = [title, total, 0, ""]
        shown.append(bar)

        def advance(steps: int = 1, /, note: str = "") -> None:
            bar[2] = int(str(bar[2])) + steps
            bar[3] = note or bar[3]

        yield advance

    with progress.reporting(reporter):
        yield shown


def test_judged_agrees_with_scikit_learn() -> None:
    random = np.random.default_rng(0)
    truth = random.integers(0, 3, 50)
    probabilities = random.dirichlet(np.ones(5), 50)
    found = epoch_metrics(truth, probabilities)
    predicted = probabilities.argmax(axis=1)
    expected = f1_score(truth, predicted, average="macro", labels=range(5), zero_division=0)
    assert found["val_macro_f1"] == pytest.approx(expected)
    assert found["val_loss"] == pytest.approx(log_loss(truth, probabilities, labels=range(5)))
    assert found["val_accuracy"] == pytest.approx((predicted == truth).mean())


def test_it_learns_and_hands_back_the_best_epoch(settings: Settings, bars: list[list[object]]) -> None:
    data = tinted()
    told: list[tuple[int, dict[str, float]]] = []
    fitted = fit(recipe(epochs=6), data, settings, on_epoch=lambda *epoch: told.append(epoch))
    assert [number for number, _ in told] == [1, 2, 3, 4, 5, 6]
    assert [row for _, row in told] == fitted.history
    assert set(fitted.history[0]) == {
        "loss",
        "accuracy",
        "val_loss",
        "val_accuracy",
        "val_macro_f1",
        "learning_rate",
        "stage",
    }
    best = fitted.history[fitted.best_epoch - 1]
    assert best["val_macro_f1"] == max(row["val_macro_f1"] for row in fitted.history) > 0.9
    found = epoch_metrics(data.validation_labels, fitted.model.predict(data.validation_images, verbose=0))
    assert found["val_loss"] == pytest.approx(best["val_loss"], rel=1e-4)
    assert fitted.seconds > 0
    assert fitted.images_per_second == pytest.approx(6 * 36 / fitted.seconds)
    assert bars == [["Training simple_cnn", 6, 6, bars[0][3]]]
    assert str(bars[0][3]).startswith("loss 0.")


def test_without_validation_works_the_last_epoch_is_kept_and_the_rate_is_cut_when_told(
    settings: Settings,
) -> None:
    data = tinted()
    alone = replace(
        data, validation_images=data.validation_images[:0], validation_labels=data.validation_labels[:0]
    )
    repeated = {"epochs": 3, "stop_patience": None, "reduce_patience": None, "cut_after": (1,)}
    fitted = fit(recipe(**repeated).replace(monitor="none"), alone, settings)
    assert set(fitted.history[0]) == {"loss", "accuracy", "learning_rate", "stage"}
    assert fitted.best_epoch == 3
    assert fitted.rate_cuts == [1]
    assert [row["learning_rate"] for row in fitted.history] == pytest.approx([3e-3, 3e-4, 3e-4])
    with pytest.raises(TrainingError, match="validation part holds 0 works"):
        fit(recipe(epochs=1), alone, settings)


def test_a_picture_is_looked_at_in_several_scales(settings: Settings) -> None:
    data, once = tinted(32), recipe(32, epochs=1)
    image = keras.Input((32, 32, 3), name="image")
    maps = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3)(image / 255))
    network = keras.Model(image, keras.layers.Dense(3, activation="softmax")(maps))
    state = FitState(once, data.labels, TrainingHistory())
    model = finished(once.replace(scales_at_test=(32, 40, 48)), network, state).model
    assert model.input_shape == (None, 32, 32, 3)
    assert model.count_params() == network.count_params()
    images = data.validation_images.astype("float32")
    views = [images, *(SmoothResizing(side, side)(images) for side in (40, 48))]
    expected = np.mean([np.array(voting.open_sided(network)(view)) for view in views], axis=0)
    np.testing.assert_allclose(np.array(model(images, training=False)), expected, atol=1e-5)
    with pytest.raises(SettingsError, match="give one of the two"):
        once.replace(scales_at_test=(32, 40), sizes=(32, 40))


def test_a_family_of_one_size_is_refused_before_it_is_trained(settings: Settings) -> None:
    epochs: list[int] = []
    with pytest.raises(SettingsError, match="pictures of one size only"):
        fit(
            recipe(24, "grid_cnn", epochs=1).replace(scales_at_test=(24, 32)),
            tinted(),
            settings,
            on_epoch=lambda number, _: epochs.append(number),
        )
    assert not epochs


def test_memory_mapped_images_train_alike(settings: Settings, tmp_path: Path) -> None:
    data = tinted()
    np.save(tmp_path / "train.npy", data.train_images)
    mapped = replace(data, train_images=np.load(tmp_path / "train.npy", mmap_mode="r"))
    assert fit(recipe(), mapped, settings).history == fit(recipe(), data, settings).history


def test_the_same_seed_gives_the_same_run(settings: Settings) -> None:
    asked = recipe(policy="stretch", epochs=2)
    first, second = fit(asked, tinted(), settings), fit(asked, tinted(), settings)
    for one, other in zip(first.history, second.history, strict=True):
        assert one == pytest.approx(other, rel=1e-4)
    third = fit(asked.replace(seed=1), tinted(), settings)
    assert third.history[0]["loss"] != pytest.approx(first.history[0]["loss"], rel=1e-4)


def test_without_progress_it_stops_and_fills_its_bar(settings: Settings, bars: list[list[object]]) -> None:
    idle = recipe(learning_rate=1e-12, epochs=30, stop_patience=2, reduce_patience=None)
    fitted = fit(idle, tinted(), settings)
    assert len(fitted.history) == 3
    assert fitted.best_epoch == 1
    assert bars == [["Training simple_cnn", 30, 30, "stopped after 3"]]


def test_rate_cuts_are_told(settings: Settings) -> None:
    idle = recipe(learning_rate=1e-8, epochs=4, stop_patience=None, reduce_patience=1)
    fitted = fit(idle, tinted(), settings)
    assert fitted.rate_cuts == [2, 3, 4]
    assert [row["learning_rate"] for row in fitted.history] == pytest.approx([1e-8, 1e-8, 1e-9, 1e-10])


def test_augmentation_is_gone_from_what_is_handed_back(settings: Settings) -> None:
    data = tinted()
    fitted = fit(recipe(policy="rotate-zoom", epochs=1), data, settings)
    kinds = {type(layer).__name__ for layer in fitted.model.layers}
    assert not {kind for kind in kinds if kind.startswith("Random") or kind == "Sequential"}
    training = [np.array(fitted.model(data.train_images[:2], training=False)) for _ in range(2)]
    np.testing.assert_array_equal(*training)


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
def test_stages_run_in_order_and_count_on(settings: Settings, optimizer: str) -> None:
    first = recipe(epochs=2).stages[0]
    second = Stage.model_validate(
        {"epochs": 3, "optimizer": optimizer, "learning_rate": 1e-7, "policy": Policy.FLIPS}
    )
    told: list[int] = []
    asked = recipe().replace(stages=(first, second), class_weights=True)
    fitted = fit(asked, tinted(), settings, on_epoch=lambda number, _: told.append(number))
    assert told == [1, 2, 3, 4, 5]
    assert [row["learning_rate"] for row in fitted.history] == pytest.approx([3e-3] * 2 + [1e-7] * 3)
    # A stage starts from the best so far: at this rate it stays where that was.
    best_of_first = max(fitted.history[:2], key=lambda row: row["val_macro_f1"])
    assert fitted.history[2]["val_loss"] == pytest.approx(best_of_first["val_loss"], rel=1e-2)


def test_balanced_class_weights_weigh_the_rare_class(settings: Settings) -> None:
    data = tinted(works=60)
    kept = np.flatnonzero((data.train_labels != 2) | (np.arange(60) < 6))
    rare = replace(data, train_images=data.train_images[kept], train_labels=data.train_labels[kept])
    still = recipe(learning_rate=1e-12, epochs=1)
    plain = fit(still, rare, settings).history[0]
    weighted = fit(still.replace(class_weights=True), rare, settings).history[0]
    # The same network sees the same images: only the weights of the classes differ.
    assert weighted["val_loss"] == pytest.approx(plain["val_loss"], rel=1e-5)
    assert weighted["loss"] != pytest.approx(plain["loss"], rel=1e-4)


def test_a_loss_that_is_no_number_stops_and_says_what_to_try(settings: Settings) -> None:
    with pytest.raises(TrainingError, match=r"in epoch \d.*learning rate ten times lower"):
        fit(recipe(learning_rate=1e30, optimizer="sgd"), tinted(), settings)


def test_the_best_network_before_it_goes_with_the_error(settings: Settings) -> None:
    good = recipe(epochs=3)
    wild = Stage(epochs=2, optimizer="sgd", learning_rate=1e30, batch_size=12)
    data = tinted()
    with pytest.raises(Diverged) as caught:
        fit(good.replace(stages=(*good.stages, wild)), data, settings)
    kept = caught.value.kept
    assert kept is not None
    assert 1 <= kept.best_epoch <= 3 < len(kept.history)
    assert not np.isfinite(kept.history[-1]["loss"] + kept.history[-1]["val_loss"])
    found = epoch_metrics(data.validation_labels, kept.model.predict(data.validation_images, verbose=0))
    assert found["val_loss"] == pytest.approx(kept.history[kept.best_epoch - 1]["val_loss"], rel=1e-4)


def test_one_class_in_a_part_is_refused(settings: Settings) -> None:
    data = tinted()
    with pytest.raises(TrainingError, match=r"validation part holds 12 works.*\['green'\].*at least 2"):
        fit(recipe(), replace(data, validation_labels=np.ones(12, int)), settings)
    with pytest.raises(TrainingError, match="training part holds 0 works"):
        fit(recipe(), replace(data, train_images=data.train_images[:0], train_labels=[]), settings)


def test_images_of_another_size_are_refused(settings: Settings) -> None:
    with pytest.raises(TrainingError, match=r"\(36, 24, 24, 3\).*\(N, 32, 32, 3\)"):
        fit(recipe(size=32), tinted(size=24), settings)


def test_an_option_the_family_lacks_is_refused(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="no option"):
        fit(recipe().replace(options={"alpha": 1}), tinted(), settings)


@pytest.mark.parametrize("family", ["simple_cnn", "mobilenet_v2"])
def test_a_random_network_is_never_frozen(settings: Settings, family: str) -> None:
    with pytest.raises(TrainingError, match="a random network would be frozen"):
        fit(recipe(size=32, family=family, train="head"), tinted(size=32), settings)


@pytest.fixture
def head_only(tmp_path: Path) -> Recipe:
    asked = recipe(size=32, family="mobilenet_v2", train="head", epochs=8)
    return asked.replace(weights=str(weights_file(tmp_path)))


def test_frozen_features_are_computed_once(
    settings: Settings, head_only: Recipe, bars: list[list[object]]
) -> None:
    data = tinted(size=32)
    first = fit(head_only, data, settings)
    titles = [bar[0] for bar in bars]
    assert (
        titles[-2:]
        == [
            "Features of mobilenet_v2, training works",
            "Features of mobilenet_v2, validation works",
        ]
        or "Features of mobilenet_v2, training works" in titles
    )
    assert store.of(settings).usage().entries == 2
    bars.clear()
    second = fit(head_only, data, settings)
    assert not [bar for bar in bars if str(bar[0]).startswith("Features")]
    assert second.history == first.history
    # The head was trained on features; what comes back takes raw images.
    best = first.history[first.best_epoch - 1]
    found = epoch_metrics(data.validation_labels, first.model.predict(data.validation_images, verbose=0))
    assert found["val_loss"] == pytest.approx(best["val_loss"], rel=1e-4)
    backbone = keras.applications.MobileNetV2((32, 32, 3), alpha=0.35, include_top=False, weights=None)
    backbone.load_weights(head_only.weights)
    for one, other in zip(backbone_weights(first.model), backbone.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def _cut(seed: int = 0, units: int = 4) -> keras.Model:
    keras.utils.set_random_seed(seed)
    image = keras.Input((8, 8, 3))
    return keras.Model(image, keras.layers.Dense(units)(keras.layers.Flatten()(image)))


def test_features_are_the_network_s_own_for_every_image(tmp_path: Path) -> None:
    images, _ = pictures(70, 8)  # more than a batch, and not a multiple of it
    network = _cut()
    found = feature_cache.of(network, images, Store(tmp_path), "Features")
    np.testing.assert_allclose(found, np.array(network(images)), rtol=1e-4, atol=1e-2)


def test_other_images_or_weights_have_other_features(tmp_path: Path) -> None:
    images, _ = pictures(6, 8)
    feature_cache.of(_cut(), images, Store(tmp_path), "Features")
    for network, works in ((_cut(), images[::-1]), (_cut(seed=1), images), (_cut(units=5), images)):
        found = feature_cache.of(network, works, Store(tmp_path), "Features")
        np.testing.assert_allclose(found, np.array(network(works)), rtol=1e-4, atol=1e-2)
    assert Store(tmp_path).usage().entries == 4


def test_damaged_features_are_computed_again(tmp_path: Path) -> None:
    images, _ = pictures(6, 8)
    first = np.array(feature_cache.of(_cut(), images, Store(tmp_path), "Features"))
    for path in tmp_path.rglob("*.npy"):
        path.write_bytes(path.read_bytes()[:150])
    np.testing.assert_array_equal(feature_cache.of(_cut(), images, Store(tmp_path), "Features"), first)
    assert [path.name for path in tmp_path.rglob("*.npy")] == ["array.npy"]


def test_a_head_then_the_head_on_flips_then_all_of_it(settings: Settings, head_only: Recipe) -> None:
    flips = Stage(epochs=1, train="head", learning_rate=1e-12, batch_size=12, policy=Policy.FLIPS)
    whole = Stage(epochs=1, learning_rate=1e-12, batch_size=12)
    stages = (*head_only.stages, flips, whole)
    fitted = fit(head_only.replace(stages=stages), tinted(size=32), settings)
    assert len(fitted.history) == 10
    # Each stage goes on from the best so far, whichever way it sees the images: at this rate it stays.
    best = max(fitted.history[:8], key=lambda row: row["val_macro_f1"])
    assert [row["val_loss"] for row in fitted.history[8:]] == pytest.approx([best["val_loss"]] * 2, rel=1e-4)
    assert all(layer.trainable for layer in fitted.model.layers)


@pytest.mark.parametrize("mix", ["mixup", "cutmix"])
def test_mixed_pictures_teach_too(settings: Settings, mix: str) -> None:
    asked = recipe(epochs=6, mix=mix).replace(class_weights=True)
    fitted = fit(asked, tinted(), settings)
    assert fitted.history[fitted.best_epoch - 1]["val_macro_f1"] > 0.9


def test_class_weights_weigh_mixed_pictures(settings: Settings) -> None:
    data = tinted(works=60)
    kept = np.flatnonzero((data.train_labels != 2) | (np.arange(60) < 6))
    rare = replace(data, train_images=data.train_images[kept], train_labels=data.train_labels[kept])
    still = recipe(learning_rate=1e-12, epochs=1, mix="mixup")
    plain = fit(still, rare, settings).history[0]
    weighted = fit(still.replace(class_weights=True), rare, settings).history[0]
    assert weighted["val_loss"] == pytest.approx(plain["val_loss"], rel=1e-5)
    assert weighted["loss"] != pytest.approx(plain["loss"], rel=1e-4)


def test_rare_classes_are_topped_up_in_training_alone(settings: Settings) -> None:
    data = tinted(works=60)
    kept = np.flatnonzero((data.train_labels != 2) | (np.arange(60) < 6))
    rare = replace(data, train_images=data.train_images[kept], train_labels=data.train_labels[kept])
    asked = recipe(epochs=2, policy="rand-augment").replace(top_up=20)
    assert inputs.rows(asked, rare.labels).size == 60
    fitted = fit(asked, rare, settings)
    assert fitted.images_per_second == pytest.approx(2 * 60 / fitted.seconds)
    assert inputs.class_weights(rare.train_labels[inputs.rows(asked, rare.labels)]) == {
        0: 1.0,
        1: 1.0,
        2: 1.0,
    }


def test_a_head_on_mixed_pictures_sees_pictures_and_not_features(
    settings: Settings, head_only: Recipe
) -> None:
    mixed = Stage(epochs=1, train="head", batch_size=12, mix="mixup")
    fit(head_only.replace(stages=(mixed,)), tinted(size=32), settings)
    assert store.of(settings).usage().entries == 0
