"""The name of a search belongs to one search: another search of the same name is refused."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import optuna

from components.errors import TrainingError
from components.training.search.search import Search

_ABOUT, ID = "about", "id"
"""Attributes of the study: what is sought, and a name of this begin of it."""


def check(study: optuna.Study, search: Search, data_version: str) -> None:
    """Refuse to mix two searches; the first to come says what the name stands for."""
    about = {name: value for name, value in search.content.items() if name != "trials"}
    about["data version"] = data_version
    before = study.user_attrs.get(_ABOUT)
    if before is None:
        study.set_user_attr(ID, uuid.uuid4().hex)
        study.set_user_attr(_ABOUT, about)
        return
    changed = list(_changes(before, about))
    if changed:
        finished = sum(one.state.is_finished() for one in study.get_trials(deepcopy=False))
        raise TrainingError(
            f"The search {search.name!r} was begun with other values: {'; '.join(changed[:6])}"
            f"{'; ...' if len(changed) > 6 else ''}. Its {finished} trials are kept. Resume it with the "
            f"values it was begun with, or give the new search a name of its own (--name)."
        )


def _changes(before: Any, now: Any, place: str = "") -> Iterator[str]:
    if isinstance(before, dict) and isinstance(now, dict):
        for name in [*before, *(name for name in now if name not in before)]:
            yield from _changes(before.get(name), now.get(name), f"{place}.{name}" if place else name)
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        for number, (one, other) in enumerate(zip(before, now, strict=True)):
            yield from _changes(one, other, f"{place}.{number}")
    elif before != now:
        yield f"{place} was {before!r} and is {now!r}"
