"""Stages: what is frozen, what is cached of it, how the rate goes, and what weights are kept."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from components.data.cache import store
from components.data.feeding.augment import layers_for
from components.errors import TrainingError, WeightsError
from components.models import catalog
from components.settings import Settings
from components.training.fit import fit
from components.training.frozen import feature_cache
from components.training.frozen.cut import parted_at_frozen
from components.training.frozen.feature_cache import Views
from components.training.frozen.freezing import freeze
from components.training.head_training import HeadTraining
from components.training.optimizers import averages, optimizer_of
from components.training.recipe import Policy, Recipe, Stage
from tests.tiny_training import recipe, tinted, weights_file


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture(scope="module")
def mobilenet() -> keras.Model:
    return catalog.build("mobilenet_v2", 3, (32, 32))


def _trained(model: keras.Model) -> list[str]:
    return [layer.name for layer in model.layers if layer.trainable_variables]


@pytest.fixture(scope="module")
def of_weights(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    """MobileNetV2 with weights of a file, whose head a stage trains."""
    path = weights_file(tmp_path_factory.mktemp("weights"))
    return recipe(size=32, family="mobilenet_v2", train="head", epochs=2).replace(weights=str(path))


# What a stage trains


def test_the_last_layers_are_counted_as_keras_lists_them(mobilenet: keras.Model) -> None:
    freeze(mobilenet, "last-24", family="mobilenet_v2", pretrained=False)
    assert [layer.trainable for layer in mobilenet.layers] == [False] * (len(mobilenet.layers) - 24) + [
        True
    ] * 24
    freeze(mobilenet, "last-20%", family="mobilenet_v2", pretrained=False)
    assert sum(layer.trainable for layer in mobilenet.layers) == round(len(mobilenet.layers) * 0.2)
    freeze(mobilenet, "last-24", family="mobilenet_v2", pretrained=True)
    norms = [one for one in mobilenet.layers if isinstance(one, keras.layers.BatchNormalization)]
    assert not any(norm.trainable for norm in norms)


def test_the_last_module_and_the_head(mobilenet: keras.Model) -> None:
    freeze(mobilenet, "last-module", family="mobilenet_v2", pretrained=True)
    assert _trained(mobilenet) == [
        "block_16_expand",
        "block_16_depthwise",
        "block_16_project",
        "Conv_1",
        "probabilities",
    ]


def test_more_layers_than_there_are(mobilenet: keras.Model) -> None:
    with pytest.raises(TrainingError, match=r"last 9999 layers, but there are \d+"):
        freeze(mobilenet, "last-9999", family="mobilenet_v2", pretrained=True)


def test_a_family_from_scratch_has_no_last_module() -> None:
    network = catalog.build("simple_cnn", 3, (24, 24))
    with pytest.raises(TrainingError, match="simple_cnn has no pre-trained backbone"):
        freeze(network, "last-module", family="simple_cnn", pretrained=False)


@pytest.mark.parametrize("train", ["last-0", "last-", "everything", "last-101%"])
def test_a_stage_that_trains_nothing_known(train: str) -> None:
    with pytest.raises(ValueError, match="a stage trains all, head, last-module"):
        Stage(epochs=1, train=train)


# Any frozen beginning


def test_the_cut_is_where_one_tensor_passes(mobilenet: keras.Model) -> None:
    freeze(mobilenet, "last-module", family="mobilenet_v2", pretrained=True)
    cut = parted_at_frozen(mobilenet)
    assert cut is not None
    assert cut.backbone.layers[-1].name == "block_15_add"
    # Amid block 15, whose input its sum wants too: the cut goes back to where the block begins.
    inside = next(place for place, layer in enumerate(mobilenet.layers) if layer.name == "block_15_project")
    freeze(mobilenet, f"last-{len(mobilenet.layers) - inside}", family="mobilenet_v2", pretrained=True)
    cut = parted_at_frozen(mobilenet)
    assert cut is not None
    assert cut.backbone.layers[-1].name == "block_14_add"
    images = tinted(size=32).train_images[:4].astype("float32")
    whole = np.array(mobilenet(images, training=False))
    np.testing.assert_allclose(cut.head(cut.backbone(images, training=False)), whole, atol=1e-6)


def test_nothing_frozen_is_no_cut(mobilenet: keras.Model) -> None:
    freeze(mobilenet, "all", pretrained=False)
    assert parted_at_frozen(mobilenet) is None


def test_a_frozen_networks_dropout_stays_in_the_cut() -> None:
    network = catalog.build("efficientnet_b0", 3, (32, 32))  # dropout amid its blocks
    freeze(network, "head", family="efficientnet_b0", pretrained=True)
    cut = parted_at_frozen(network)
    assert cut is not None
    assert cut.backbone.layers[-1].name == "features"


def test_views_are_the_image_and_what_the_policy_makes_of_it(settings: Settings) -> None:
    image = keras.Input((24, 24, 3))
    backbone = keras.Model(image, keras.layers.GlobalAveragePooling2D()(image[:, :12]))
    works = tinted().train_images
    found = feature_cache.of(backbone, works, store.of(settings), "Features", Views("flips", 3, seed=4))
    assert found.shape == (3 * len(works), 3)
    means = works.astype("float32")[:, :12].mean(axis=(1, 2))
    np.testing.assert_allclose(found[: len(works)], means, rtol=1e-4)
    assert not np.allclose(found[len(works) : 2 * len(works)], means, rtol=1e-4)
    again = feature_cache.of(backbone, works, store.of(settings), "Features", Views("flips", 3, seed=4))
    np.testing.assert_array_equal(found, again)
    assert layers_for("flips") is not None


@pytest.mark.parametrize(("scale", "kind"), [(1, np.float16), (1e-6, np.float32), (1e3, np.float32)])
def test_maps_are_kept_in_half_precision_where_they_fit(
    settings: Settings, scale: float, kind: type[np.floating]
) -> None:
    image = keras.Input((24, 24, 3))
    backbone = keras.Model(image, keras.layers.MaxPooling2D(2)(keras.layers.Rescaling(scale)(image)))
    works = tinted().train_images
    found = feature_cache.of(backbone, works, store.of(settings), "Features")
    assert found.dtype == kind
    expected = np.array(backbone(works.astype("float32"), training=False))
    np.testing.assert_allclose(found, expected, rtol=2e-3)


@pytest.mark.parametrize("pooling", ["average", "statistics"])
def test_a_last_module_trains_on_cached_maps_and_what_comes_back_takes_images(
    settings: Settings, of_weights: Recipe, pooling: str
) -> None:
    side = 32 if pooling == "average" else 96
    data = tinted(size=side)
    stages = (
        *of_weights.stages,
        Stage(epochs=2, train="last-module", learning_rate=1e-4, batch_size=12, policy="flips", views=2),
    )
    asked = of_weights.replace(stages=stages, image_size=(side, side), options={"pooling": pooling})
    fitted = fit(asked, data, settings)
    assert store.of(settings).usage().entries == 4
    answered = fitted.model.predict(data.validation_images, verbose=0)
    best = fitted.history[fitted.best_epoch - 1]
    picked = answered[np.arange(12), data.validation_labels]
    assert -np.log(picked).mean() == pytest.approx(best["val_loss"], rel=5e-3)


# Rates, averages, decay


def test_warm_up_and_cosine() -> None:
    stage = Stage(epochs=10, warmup_epochs=2, schedule="cosine", learning_rate=1.0, reduce_patience=None)
    rate = optimizer_of(stage, steps_per_epoch=5)._learning_rate
    found = [float(rate(step)) for step in (0, 5, 10, 30, 50)]
    assert found == pytest.approx([0, 0.5, 1, 0.5, 0], abs=1e-6)
    flat = stage.replace(schedule="constant")
    rate = optimizer_of(flat, steps_per_epoch=5)._learning_rate
    assert [float(rate(step)) for step in (0, 5, 10, 50)] == pytest.approx([0, 0.5, 1, 1])


def test_a_schedule_and_rate_cuts_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="nothing may cut it"):
        Stage(epochs=10, schedule="cosine", reduce_patience=2)
    with pytest.raises(ValueError, match="10 epochs of warm-up do not fit into 10"):
        Stage(epochs=10, warmup_epochs=10, reduce_patience=None)
    with pytest.raises(ValueError, match="need a policy"):
        Stage(epochs=10, train="head", views=2)


def test_decay_leaves_biases_alone() -> None:
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    network.layers[0].bias.assign(np.ones(3))
    kernel = network.layers[0].kernel.numpy()
    stage = Stage(epochs=1, optimizer="adamw", learning_rate=0.1, weight_decay=0.5)
    network.compile(optimizer_of(stage, 1), "mse")
    network.train_on_batch(np.zeros((2, 4)), network(np.zeros((2, 4))))
    np.testing.assert_allclose(network.layers[0].bias, 1, atol=1e-6)
    np.testing.assert_allclose(network.layers[0].kernel, 0.95 * kernel, rtol=1e-4)


def test_averages_stand_in_for_the_weights_within_the_block() -> None:
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    network.set_weights([np.ones((1, 1))])
    stage = Stage(epochs=1, optimizer="sgd", learning_rate=0.1, ema=0.5)
    network.compile(optimizer_of(stage, 1), "mse")
    seen = []
    for _ in range(3):
        network.train_on_batch(np.ones((1, 1)), np.zeros((1, 1)))
        seen.append(float(network.get_weights()[0][0, 0]))
    average = seen[0]
    for weight in seen[1:]:
        average = 0.5 * average + 0.5 * weight
    with averages(network):
        assert float(network.get_weights()[0][0, 0]) == pytest.approx(average)
    assert float(network.get_weights()[0][0, 0]) == pytest.approx(seen[-1])


def test_averaged_weights_are_judged_and_come_back(settings: Settings) -> None:
    data = tinted()
    asked = recipe(epochs=3, ema=0.9, warmup_epochs=1, reduce_patience=None, weight_decay=1e-4)
    fitted = fit(asked, data, settings)
    best = fitted.history[fitted.best_epoch - 1]
    picked = fitted.model.predict(data.validation_images, verbose=0)[np.arange(12), data.validation_labels]
    assert -np.log(picked).mean() == pytest.approx(best["val_loss"], rel=1e-4)
    assert fitted.rate_cuts == []


def test_the_recipes_monitor_chooses_the_epoch(settings: Settings) -> None:
    asked = recipe(epochs=5).replace(monitor="val_loss")
    fitted = fit(asked, tinted(), settings)
    losses = [row["val_loss"] for row in fitted.history]
    assert fitted.best_epoch == 1 + int(np.argmin(losses))


# Many heads, warm starts


def test_heads_on_features_are_fits_and_become_whole(settings: Settings, of_weights: Recipe) -> None:
    data = tinted(size=32)
    frozen = HeadTraining.of(of_weights, data, settings)
    wide = of_weights.replace(options={"dense_1": 16, "dense_2": 8})
    head = frozen.fit(wide)
    whole = frozen.whole(wide, head)
    assert head.model.count_params() < whole.model.count_params()
    found = whole.model.predict(data.validation_images, verbose=0)
    on_features = head.model.predict(frozen.subject.validation, verbose=0)
    np.testing.assert_allclose(found, on_features, atol=1e-4)
    with pytest.raises(TrainingError, match="features at hand"):
        frozen.fit(of_weights.replace(options={"alpha": 0.5}))
    live = of_weights.stages[0].replace(policy=Policy.FLIPS)
    with pytest.raises(TrainingError, match="the head"):
        HeadTraining.of(of_weights.replace(stages=(live,)), data, settings)


def test_a_warm_start_takes_what_fits(settings: Settings, tmp_path: Path) -> None:
    first = fit(recipe(), tinted(), settings)
    first.model.save(tmp_path / "first.keras")
    still = recipe(epochs=1, learning_rate=1e-12)
    begun = fit(still.replace(warm_start=str(tmp_path / "first.keras")), tinted(), settings)
    best = first.history[first.best_epoch - 1]
    assert begun.history[0]["val_loss"] == pytest.approx(best["val_loss"], rel=1e-4)
    other = recipe(size=24, family="grid_cnn", epochs=1)
    alone = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="alone")])
    alone.save(tmp_path / "other.keras")
    with pytest.raises(WeightsError, match="Start from a run of the same family"):
        fit(other, tinted(), settings, warm_start=tmp_path / "other.keras")
    (tmp_path / "text.keras").write_text("no network")
    with pytest.raises(WeightsError, match="a network saved by Keras"):
        fit(other, tinted(), settings, warm_start=tmp_path / "text.keras")


def test_a_backbone_is_taken_whole_or_not_at_all(settings: Settings, tmp_path: Path) -> None:
    narrow = catalog.build("mobilenet_v2", 3, (32, 32), alpha=0.35)
    narrow.save(tmp_path / "narrow.keras")
    stage = Stage(epochs=1, train="head", batch_size=12)
    wide = Recipe(
        family="mobilenet_v2",
        image_size=(32, 32),
        stages=(stage,),
        options={"alpha": 0.5},
        warm_start=str(tmp_path / "narrow.keras"),
    )
    with pytest.raises(WeightsError, match="layers of the backbone of mobilenet_v2 find no layer"):
        fit(wide, tinted(size=32), settings)


def test_what_a_later_stage_cannot_do_is_told_before_the_first_is_trained(settings: Settings) -> None:
    asked = recipe()
    asked = asked.replace(stages=(*asked.stages, Stage(epochs=1, train="last-9999")))
    told: list[int] = []
    with pytest.raises(TrainingError, match="trains the last 9999 layers"):
        fit(asked, tinted(), settings, on_epoch=lambda number, _: told.append(number))
    assert not told


def test_what_passes_a_cut_holds_no_more_than_the_picture() -> None:
    network = catalog.build("mobilenet_v2", 3, (32, 32), pooling="statistics", alpha=1.0)
    freeze(network, "last-module", family="mobilenet_v2", pretrained=True)
    cut = parted_at_frozen(network)  # an early one: all statistics of the frozen part are more than 3,072
    assert cut is not None
    assert cut.packed
    assert cut.backbone.output.shape[1] <= 32 * 32 * 3
    assert "block_15_add" not in [layer.name for layer in cut.backbone.layers]


def test_statistics_of_frozen_layers_pass_beside_the_map_that_is_trained_on() -> None:
    network = catalog.build("mobilenet_v2", 3, (96, 96), pooling="statistics", alpha=0.35)
    freeze(network, "last-module", family="mobilenet_v2", pretrained=True)
    cut = parted_at_frozen(network)
    assert cut is not None
    assert cut.packed
    layers = [layer.name for layer in cut.backbone.layers]
    assert "block_15_add" in layers
    assert not [name for name in layers if name.startswith("block_16")]
    assert not [layer for layer in cut.backbone.layers if layer.trainable_variables]
    images = tinted(size=96).train_images[:4].astype("float32")
    whole = np.array(network(images, training=False))
    np.testing.assert_allclose(cut.head(cut.backbone(images, training=False)), whole, atol=1e-6)
    assert {id(one) for one in cut.head.trainable_variables} == {
        id(one) for one in network.trainable_variables
    }


def test_what_counts_in_training_is_not_computed_beforehand() -> None:
    """A batch norm that follows the features moves with every batch, although no gradient trains its mean."""
    image = keras.Input((24, 24, 3))
    maps = keras.layers.Conv2D(4, 3, trainable=False)(image)
    features = keras.layers.GlobalAveragePooling2D(name="features")(maps)
    scaled = keras.layers.BatchNormalization(center=False, scale=False)(features)
    network = keras.Model(image, keras.layers.Dense(3, activation="softmax")(scaled))
    cut = parted_at_frozen(network)
    assert cut is not None
    assert cut.backbone.layers[-1].name == "features"
