"""The named recipes: whole, and usable by the families they name."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.errors import SettingsError
from components.models import catalog
from components.training.presets import RECIPES, recipe_for


@pytest.mark.parametrize("family", list(catalog.FAMILIES))
@pytest.mark.parametrize("scale", list(RECIPES))
def test_every_scale_has_every_family(scale: str, family: str) -> None:
    recipe = recipe_for(scale, family)
    known = catalog.family(family)
    assert recipe.family == family
    assert min(recipe.image_size) >= known.smallest
    assert (recipe.weights is not None) is known.pretrained


@pytest.mark.parametrize("family", list(catalog.FAMILIES))
def test_full_is_the_documented_size(family: str) -> None:
    assert recipe_for("full", family).image_size == catalog.family(family).image_size


def test_weights_and_seed_are_the_caller_s() -> None:
    recipe = recipe_for("cpu", "mobilenet_v2", weights="s3://bucket/weights.h5", seed=3)
    assert (recipe.weights, recipe.seed) == ("s3://bucket/weights.h5", 3)
    assert recipe_for("cpu", "simple_cnn", weights="s3://bucket/weights.h5").weights is None


def test_no_weights_at_all_is_a_start_from_scratch_that_was_asked_for() -> None:
    recipe = recipe_for("smoke", "resnet50_gap", weights="none")
    assert recipe.weights is None
    assert all(stage.train == "all" for stage in recipe.stages)


def test_an_unknown_scale_is_refused() -> None:
    with pytest.raises(SettingsError, match=f"'huge' is no scale.*{', '.join(RECIPES)}"):
        recipe_for("huge", "simple_cnn")  # type: ignore[arg-type]


@pytest.mark.parametrize("field", ["weights", "warm_start"])
def test_a_file_counts_by_what_it_holds(tmp_path: Path, field: str) -> None:
    first, moved = tmp_path / "w.keras", tmp_path / "elsewhere" / "w.keras"
    first.write_bytes(b"one network")
    recipe = recipe_for("cpu", "mobilenet_v2")

    def key(place: object) -> str:
        return recipe.replace(**{field: str(place)}).key

    before = key(first)
    moved.parent.mkdir()
    first.rename(moved)
    assert key(moved) == before
    moved.write_bytes(b"another one")
    assert key(moved) != before


def test_what_is_no_file_counts_by_its_name() -> None:
    recipe = recipe_for("cpu", "mobilenet_v2")
    assert recipe.replace(weights="imagenet").content["weights"] == "imagenet"
    address = "s3://bucket/weights.h5"
    assert recipe.replace(weights=address).content["weights"] == address
    assert recipe.replace(weights=None).content["weights"] is None
