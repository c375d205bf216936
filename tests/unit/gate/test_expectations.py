"""What is expected of each source and task, over small collections with one thing wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from components.data.gate.expectations import expectations
from components.data.gate.expectations.sources import SOURCES, of_source
from components.data.gate.validate import validate
from components.data.manifest import COLUMNS, Manifest, Rejected, Task
from components.data.splits.split import PROTOCOLS, assign, find_protocol
from components.data.summaries import NAMED_BY, ONE_ROW, TABLES
from tests.tiny_collections import manifest

STYLES = {"Cubism": 40, "Impressionism": 30}


def collection(source: str = "tiny", **columns: Any) -> Manifest:
    """Works of two artists a style, sound for every source; `columns` are put over it."""
    works = manifest(STYLES)
    frame = works.frame
    artists = [f"{style} painter {place % 2}" for place, style in enumerate(frame["style"])]
    frame = frame.assign(**({"artist": artists, "genre": "portrait"} | columns))
    return replace(works, frame=frame, source=source, synthetic=source == "synthetic-gallery")


def outcome(works: Manifest, **asked: Any) -> dict[str, Any]:
    return {check.name: check for check in validate(works, **asked).checks}


@pytest.mark.parametrize(
    ("source", "task"),
    [
        ("synthetic-gallery", Task.STYLE),
        ("best-artworks", Task.ARTIST),
        ("painter-by-numbers", Task.GENRE),
        ("pandora", Task.STYLE),
        ("wikiart", Task.STYLE),
        ("some-folder", Task.ARTIST),
    ],
)
def test_a_sound_collection_of_any_source_meets_its_suite(source: str, task: Task) -> None:
    works = collection(source)
    if task is Task.ARTIST:
        works = works.with_frame(works.frame.assign(label=works.frame["artist"]))
    if task is Task.GENRE:
        genres = ["portrait", "landscape"] * 35
        works = works.with_frame(works.frame.assign(genre=genres, label=genres))
    checks = outcome(works, task=task)
    assert [name for name, check in checks.items() if not check.passed] == []
    assert set(checks) >= {one.name for one in of_source(source)}


@pytest.mark.parametrize(
    ("source", "spoil", "name", "severity", "observed"),
    [
        ("best-artworks", {"artist": ""}, "artist is known", "critical", "0 %"),
        ("best-artworks", {"artist": "Pablo Picasso"}, "one movement an artist", "critical", "Picasso (2)"),
        ("best-artworks", {"style": "Kubism"}, "movements are the documented ones", "warning", "(Kubism)"),
        ("painter-by-numbers", {"genre": ""}, "genre is known", "warning", "0 %"),
        (
            "painter-by-numbers",
            {"genre": [f"genre {number}" for number in range(70)]},
            "number of genres",
            "warning",
            "70",
        ),
        (
            "pandora",
            {"style": [f"movement {number % 19}" for number in range(70)]},
            "number of movements",
            "warning",
            "19",
        ),
        ("wikiart", {"style": ""}, "style is known", "critical", "0 %"),
        ("synthetic", {}, "marked as drawn by code", "critical", "no"),
        ("synthetic", {"style": "Realism"}, "movements are the documented ones", "critical", "(Realism)"),
    ],
)
def test_what_a_source_promises(
    source: str, spoil: dict[str, Any], name: str, severity: str, observed: str
) -> None:
    check = outcome(collection(source, **spoil))[name]
    assert (check.passed, check.severity) == (False, severity)
    assert observed in check.observed


def test_a_folder_by_a_collections_name_is_not_held_to_it() -> None:
    plain = collection("wikiart", style="", artist="")
    assert not outcome(plain)["style is known"].passed
    assert "style is known" not in outcome(plain, suite="folder")


def test_a_style_of_one_artist_and_artists_on_both_sides_are_told() -> None:
    works = collection()
    frame = works.frame.assign(
        artist=works.frame["artist"].where(works.frame["style"] != "Cubism", "Pablo Picasso")
    )
    checks = outcome(assign(works.with_frame(frame), PROTOCOLS["81/9/10"]), task=Task.STYLE)
    assert "1 of 2: Cubism (1)" in checks["several artists a class"].observed
    told = checks["artists apart between the parts"]
    assert (told.passed, told.severity) == (False, "warning")
    assert "test (100 % of its works by artists also in training)" in told.observed


def test_whole_artists_held_out_are_checked_by_artist() -> None:
    works = manifest({"Cubism": 60, "Pop Art": 60})
    frame = works.frame.assign(artist=[f"{style} {n % 12}" for n, style in enumerate(works.frame["label"])])
    protocol = find_protocol("artists-held-out")
    parts = assign(works.with_frame(frame), protocol)
    checks = outcome(parts, task=Task.STYLE)
    assert checks["no artist in two parts"].passed
    assert "artists apart between the parts" not in checks
    assert checks["every class in every part"].severity == "warning"
    spoilt = parts.frame.copy()
    place = spoilt.index[spoilt["split"] == "test"][0]
    spoilt.loc[place, "split"] = "train"
    broken = outcome(parts.with_frame(spoilt), protocol=protocol)["no artist in two parts"]
    assert (broken.passed, broken.severity) == (False, "critical")
    assert spoilt.loc[place, "artist"] in broken.observed


@pytest.mark.parametrize(
    ("task", "label", "name"),
    [
        (Task.ARTIST, "Unknown artist", "artists are people"),
        (Task.ARTIST, "anonymous", "artists are people"),
        (Task.GENRE, "Other", "genres are subjects"),
    ],
)
def test_labels_that_name_nothing(task: Task, label: str, name: str) -> None:
    works = collection()
    labels = works.frame["label"].where(works.frame["label"] != "Cubism", label)
    check = outcome(works.with_frame(works.frame.assign(label=labels)), task=task)[name]
    assert not check.passed
    assert label in check.observed


def test_two_spellings_and_one_class() -> None:
    works = manifest({"Post-Impressionism": 20, "post impressionism": 20})
    assert "2 of 2" in outcome(works)["one spelling a class"].observed
    assert outcome(manifest({"Cubism": 30}))["at least two classes"].severity == "critical"
    assert not outcome(manifest({"Cubism": 30}))["at least two classes"].passed


@pytest.mark.parametrize(
    ("column", "value", "observed"),
    [
        ("width", 64.5, "width (70 not a whole number)"),
        ("brightness", None, "brightness (70 not a number)"),
        ("thumbnail", "text", "thumbnail (70 not bytes)"),
        ("artist", 7, "artist (70 not text)"),
    ],
)
def test_types_of_columns(column: str, value: object, observed: str) -> None:
    works = collection()
    values = pd.Series([value] * len(works), dtype=object if not isinstance(value, float) else float)
    table = TABLES["columns"](works.with_frame(works.frame.assign(**{column: values})))
    wrong = table[table["of another type"] > 0]
    assert [f"{row['column']} ({row['tells']})" for _, row in wrong.iterrows()] == [observed]


def test_near_duplicates_under_two_labels_and_copies_across_parts() -> None:
    works = assign(manifest(STYLES), PROTOCOLS["81/9/10"])
    frame = works.frame.copy()
    one, other = frame.index[frame["label"] == "Cubism"][0], frame.index[frame["label"] == "Impressionism"][0]
    frame.loc[[one, other], "group"] = "same"
    train, test = (frame.index[frame["split"] == part][0] for part in ("train", "test"))
    frame.loc[[train, test], "sha256"] = "f" * 64
    checks = outcome(works.with_frame(frame))
    assert "(Cubism / Impressionism)" in checks["one label a group"].observed
    assert checks["one label a group"].severity == "warning"
    assert checks["one label a picture"].passed  # those two are copies under one label
    assert (checks["no picture in two parts"].passed, checks["no picture in two parts"].severity) == (
        False,
        "critical",
    )


def test_a_reason_that_leaves_out_many_files_is_named() -> None:
    rejected = tuple(Rejected(f"{number}.jpg", "too small", "too small") for number in range(8))
    check = outcome(replace(collection(), rejected=rejected))["files left out, of one kind"]
    assert check.observed == "1 of 1: too small (8 files, 10.26 %)"


def test_every_check_speaks_of_a_column_that_is_there_and_names_are_not_used_twice() -> None:
    works = assign(collection("best-artworks"), PROTOCOLS["81/9/10"])
    for source in (*SOURCES, "folder"):
        for task in Task:
            chosen = expectations(
                works, min_per_class=10, classes=list(STYLES), task=task, previous=None, suite=source
            )
            names = [one.name for one in chosen]
            assert len(names) == len(set(names))
            for one in chosen:
                columns = TABLES[one.table](works).columns
                assert {one.column, one.shows} - {""} <= set(columns)
                assert one.expected
                assert one.hint.endswith(".")
                assert one.table in {*NAMED_BY, *ONE_ROW} or "path" in columns
    assert set(COLUMNS) == set(TABLES["columns"](works)["column"])
