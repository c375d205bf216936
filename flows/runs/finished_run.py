"""A finished training run loaded again: its network, its card, and how what is made from it is evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.errors import RegistryError, TrainingError
from components.inference.release import KERAS, ReleaseCard
from components.tracking import tags as run_tag
from components.tracking.runs import RunRecord, Tracker

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import keras

    from components.settings import Settings
    from components.training.recipe import Recipe

_INHERITED = (
    run_tag.KIND,
    run_tag.TASK,
    run_tag.SCALE,
    run_tag.SOURCE,
    run_tag.SYNTHETIC,
    run_tag.DATA_VERSION,
)


@dataclass(frozen=True)
class FinishedRun:
    """A run that left a network.

    Attributes:
        record: as MLflow knows it.
        card: of its release.
        path: of its network, a .keras file.
    """

    record: RunRecord
    card: ReleaseCard
    path: Path

    @property
    def key(self) -> str:
        """Content key of what it was trained by and on; the same key, the same network."""
        return self.record.key

    @property
    def tags(self) -> dict[str, str]:
        """What a run made of this one is found by, too."""
        return {name: self.record.tags[name] for name in _INHERITED if name in self.record.tags}

    def network(self) -> keras.Model:
        """Raw image (B, H, W, 3) in 0..255 -> probabilities (B, C). Call `runtime.prepare` first."""
        from components.models.network_file import load_network

        return load_network(self.path)

    def judged_as(self, family: str, image_size: tuple[int, int] | None = None) -> Recipe:
        """The recipe that `evaluate` wants to know of a network made of this one, which no recipe trains."""
        from components.training.recipe import Recipe, Stage

        return Recipe(
            family=family,
            image_size=image_size or self.card.image_size,
            stages=(Stage(epochs=1),),
            alpha=self.card.alpha,
            borders=self.card.borders,
            multi_label=self.card.multi_label,
        )


def finished_run(record: RunRecord, settings: Settings) -> FinishedRun:
    """The run's network and card, fetched once to this machine.

    Raises:
        RegistryError: it left no network.
        TrainingError: it is not at its end.
    """
    if record.status != "FINISHED":
        raise TrainingError(
            f"The run {record.id[:8]} ({record.name}) is {record.status.lower()}; a finished one is "
            f"expected. See `atelier runs`."
        )
    folder = Tracker(settings).release(record.id)
    return FinishedRun(record, ReleaseCard.load(folder), folder / KERAS)


def finished_runs(given: Sequence[str], settings: Settings, task: str = "") -> list[RunRecord]:
    """The finished training runs of these ids, or of their beginnings; of any task, or of one.

    Raises:
        RegistryError: none, or several, begin so.
    """
    chosen = []
    for text in given:
        known = Tracker(settings).runs(task, "training", begins=text) if text.isalnum() else []
        finished = [record for record in known if record.status == "FINISHED"]
        if len(finished) != 1:
            raise RegistryError(
                f"{text!r}: one finished {task or 'training'} run is expected, {len(finished)} match. "
                f"See `atelier runs`."
            )
        chosen.append(finished[0])
    return chosen
