"""Where pages open, and which sample pictures fit a champion."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from components.data.manifest import Manifest
from components.settings import Settings
from components.tracking.registry import VersionRecord
from components.tracking.runs import RunRecord
from dashboard import champions, samples
from tests.tiny_collections import manifest, save

START = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)


def run(name: str, *, synthetic: bool) -> RunRecord:
    tags = {"atelier.task": "style", "atelier.synthetic": str(synthetic).lower()}
    return RunRecord(name, "style", "simple_cnn", "FINISHED", START, 1.0, tags, {}, {}, "")


def champion(run_id: str, *, synthetic: bool) -> champions.Champion:
    tags = {"synthetic": str(synthetic).lower(), "data_version": "f" * 16}
    record = VersionRecord("style", "1", run_id, ("champion",), tags, START, "")
    registered = champions.from_registry([record])
    assert registered is not None
    assert registered.data_version == "f" * 16
    return registered


def test_a_page_opens_on_the_real_champion_then_on_what_is_real_then_on_the_newest() -> None:
    drawn, newer, older = run("drawn", synthetic=True), run("b", synthetic=False), run("a", synthetic=False)
    newest_first = [drawn, newer, older]
    registered = [champion("drawn", synthetic=True), champion("a", synthetic=False)]
    assert champions.run_to_open_on(newest_first, registered) == older
    assert champions.run_to_open_on(newest_first, registered[:1]) == newer
    assert champions.run_to_open_on([run("new", synthetic=True), drawn], registered[:1]) == drawn
    assert champions.run_to_open_on([drawn], []) == drawn
    assert [one.synthetic for one in champions.real_first(registered)] == [False, True]


def _kept(settings: Settings, source: str, *, synthetic: bool) -> str:
    """A data version with one training and one test work of two styles; its fingerprint."""
    root = settings.collections / source
    drawn = manifest({"Cubism": 2, "Pop Art": 2}, root=root)
    for number, path in enumerate(drawn.paths()):
        save(path, number)
    frame = drawn.frame.assign(split=["train", "test"] * 2, artist="Ada")
    version = Manifest(frame=frame, source=source, root=root, synthetic=synthetic)
    version.save(settings.collections / "versions" / version.fingerprint)
    return version.fingerprint


def test_samples_come_from_the_champions_own_data(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    gallery = _kept(settings, "synthetic-gallery", synthetic=True)
    louvre = _kept(settings, "louvre", synthetic=False)
    drawn = samples.fitting(settings, "style", gallery, synthetic=True)
    assert [(one.label, one.caption) for one in drawn] == [
        ("Cubism", "By Ada, an invented painter"),
        ("Pop Art", "By Ada, an invented painter"),
    ]
    real = samples.fitting(settings, "style", louvre, synthetic=False)
    assert {one.caption for one in real} == {"By Ada"}
    assert {one.path.parents[1].name for one in real} == {"louvre"}


def test_a_real_champion_without_its_data_here_gets_no_samples_and_a_synthetic_one_any_gallery(
    tmp_path: Path,
) -> None:
    settings = Settings(home=tmp_path)
    _kept(settings, "synthetic-gallery", synthetic=True)
    assert samples.fitting(settings, "style", "0" * 16, synthetic=False) == []
    assert len(samples.fitting(settings, "style", "0" * 16, synthetic=True)) == 2
