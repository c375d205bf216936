"""A changed recipe, plan or setting is checked as a new one is."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from components.errors import SettingsError
from components.frozen import LARGEST_SEED, Frozen, shifted
from components.generative.recipes import GanRecipe, StyleRecipe
from components.settings import Settings
from components.training.ensembles.boost_recipe import BoostRecipe
from components.training.presets import recipe_for
from components.training.recipe import Policy, Stage
from components.training.search.presets import heads
from flows.plan import Plan
from flows.study.plan import StudyPlan

RECIPE = recipe_for("demo", "simple_cnn")
ROOT = Path(__file__).parents[3]


def test_a_misspelt_field_is_an_error_that_lists_the_fields() -> None:
    with pytest.raises(
        SettingsError, match=r"Recipe has no field class_weight; its fields are family, .*seed"
    ):
        RECIPE.replace(class_weight=True)


@pytest.mark.parametrize(
    ("value", "changes", "said"),
    [
        (
            RECIPE,
            {"multi_label": True, "top_up": 5},
            "Recipe cannot be changed to multi_label=True, top_up=5: ",
        ),
        (RECIPE, {"loss": "hinge"}, "loss: Input should be 'cross-entropy'.*received 'hinge'"),
        (
            Stage(epochs=3),
            {"schedule": "cosine"},
            "nothing may cut it: give reduce_patience None, received 4",
        ),
        (Stage(epochs=3), {"views": 4, "policy": Policy.FLIPS}, "a stage that freezes some"),
        (Plan(), {"multi_label": True, "per_class": 5}, "received cross-entropy, per_class"),
        (BoostRecipe(), {"rounds": 0}, "rounds: Input should be greater than 0, received 0"),
    ],
)
def test_what_a_new_one_may_not_hold_a_changed_one_may_not_either(
    value: Frozen, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        value.replace(**changes)


def test_what_is_not_changed_stays_and_the_first_is_left_alone() -> None:
    changed = RECIPE.replace(seed=3, options={"filters": 8})
    assert (changed.seed, changed.stages, changed.family) == (3, RECIPE.stages, "simple_cnn")
    assert RECIPE.seed == 0
    assert RECIPE.replace() == RECIPE


def test_settings_are_not_read_from_the_environment_again(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings.load(host="127.0.0.2")
    monkeypatch.setenv("ATELIER_HOST", "0.0.0.0")
    monkeypatch.setenv("PREFECT_API_URL", "http://elsewhere/api")
    changed = settings.replace(cache_bytes=5)
    assert (changed.host, changed.prefect_api_url, changed.cache_bytes) == ("127.0.0.2", "", 5)
    assert settings.replace(prefect_api_url="http://here/api").prefect_api_url == "http://here/api"


@pytest.mark.parametrize("seed", [-1, LARGEST_SEED + 1, 5_000_000_000])
@pytest.mark.parametrize(
    "value",
    [RECIPE, Plan(), StudyPlan(study="A"), BoostRecipe(), GanRecipe(), StyleRecipe(), heads(RECIPE)],
    ids=lambda value: type(value).__name__,
)
def test_a_seed_that_numpy_does_not_take_is_refused(value: Frozen, seed: int) -> None:
    with pytest.raises(SettingsError, match=f"seed: Input should be .*received {seed}"):
        value.replace(seed=seed)


def test_seeds_made_of_the_largest_are_seeds() -> None:
    assert shifted(LARGEST_SEED, 1) == 0
    np.random.default_rng(RECIPE.replace(seed=LARGEST_SEED).seed)
    assert shifted(5, 3) == 8


def test_nobody_changes_a_frozen_value_unchecked() -> None:
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    files = [ROOT / name for name in listed.stdout.split() if (ROOT / name).is_file()]
    unchecked = [
        file.name
        for file in files
        if any(f".{way}(" in file.read_text() for way in ("model_copy", "model_construct"))
    ]
    assert not unchecked, "use replace() of components/frozen.py, which checks what it changes"
