"""Recipes with names, one table a scale: the demo's, CPU-sized ones, and those as published."""

from __future__ import annotations

from typing import Literal

from components.errors import SettingsError
from components.models import catalog
from components.training.recipe import Policy, Recipe, Stage

Scale = Literal["smoke", "demo", "cpu", "full"]


def recipe_for(scale: Scale, family: str, *, weights: str | None = None, seed: int = 0) -> Recipe:
    """A family's recipe at a scale.

    Args:
        scale: "smoke" (two epochs at 32 pixels: does everything work?), "demo" (the synthetic gallery,
            under a minute or so on two cores), "cpu" (some 2,000 real paintings in minutes on two
            cores), "full" (as its source has it; wants a GPU).
        family: a name in the catalogue.
        weights: for a pre-trained family: "imagenet" (also when None), a file, s3://, or "none": a random
            start, asked for, with the stages of a family that starts from scratch. Those families have no
            use for it.
        seed: of weights, order and augmentation.

    Raises:
        SettingsError: an unknown family or scale.
    """
    if scale not in RECIPES:
        raise SettingsError(f"{scale!r} is no scale of recipes; expected one of {', '.join(RECIPES)}.")
    known = catalog.family(family)
    recipe = RECIPES[scale].get(family) or _by_kind(scale, known)
    if known.pretrained and weights == "none":
        return recipe.replace(seed=seed, weights=None, stages=_FROM_SCRATCH[scale])
    return recipe.replace(seed=seed, weights=(weights or recipe.weights) if known.pretrained else None)


def _recipe(family: str, size: int, *stages: Stage, weights: str | None = None, **options: float) -> Recipe:
    return Recipe(
        family=family, image_size=(size, size), stages=stages, weights=weights, options=dict(options)
    )


def _demo_stage(*, epochs: int, learning_rate: float, policy: Policy = Policy.NONE) -> Stage:
    """Small batches, so that few works make many steps; a second, slower stage settles what was learnt.

    No early stopping and no rate cuts: one of 66 validation works moves macro-F1 by .015, so a few
    epochs without a better one say little.
    """
    return Stage(
        epochs=epochs,
        learning_rate=learning_rate,
        batch_size=16,
        policy=policy,
        stop_patience=None,
        reduce_patience=None,
    )


_HEAD = Stage(epochs=60, train="head", learning_rate=3e-3, batch_size=32)
"""Epochs on cached features cost a tenth of a second; 3e-3 did best of 1e-3 and 3e-3 on real paintings."""

_MOBILENET = _recipe("mobilenet_v2", 224, _HEAD, weights="imagenet", dropout=0.2)
"""Demo and CPU alike: at 224 the features of 2,000 paintings take a quarter of a minute."""


STATISTICS_HEAD = Stage(
    epochs=30,
    train="head",
    optimizer="adamw",
    learning_rate=1e-4,
    schedule="cosine",
    weight_decay=1e-3,
    label_smoothing=0.1,
    stop_patience=None,
    reduce_patience=None,
)
"""For a softmax that begins at zero on 20,000 standardised statistics of a network's layers."""


def _lites(size: int) -> dict[str, Recipe]:
    """EfficientNet-Lite as it tells painters apart best: by statistics of many depths, at 384 pixels."""
    return {
        family: Recipe(
            family=family,
            image_size=(size, size),
            stages=(STATISTICS_HEAD,),
            options={"pooling": "statistics", "normalize": 1, "dropout": 0.5},
            weights="imagenet",
            class_weights=True,
            monitor="none",  # the rate ends at zero: the last epoch is better than one picked by a few works
        )
        for family in ("efficientnet_lite0", "efficientnet_lite2")
    }


def _by_kind(scale: Scale, family: catalog.Family) -> Recipe:
    """For a family without a recipe of its own: what suits those that start from scratch, or from weights.

    A deep network's features cost too much on a CPU at the size it is documented at, and demos are small.
    """
    documented, longest = family.image_size, _LONGEST[scale]
    share = min(1.0, longest[family.pretrained] / max(documented)) if longest else 1.0
    height, width = (max(family.smallest, round(side * share)) for side in documented)
    stages = _FROM_WEIGHTS[scale] if family.pretrained else _FROM_SCRATCH[scale]
    weights = "imagenet" if family.pretrained else None
    return Recipe(family=family.name, image_size=(height, width), stages=stages, weights=weights)


_LONGEST: dict[Scale, tuple[int, int] | None] = {
    "smoke": (32, 32),
    "demo": (64, 96),
    "cpu": (96, 160),
    "full": None,
}
"""Pixels of the longer side: of a family from scratch, of a pre-trained one; None: as documented."""

_FROM_SCRATCH: dict[Scale, tuple[Stage, ...]] = {
    "smoke": (Stage(epochs=2),),
    "demo": (_demo_stage(epochs=12, learning_rate=1e-3), _demo_stage(epochs=4, learning_rate=2e-4)),
    "cpu": (Stage(epochs=20),),
    "full": (Stage(epochs=60),),
}

_FROM_WEIGHTS: dict[Scale, tuple[Stage, ...]] = {
    "smoke": (Stage(epochs=2, train="head", learning_rate=3e-3),),
    "demo": (_HEAD,),
    "cpu": (_HEAD,),
    "full": (
        Stage(epochs=60, train="head"),
        Stage(epochs=40, learning_rate=1e-5, policy=Policy.ROTATE_ZOOM),
    ),
}

RECIPES: dict[Scale, dict[str, Recipe]] = {
    "smoke": {
        "simple_cnn": _recipe("simple_cnn", 32, Stage(epochs=2)),
        "vgg_inception": _recipe("vgg_inception", 32, Stage(epochs=2)),
        "mobilenet_v2": _recipe(
            "mobilenet_v2", 32, Stage(epochs=2, train="head", learning_rate=3e-3), weights="imagenet"
        ),
    },
    "demo": {
        "simple_cnn": _recipe(
            "simple_cnn",
            64,
            _demo_stage(epochs=20, learning_rate=1e-3, policy=Policy.FLIPS),
            _demo_stage(epochs=6, learning_rate=2e-4, policy=Policy.FLIPS),
        ),
        "vgg_inception": _recipe(
            "vgg_inception",
            56,
            _demo_stage(epochs=12, learning_rate=3e-3),
            _demo_stage(epochs=4, learning_rate=5e-4),
        ),
        "mobilenet_v2": _MOBILENET,
        **_lites(128),
    },
    "cpu": {
        "simple_cnn": _recipe("simple_cnn", 128, Stage(epochs=20, policy=Policy.STRETCH)),
        "vgg_inception": _recipe("vgg_inception", 96, Stage(epochs=20)),
        "mobilenet_v2": _MOBILENET,
        **_lites(384),
    },
    "full": {
        "simple_cnn": _recipe("simple_cnn", 200, Stage(epochs=60, policy=Policy.STRETCH)),
        "vgg_inception": _recipe("vgg_inception", 500, Stage(epochs=60)),
        "mobilenet_v2": _recipe(
            "mobilenet_v2",
            224,
            Stage(epochs=60, train="head", learning_rate=1e-3),
            weights="imagenet",
            dropout=0.2,
        ),
    },
}
