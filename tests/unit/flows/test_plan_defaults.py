"""What a plan does where it does not say, with the packages of weights and without."""

from __future__ import annotations

from dataclasses import replace

import pytest

from components.models import weight_packages
from flows import plan_defaults
from flows.plan import Plan


@pytest.fixture
def without_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """No package of weights is installed."""
    gone = {
        name: replace(package, module="no_such_package_of_weights")
        for name, package in weight_packages.PACKAGES.items()
    }
    monkeypatch.setattr(weight_packages, "PACKAGES", gone)


def test_drawn_works_take_minutes_and_real_paintings_a_pretrained_family() -> None:
    drawn, real = Plan(), Plan.of(source="folder", root="/art")
    assert drawn.families == ("simple_cnn", "vgg_inception", "efficientnet_lite0")
    assert (drawn.scale, drawn.style_network) == ("demo", "trained-here")
    assert (real.scale, real.families, real.style_network) == ("cpu", ("efficientnet_lite2",), "vgg16-edges")
    assert all(recipe.weights == "imagenet" for recipe in map(real.recipe, real.families))
    assert Plan.of(source="folder", root="/art", scale="smoke").style_network == "trained-here"


def test_what_is_named_is_taken() -> None:
    plan = Plan.of(
        source="folder", root="/art", scale="full", families="simple_cnn", style_network="trained-here"
    )
    assert (plan.scale, plan.families, plan.style_network) == ("full", ("simple_cnn",), "trained-here")
    assert Plan.model_validate_json(plan.model_dump_json()) == plan


@pytest.mark.usefixtures("without_weights")
@pytest.mark.parametrize("source", ["synthetic", "folder"])
def test_without_the_packages_families_start_from_scratch_and_a_line_says_so(source: str) -> None:
    plan = Plan.of(source=source, root="/art")
    assert plan.families == plan_defaults.FROM_SCRATCH
    assert plan.style_network == "trained-here"
    assert "not installed (pip install 'atelier-art[weights]')" in plan_defaults.left_out(source)


def test_with_them_nothing_is_said() -> None:
    assert plan_defaults.left_out("synthetic") == plan_defaults.left_out("folder") == ""
