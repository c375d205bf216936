"""Export a network and log it with its card: what `promote` registers."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from components.data.splits.refit import Refit
from components.inference.release import CARD, ReleaseCard
from flows.steps.evaluation.novelty import add_novelty

if TYPE_CHECKING:
    import keras

    from components.inference.temperature import Temperature
    from components.tracking.recorder import Run
    from components.training.recipe import Recipe
    from flows.runs.refit_of import RefitOf
    from flows.steps.evaluation.eval_data import EvalData


class Figures(Protocol):
    """What a card says of a network's quality: scores on the held-out works, or another card's."""

    @property
    def macro_f1(self) -> float:
        """0..1."""

    @property
    def macro_f1_low(self) -> float | None:
        """Lower end of its 95 % interval; None where it cannot vary."""

    @property
    def macro_f1_high(self) -> float | None:
        """Upper end of it."""


def release(  # noqa: PLR0917 (what a release is made of)
    run: Run,
    model: keras.Model,
    recipe: Recipe,
    eval_data: EvalData,
    test: Figures,
    thresholds: tuple[float, ...] = (),
    refit_of: RefitOf | None = None,
    temperature: Temperature | None = None,
) -> None:
    """Export the network and log it with its card: what `promote` registers.

    Args:
        run: in progress.
        model: raw images -> probabilities.
        recipe: says family, size, transparency and borders.
        eval_data: the works it was trained on and is evaluated on.
        test: its scores on the held-out works; of a refit on all works, those of the run that it refits.
        thresholds: of a multi-label network's classes.
        refit_of: what a refit stands on; None: it is none.
        temperature: what the release divides its logits by; None: its probabilities stay the network's own.

    Raises:
        RegistryError: the network cannot be exported, or answers otherwise once it is.
    """
    manifest = eval_data.manifest
    card = ReleaseCard(
        task=manifest.task,
        family=recipe.family,
        class_names=tuple(eval_data.data.class_names),
        image_size=recipe.image_size,
        alpha=recipe.alpha,
        borders=recipe.borders,
        multi_label=recipe.multi_label,
        thresholds=thresholds,
        source=manifest.source,
        synthetic=manifest.synthetic,
        data_version=manifest.fingerprint,
        run_id=run.id,
        judged_on=manifest.judged_on,
        refit=refit_of.refit if refit_of else Refit.NONE,
        refit_of=refit_of.judged.record.id if refit_of else "",
        cross_validated=refit_of.cross_validated if refit_of else None,
        macro_f1=test.macro_f1,
        macro_f1_low=test.macro_f1_low,
        macro_f1_high=test.macro_f1_high,
        temperature=temperature,
        created=datetime.now(UTC),
    )
    from components.inference.export import export  # Keras, which the model needed, too

    samples = np.ascontiguousarray(eval_data.test_images[:4])
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "release"
        run.metrics({"export_difference": export(model, card, samples, place)})
        card = add_novelty(place, model, recipe, eval_data, refit_of)
        if card.novelty:
            run.metrics(card.novelty.as_metrics())
        run.log_release(place, card, samples)
        run.text(CARD, card.model_dump_json(indent=1))
