"""New pictures: GAN samples and a style transfer, kept in MLflow with what they were made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.data.cache import store
from components.data.cache.decoded import decoded
from components.data.images.reader import read_rgb
from components.data.manifest import Split
from components.errors import DataError
from components.generative.recipes import GAN_RECIPES, STYLE_RECIPES, VGG16_EDGES
from components.inference.release import KERAS
from components.models.catalog import family
from components.runtime import prepare
from components.storage import key_of
from components.tracking import tags as run_tag
from components.tracking.runs import Tracker
from flows.log import log_step
from flows.runs.cached_run import find_or_run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from components.data.manifest import Manifest
    from components.generative.recipes import GanRecipe, StyleRecipe, Vgg16Edges
    from components.settings import Settings
    from components.tracking.recorder import Run
    from components.tracking.runs import RunRecord
    from flows.plan import Plan

METHOD = 1
"""Counted up when the same recipe would now give other pictures."""


@dataclass(frozen=True)
class Picture:
    """Where pictures are kept in MLflow: experiment, name, tags, and the run they are shown below."""

    experiment: str
    name: str
    tags: Mapping[str, str]
    parent: str = ""


def gan(manifest: Manifest, plan: Plan, settings: Settings) -> RunRecord:
    """Train a DCGAN on the training works (landscapes where the genre is known; study C8)."""
    kept = Picture(f"pictures · {manifest.source}", f"gan · {plan.scale}", plan.tags("gan", manifest))
    return run_gan_training(GAN_RECIPES[plan.scale](), manifest, kept, settings)


def style_transfer(network: RunRecord, manifest: Manifest, plan: Plan, settings: Settings) -> RunRecord:
    """Repaint a photo in a painting's style, as a network sees both (study D7).

    The plan says which: that of the run `network`, or one of a package.
    """
    recipe = STYLE_RECIPES[plan.scale]()
    tags = plan.tags("style-transfer", manifest)
    kept = Picture(f"pictures · {manifest.source}", f"style transfer · {plan.scale}", tags)
    if plan.style_network == VGG16_EDGES:
        return run_style_transfer(recipe.by_vgg16_edges, VGG16_EDGES, manifest, kept, settings)
    return run_style_transfer(recipe, network, manifest, kept, settings)


def run_gan_training(recipe: GanRecipe, manifest: Manifest, kept: Picture, settings: Settings) -> RunRecord:
    """The finished run of a GAN; one of the same recipe on the same works is found, not trained again."""
    works, subject = gan_works(manifest)
    record, cached = find_or_run(
        settings,
        experiment=kept.experiment,
        name=kept.name,
        key=key_of("gan", METHOD, recipe.key, works.fingerprint),
        tags=kept.tags,
        work=lambda run: _train_gan(recipe, works, settings, run),
        parent=kept.parent,
    )
    log_step("gan", f"from {len(works)} {subject} in {record.seconds:.0f} s", cached=cached)
    return record


def gan_works(manifest: Manifest) -> tuple[Manifest, str]:
    """The training works that a GAN learns from, and what they are: landscapes where there are such."""
    works = manifest.part(Split.TRAIN)
    chosen = works.with_frame(works.frame[works.frame["genre"].str.lower() == "landscape"])
    return (chosen, "landscapes") if len(chosen) else (works, "works, none of them known as a landscape")


def run_style_transfer(
    recipe: StyleRecipe,
    network: RunRecord | Vgg16Edges,
    manifest: Manifest,
    kept: Picture,
    settings: Settings,
) -> RunRecord:
    """The finished run of a style transfer; the same one is found, not painted again.

    `network` sees the pictures: that of a run, or one of a package.
    """
    painting = _style_painting(manifest)
    seen_by, family = (network, network) if isinstance(network, str) else (network.id, network.family)
    record, cached = find_or_run(
        settings,
        experiment=kept.experiment,
        name=kept.name,
        key=key_of("style-transfer", METHOD, recipe.key, seen_by, painting.name),
        tags=dict(kept.tags) | {run_tag.NETWORK: seen_by, run_tag.FAMILY: family},
        work=lambda run: _transfer(recipe, painting, network, settings, run),
        parent=kept.parent,
    )
    log_step(
        "style", f"a photo after {painting.stem.replace('_', ' ')} in {record.seconds:.0f} s", cached=cached
    )
    return record


def own_network(runs: Sequence[RunRecord]) -> RunRecord:
    """The run whose network looks at pictures for the style transfer: one whose convolutions learnt here."""
    return next((run for run in runs if not family(run.family).pretrained), runs[0])


def _train_gan(recipe: GanRecipe, works: Manifest, settings: Settings, run: Run) -> None:
    prepare(settings, recipe.seed)  # before whatever imports Keras
    from components.generative.gan import train

    run.params(recipe.model_dump(mode="json") | {"works": len(works)})
    run.dataset(works)
    images = decoded(works, (recipe.image_size, recipe.image_size), store.of(settings))
    result = train(images, recipe, on_epoch=lambda epoch, row: run.epoch(epoch, _named(row)))
    for epoch, grid in result.grids:
        run.image(f"grids/epoch_{epoch:04d}.png", grid)
    run.metrics({"training_seconds": result.seconds})


def _transfer(
    recipe: StyleRecipe, painting: Path, network: RunRecord | Vgg16Edges, settings: Settings, run: Run
) -> None:
    prepare(settings, recipe.seed)  # before whatever imports Keras
    from components.generative import vgg16_edges
    from components.generative.grids import before_after
    from components.generative.style_transfer import content_photo, transfer
    from components.models.network_file import load_network

    run.params(recipe.model_dump(mode="json") | {"style_painting": painting.name})
    if isinstance(network, str):
        model = vgg16_edges.network()
    else:
        model = load_network(Tracker(settings).release(network.id) / KERAS)
    result = transfer(
        content_photo(),
        read_rgb(painting),
        model,
        recipe,
        on_step=lambda step, row: run.epoch(step, _named(row)),
    )
    run.image("content.png", result.content)
    run.image("style.png", result.style)
    run.image("result.png", result.image)
    run.image("before_after.png", before_after(result))
    run.metrics({"training_seconds": result.seconds})


def _named(row: Mapping[str, float]) -> dict[str, float]:
    return {f"epoch/{name}": value for name, value in row.items()}


def _style_painting(manifest: Manifest) -> Path:
    """An Impressionist training work where there is one: always the same for a data version."""
    works = manifest.part(Split.TRAIN).frame
    if works.empty:
        raise DataError(
            f"{manifest.source}: no training work to take a style from. Split the collection first."
        )
    preferred = works[works["style"] == "Impressionism"]
    row = (preferred if len(preferred) else works).sort_values("sha256").iloc[0]
    return manifest.root / str(row["path"])
