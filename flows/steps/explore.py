"""Look at a collection: its figures, and works whose label is suspected; kept on the disk and in MLflow."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from components.data.cache import store
from components.data.cache.decoded import decoded
from components.data.explore import figure_files, figures, page, suspected
from components.data.groups import duplicates
from components.data.images import descriptor
from components.errors import DataError
from components.models.catalog import family
from components.runtime import prepare
from components.storage import content_of, key_of
from flows.log import log_step
from flows.runs.cached_run import find_or_run
from flows.steps.ingest import ingest, select, split

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from components.data.groups.label_errors import LabelErrors
    from components.data.manifest import Manifest
    from components.settings import Settings
    from components.tracking.recorder import Run
    from flows.plan import Plan

METHOD = 2
"""Counted up when the same collection would now give other figures: those kept are drawn anew."""

BACKBONE = "mobilenet_v2"
"""The family whose features tell works apart, where weights are given."""


def explore(manifest: Manifest, plan: Plan, settings: Settings) -> Path:
    """Draw the collection's figures and the page that shows them; its path. Unchanged, it is found done."""
    folder = where(manifest, settings)
    rejected = [asdict(line) for line in manifest.rejected]
    groups = manifest.frame["group"].sort_values().tolist()
    key = key_of("exploration", METHOD, manifest.fingerprint, rejected, groups, plan.seed)
    cached = figure_files.kept(folder / figure_files.FIGURES, key)
    if not cached:
        _draw(manifest, plan, settings, folder / figure_files.FIGURES, key)
    page.refresh(folder)  # also where an earlier run was killed behind the figures

    def log(run: Run) -> None:
        run.params({"seed": plan.seed, "method": METHOD})
        run.dataset(manifest, "exploration")
        run.files(folder, "exploration")

    _, logged = find_or_run(
        settings,
        experiment=f"data · {manifest.source}",
        name=f"exploration · {plan.task}",
        key=key,
        tags=plan.tags("exploration", manifest),
        work=log,
    )
    log_step("explore", f"figures of {len(manifest)} works: {folder / page.INDEX}", cached=cached and logged)
    return folder / page.INDEX


def find_label_errors(manifest: Manifest, plan: Plan, settings: Settings) -> tuple[LabelErrors, Path]:
    """Look for wrong labels; returns them, and the table that `--corrections` takes back.

    Raises:
        WeightsError: the plan's weights cannot be had.
        DataError: the classes are too small.
    """
    from components.data.groups.label_errors import find  # scikit-learn and cleanlab, needed here alone

    features, features_name = _features(manifest, plan, settings)
    label_errors = find(features, manifest, seed=plan.seed)
    summary = suspected.summary(label_errors, features_name)
    folder = where(manifest, settings)
    suspected.write(folder / figure_files.SUSPECTS, label_errors, manifest, summary)
    page.write(folder)

    def log(run: Run) -> None:
        run.params({"seed": plan.seed, "features": features_name, "weights": plan.weights or ""})
        run.metrics(
            {
                "suspects": len(label_errors.table),
                "examined": label_errors.examined,
                "accuracy": label_errors.accuracy,
            }
        )
        run.dataset(manifest, "exploration")
        run.files(folder / figure_files.SUSPECTS, "exploration/suspects")

    rows, weights = label_errors.table.to_numpy().tolist(), plan.weights and content_of(plan.weights)
    find_or_run(
        settings,
        experiment=f"data · {manifest.source}",
        name=f"suspects · {plan.task}",
        key=key_of("suspects", METHOD, manifest.fingerprint, features_name, weights, rows, plan.seed),
        tags=plan.tags("exploration", manifest),
        work=log,
    )
    log_step("suspects", summary)
    return label_errors, folder / figure_files.SUSPECTS / suspected.TABLE


def collected(plan: Plan, settings: Settings) -> Manifest:
    """The plan's collection, split as it is trained on; unsplit where it cannot be.

    The gate is not asked: a collection that does not pass it is the one to look at.
    """
    works = select(ingest(plan, settings), plan)
    try:
        return split(works, plan, settings)
    except DataError as exc:
        log_step("split", f"shown unsplit: {exc}", outcome="warning")
        return works


def where(manifest: Manifest, settings: Settings) -> Path:
    """The folder in which a data version's exploration is kept."""
    return settings.collections / "explore" / manifest.fingerprint


def _draw(manifest: Manifest, plan: Plan, settings: Settings, folder: Path, key: str) -> None:
    prepare(settings, plan.seed)  # before whatever imports Keras
    pairs = duplicates.pairs(manifest)
    figure_files.save_figures(
        folder, figures(manifest, pairs, seed=plan.seed), figure_files.facts_of(manifest, pairs), key
    )


def _features(manifest: Manifest, plan: Plan, settings: Settings) -> tuple[np.ndarray, str]:
    """(N, D) by which works are told apart, and what these features are, in words."""
    kept = store.of(settings)
    if not plan.weights:
        images = decoded(manifest, (descriptor.SIDE, descriptor.SIDE), kept)
        return descriptor.features(images), descriptor.DESCRIPTION
    prepare(settings, plan.seed)  # before whatever imports Keras
    from components.models.backbones import Weights
    from components.training.frozen import feature_cache
    from components.training.frozen.cut import parted

    backbone = family(BACKBONE)
    weights = Weights(plan.weights, settings.cache / "weights", settings.s3_endpoint_url)
    network = backbone.build(len(manifest.class_names), backbone.image_size, weights=weights)
    images = decoded(manifest, backbone.image_size, kept)
    title = f"Features of {backbone.title}"
    return feature_cache.of(parted(network).backbone, images, kept, title), f"{backbone.title}'s features"
