"""New pictures: GAN samples and a style transfer, kept in MLflow with what they were made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from components.data.manifest import Manifest, Split
from components.errors import DataError, RegistryError
from components.storage import key_of
from flows.telling import tell

if TYPE_CHECKING:
    from pathlib import Path

    from components.settings import Settings
    from components.tracking.runs import RunRecord
    from flows.plan import Plan

METHOD = 1
"""Counted up when the same recipe would now give other pictures."""


@task(name="gan", cache_policy=NO_CACHE)
def gan(manifest: Manifest, plan: Plan, settings: Settings) -> RunRecord:
    """Train a DCGAN on the training works (landscapes where the genre is known; study C8)."""
    from components.generative.recipes import GanRecipe
    from components.tracking.runs import Tracker

    recipe = GanRecipe.full() if plan.scale == "full" else GanRecipe.demo()
    works = _landscapes(manifest.part(Split.TRAIN))
    key = key_of("gan", METHOD, recipe.model_dump(mode="json"), works.fingerprint)
    tracker, experiment = Tracker(settings), f"pictures · {manifest.source}"
    found = tracker.find(experiment, key)
    if found is None:
        with tracker.start(experiment, f"gan · {plan.scale}", key, _tags("gan", manifest, plan)) as run:
            from components.data.cache import decoded
            from components.generative.gan import train
            from components.runtime import prepare

            prepare(settings, recipe.seed)
            run.params(recipe.model_dump(mode="json") | {"works": len(works)})
            run.dataset(works)
            images = decoded(works, (recipe.image_size, recipe.image_size), settings.cache / "images")
            result = train(
                images,
                recipe,
                on_epoch=lambda number, values: run.epoch(
                    number, {f"epoch/{k}": v for k, v in values.items()}
                ),
            )
            for epoch, grid in result.grids:
                run.image(f"grids/epoch_{epoch:04d}.png", grid)
            run.metrics({"training_seconds": result.seconds})
    record = found or _listed(tracker.find(experiment, key), settings)
    tell("gan", f"{len(works)} works, {record.seconds:.0f} s", cached=found is not None)
    return record


@task(name="style transfer", cache_policy=NO_CACHE)
def style_transfer(network: RunRecord, manifest: Manifest, plan: Plan, settings: Settings) -> RunRecord:
    """Repaint a photo in a painting's style with a network trained here (study D7)."""
    from components.generative.recipes import StyleRecipe
    from components.tracking.runs import Tracker

    recipe = StyleRecipe.demo()
    painting = _style_painting(manifest)
    key = key_of("style-transfer", METHOD, recipe.model_dump(mode="json"), network.id, painting.name)
    tracker, experiment = Tracker(settings), f"pictures · {manifest.source}"
    found = tracker.find(experiment, key)
    if found is None:
        tags = _tags("style-transfer", manifest, plan) | {
            "atelier.network": network.id,
            "atelier.family": network.tags["atelier.family"],
        }
        with tracker.start(experiment, f"style transfer · {plan.scale}", key, tags) as run:
            from components.data.images import read_rgb
            from components.generative.grids import before_after
            from components.generative.style_transfer import content_photo, transfer
            from components.runtime import prepare
            from components.training.fit import load_model

            prepare(settings, recipe.seed)
            run.params(recipe.model_dump(mode="json") | {"style_painting": painting.name})
            result = transfer(
                content_photo(),
                read_rgb(painting),
                load_model(tracker.model_file(network.id)),
                recipe,
                on_step=lambda number, values: run.epoch(
                    number, {f"epoch/{k}": v for k, v in values.items()}
                ),
            )
            for name in ("content", "style"):
                run.image(f"{name}.png", getattr(result, name))
            run.image("result.png", result.image)
            run.image("before_after.png", before_after(result))
            run.metrics({"training_seconds": result.seconds})
    record = found or _listed(tracker.find(experiment, key), settings)
    tell(
        "style",
        f"a photo after {painting.stem.replace('_', ' ')}, {record.seconds:.0f} s",
        cached=found is not None,
    )
    return record


def _tags(kind: str, manifest: Manifest, plan: Plan) -> dict[str, str]:
    return {
        "atelier.kind": kind,
        "atelier.task": plan.task.value,
        "atelier.scale": plan.scale,
        "atelier.source": manifest.source,
        "atelier.synthetic": str(manifest.synthetic).lower(),
        "atelier.data_version": manifest.fingerprint,
    }


def _landscapes(works: Manifest) -> Manifest:
    chosen = works.with_frame(works.frame[works.frame["genre"].str.lower() == "landscape"])
    return chosen if len(chosen) else works


def _style_painting(manifest: Manifest) -> Path:
    """An Impressionist work of the training part where there is one: always the same for a data version."""
    works = manifest.part(Split.TRAIN).frame
    if works.empty:
        raise DataError(
            f"{manifest.source}: no training work to take a style from; split the collection first."
        )
    preferred = works[works["style"] == "Impressionism"]
    row = (preferred if len(preferred) else works).sort_values("sha256").iloc[0]
    return manifest.root / str(row["path"])


def _listed(record: RunRecord | None, settings: Settings) -> RunRecord:
    if record is None:
        raise RegistryError(f"the run ended but MLflow at {settings.tracking_uri} does not list it.")
    return record
