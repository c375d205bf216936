"""Recipes of pictures: frozen, complete, and plain about their mistakes; no Keras is imported here."""

import pytest

from components.errors import SettingsError, TrainingError
from components.generative.recipes import GanRecipe, StyleRecipe, doublings


@pytest.mark.parametrize(("size", "grows"), [(16, (4, 2)), (48, (6, 3)), (80, (5, 4)), (128, (4, 5))])
def test_sizes_a_gan_can_draw(size, grows):
    assert doublings(size) == grows


@pytest.mark.parametrize("size", [0, -16, 7, 17, 100_001, 36])
def test_sizes_a_gan_cannot_draw(size):
    with pytest.raises(TrainingError, match=f"received {size}. Take the nearest"):
        GanRecipe(image_size=size)


def test_the_study_s_size_and_the_demo_s():
    assert GanRecipe.full().image_size == 128
    assert GanRecipe.demo().image_size < 128
    assert GanRecipe.demo().key != GanRecipe.full().key
    assert StyleRecipe.demo().key == StyleRecipe.demo().key


@pytest.mark.parametrize(
    ("recipe", "values", "said"),
    [
        (GanRecipe, {"steps": 0}, "steps: .*greater than 0, received 0"),
        (GanRecipe, {"epoch": 3}, "GanRecipe has no field epoch; its fields are image_size, latent"),
        (GanRecipe, {"objective": "hinge"}, "objective: .*'non-saturating' or 'minimax'"),
        (StyleRecipe, {"layers": "upside-down"}, "layers: .*'literature' or 'inverted'"),
        (StyleRecipe, {"tv_weight": -1}, "tv_weight: .*greater than or equal to 0"),
    ],
)
def test_a_mistake_names_the_field(recipe, values, said):
    with pytest.raises(SettingsError, match=said):
        recipe().replace(**values)


def test_recipes_are_frozen():
    with pytest.raises(ValueError, match="frozen"):
        GanRecipe.demo().steps = 3
