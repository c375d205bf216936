"""What the pages read, kept for a few seconds: runs, versions and the journal through `components.tracking`.

Everything is read-only: where nothing was ever logged, not even MLflow's empty database is made. Each
function takes the settings, so that two homes never share an answer.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st
from PIL import Image, ImageOps

from components.addresses import sqlite_file
from components.data.images.reader import read_rgb
from components.data.versions import Version, Versions
from components.errors import AtelierError
from components.settings import Settings
from components.tracking.promotion.journal import Entry, Journal
from components.tracking.registry import Registry, VersionRecord
from components.tracking.runs import RunRecord, Tracker
from dashboard import champions, formatting, samples
from dashboard.champions import Champion
from dashboard.client import Api, Prediction, ServedModel, Unreachable
from dashboard.samples import Sample

FRESH_SECONDS = 5
_BY_VALUE: dict[Any, Any] = {Settings: Settings.model_dump_json}


def _nothing_logged(settings: Settings) -> bool:
    # Opening SQLite would make it, schema and all: that is for the first run to do.
    file = sqlite_file(settings.tracking_uri)
    return file is not None and not file.exists()


@st.cache_resource(hash_funcs=_BY_VALUE, show_spinner="Opening the record of runs …")
def _tracker(settings: Settings) -> Tracker:
    return Tracker(settings)


@st.cache_data(ttl=FRESH_SECONDS, hash_funcs=_BY_VALUE, show_spinner=False)
def runs(settings: Settings, *, task: str | None = None, kind: str | None = None) -> list[RunRecord]:
    """Runs, newest first."""
    return [] if _nothing_logged(settings) else _tracker(settings).runs(task=task, kind=kind)


@st.cache_data(ttl=FRESH_SECONDS, hash_funcs=_BY_VALUE, show_spinner=False)
def history(settings: Settings, run_id: str) -> dict[str, list[tuple[int, float]]]:
    """A run's per-epoch figures by name: (epoch, value) pairs."""
    return _tracker(settings).history(run_id)


@st.cache_data(ttl=FRESH_SECONDS, hash_funcs=_BY_VALUE, show_spinner=False)
def artifacts(settings: Settings, run_id: str, path: str = "") -> list[str]:
    """Paths of what a run left in one of its folders, sorted."""
    return sorted(_tracker(settings).artifacts(run_id, path))


@st.cache_data(ttl=60, hash_funcs=_BY_VALUE, show_spinner=False)
def artifact(settings: Settings, run_id: str, path: str) -> Path | None:
    """One of a run's files on this machine; None when the run left no such file."""
    try:
        file = _tracker(settings).artifact(run_id, path)
    except AtelierError:
        return None
    return file if file.is_file() else None


@st.cache_data(ttl=FRESH_SECONDS, hash_funcs=_BY_VALUE, show_spinner=False)
def versions(settings: Settings, task: str) -> list[VersionRecord]:
    """A task's registered versions with their aliases."""
    return [] if _nothing_logged(settings) else Registry(settings).versions(task)


def registered_champions(settings: Settings) -> list[Champion]:
    """The registry's champions, those that learnt from paintings first."""
    registered = (champions.from_registry(versions(settings, task)) for task in formatting.TASKS)
    return champions.real_first(champion for champion in registered if champion)


@st.cache_data(ttl=60, hash_funcs=_BY_VALUE, show_spinner=False)
def data_versions(settings: Settings) -> dict[str, Version]:
    """Data versions that were trained on, by fingerprint."""
    return {version.fingerprint: version for version in Versions(settings.collections / "versions").list()}


@st.cache_data(ttl=FRESH_SECONDS, hash_funcs=_BY_VALUE, show_spinner=False)
def decisions(settings: Settings) -> list[Entry]:
    """Every promotion decision, newest first."""
    return Journal(settings).entries()[::-1]


@st.cache_data(ttl=60, hash_funcs=_BY_VALUE, show_spinner=False)
def sample_pictures(settings: Settings, task: str, data_version: str, *, synthetic: bool) -> list[Sample]:
    """Works that fit a champion's data and that it never learnt from."""
    return samples.fitting(settings, task, data_version, synthetic=synthetic)


@st.cache_data(max_entries=64, show_spinner=False)
def thumbnail(path: Path) -> Image.Image:
    """A picture cropped to a small square."""
    return ImageOps.fit(read_rgb(path), (240, 240))


@st.cache_data(ttl=FRESH_SECONDS, hash_funcs=_BY_VALUE, show_spinner=False)
def served(settings: Settings) -> dict[str, ServedModel] | None:
    """The models that answer now, by task; None when the prediction service cannot be reached."""
    try:
        return Api(settings.serving_url).champions()
    except Unreachable:
        return None


def predict(settings: Settings, task: str, name: str, image: bytes) -> Prediction:
    """Ask the prediction service what a painting is.

    Raises:
        ServiceError: it cannot be reached, or it refused; the text says why and what to do.
    """
    return Api(settings.serving_url).predict(task, name, image)
