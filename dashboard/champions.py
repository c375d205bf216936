"""The models that answer, and where a page opens because of them. No Streamlit here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from components.tracking.registry import CHAMPION, VersionRecord
from components.tracking.runs import RunRecord
from dashboard.client import ServedModel


@dataclass(frozen=True)
class Champion:
    """What answers for a task, as the service says, or the registry when the service is away."""

    task: str
    version: str
    family: str
    source: str
    synthetic: bool
    macro_f1: float | None
    low: float | None
    high: float | None
    since: datetime | str | None
    run_id: str
    data_version: str
    judged_on: str = "test"
    judgement: str = ""
    refit: str = "none"


def from_service(task: str, model: ServedModel) -> Champion:
    """The service's own account of what it answers with."""
    return Champion(
        task=task,
        version=model.version,
        family=model.family,
        source=model.trained_on,
        synthetic=model.synthetic,
        macro_f1=model.macro_f1,
        low=model.macro_f1_interval[0] if model.macro_f1_interval else None,
        high=model.macro_f1_interval[1] if model.macro_f1_interval else None,
        since=model.created,
        run_id=model.run_id,
        data_version=model.data_version,
        judged_on=model.judged_on,
        judgement=model.judgement,
        refit=model.refit,
    )


def from_registry(versions: Iterable[VersionRecord]) -> Champion | None:
    """The registry's champion of a task, None where there is none."""
    version = next((version for version in versions if CHAMPION in version.aliases), None)
    if version is None:
        return None
    tags = version.tags
    return Champion(
        task=version.task,
        version=version.version,
        family=tags.get("family", ""),
        source=tags.get("source", ""),
        synthetic=tags.get("synthetic") == "true",
        macro_f1=_number(tags.get("macro_f1")),
        low=_number(tags.get("macro_f1_low")),
        high=_number(tags.get("macro_f1_high")),
        since=version.created,
        run_id=version.run_id,
        data_version=tags.get("data_version", ""),
        judged_on=tags.get("judged_on", "test"),
        judgement=tags.get("judgement", ""),
        refit=tags.get("refit", "none"),
    )


def figure_title(champion: Champion) -> str:
    """What stands above its figure; a refit on all works has that of another run."""
    if champion.refit == "all":
        return f"Not judged; of its recipe on the {champion.judged_on} works"
    return f"Macro-F1 on the {champion.judged_on} works"


def real_first(champions: Iterable[Champion]) -> list[Champion]:
    """Champions that learnt from paintings before those that learnt from drawn pictures."""
    return sorted(champions, key=lambda champion: champion.synthetic)


def run_to_open_on(finished: Sequence[RunRecord], champions: Iterable[Champion]) -> RunRecord:
    """The run whose task and data version a page opens on; `finished` is not empty, the newest first.

    A real champion's own run comes first, then the newest run on paintings. Synthetic runs follow in the
    same order, so that none is shown first where there is anything real.
    """
    run_ids = {champion.run_id for champion in champions}

    def rank(run: RunRecord) -> tuple[bool, bool]:
        return run.synthetic, run.id not in run_ids

    return min(finished, key=rank)


def _number(value: str | None) -> float | None:
    try:
        return None if value is None else float(value)
    except ValueError:
        return None
