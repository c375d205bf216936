"""Wrong labels are found by features that see the difference, and what is found can be put right."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from components.data import sources
from components.data.cache.decoded import decoded
from components.data.corrections import apply_corrections
from components.data.explore import figure_files, page, suspected
from components.data.groups.label_errors import find
from components.data.images import descriptor
from components.data.manifest import Manifest, Task
from components.data.select import select_works
from components.data.sources import synthetic
from components.errors import DataError
from tests.tiny_collections import manifest

FLIPPED = 0.05


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> Manifest:
    root = synthetic.draw(tmp_path_factory.mktemp("gallery"), works_per_style=40, size=64)
    return select_works(sources.read("synthetic", root, Task.STYLE), Task.STYLE)


@pytest.fixture(scope="module")
def flipped(drawn) -> tuple[Manifest, dict[str, str]]:
    """The collection with a twentieth of its labels wrong, and the right ones of those."""
    random = np.random.default_rng(0)
    rows = random.choice(len(drawn), round(FLIPPED * len(drawn)), replace=False)
    frame, right = drawn.frame.copy(), {}
    for row in rows:
        label = frame["label"].iloc[row]
        right[frame["path"].iloc[row]] = label
        frame.loc[row, ["label", "style"]] = random.choice([n for n in drawn.class_names if n != label])
    return drawn.with_frame(frame), right


@pytest.fixture(scope="module")
def features(drawn, tmp_path_factory) -> np.ndarray:
    side = (descriptor.SIDE, descriptor.SIDE)
    return descriptor.features(decoded(drawn, side, tmp_path_factory.mktemp("arrays")))


def blobs(collection: Manifest, spread: float = 0.3) -> np.ndarray:
    """Features in which each class lies around a corner of its own."""
    numbers = collection.targets(collection.class_names)
    return np.eye(len(collection.class_names))[numbers] + np.random.default_rng(1).normal(
        0, spread, (len(numbers), len(collection.class_names))
    )


def test_flipped_labels_of_a_drawn_collection_are_found(flipped, features):
    collection, right = flipped
    suspects = find(features, collection)
    hits = suspects.table["path"].isin(right)
    assert hits.sum() / len(right) >= 0.75, "recall"
    assert hits.mean() >= 0.4, "precision"
    suggested = dict(zip(suspects.table["path"], suspects.table["suggested"], strict=True))
    assert np.mean([suggested[path] == right[path] for path in right if path in suggested]) >= 0.6
    assert suspects.table["score"].is_monotonic_increasing
    assert (suspects.table["suggested"] != suspects.table["label"]).all()


def test_features_that_tell_the_classes_apart_find_nearly_all_and_little_else(drawn, flipped):
    collection, right = flipped
    suspects = find(blobs(drawn), collection)
    hits = suspects.table["path"].isin(right)
    assert hits.sum() / len(right) >= 0.8
    assert hits.mean() >= 0.9
    assert not len(find(blobs(drawn, 0.1), drawn).table)


def test_the_same_seed_finds_the_same(flipped, features):
    collection, _ = flipped
    assert find(features, collection, seed=3).table.equals(find(features, collection, seed=3).table)


def test_a_copy_does_not_vouch_for_a_wrong_label():
    collection = manifest({"A": 30, "B": 30}, copies=2)
    seen = blobs(collection, 0.05)
    seen[1::2] = seen[::2]  # copies look the same, and share a group
    wrong = collection.frame["group"] == "A-4"
    collection = collection.with_frame(
        collection.frame.assign(label=collection.frame["label"].mask(wrong, "B"))
    )
    assert sorted(find(seen, collection).table["path"]) == ["A/4-0.jpg", "A/4-1.jpg"]


def test_classes_too_small_to_examine_are_named_and_left_alone():
    collection = manifest({"A": 20, "B": 20, "rare": 3})
    suspects = find(blobs(collection), collection)
    assert suspects.too_small == {"rare": 3}
    assert suspects.examined == 40
    assert "rare (3)" in suspected.summary(suspects, "colours")


def test_what_cannot_be_examined_is_refused():
    collection = manifest({"A": 20, "B": 3})
    with pytest.raises(DataError, match="two classes of at least 5 different works"):
        find(blobs(collection), collection)
    with pytest.raises(DataError, match=r"features \(N, D\) of 23 works"):
        find(np.zeros((4, 2)), collection)


def test_the_table_put_right_corrects_the_collection(flipped, features, tmp_path):
    collection, right = flipped
    suspects = find(features, collection)
    folder = tmp_path / "suspects"
    suspected.write(folder, suspects, collection, "Some are suspected.")
    assert (
        apply_corrections(collection, folder / suspected.TABLE, Task.STYLE).fingerprint
        == collection.fingerprint
    )

    with (folder / suspected.TABLE).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["path", "label", "suggested", "score"]
    edited = tmp_path / "edited.csv"
    with edited.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(row | {"label": right.get(row["path"], row["label"])} for row in rows)
    mended = apply_corrections(collection, edited, Task.STYLE)
    wrong_before = _wrong(collection, right)
    assert _wrong(mended, right) == wrong_before - sum(row["path"] in right for row in rows)


def test_the_table_has_the_collections_own_labels_where_classes_were_merged(drawn, tmp_path):
    two = drawn.class_names[:2]
    merged = drawn.with_frame(drawn.frame.assign(label=drawn.frame["label"].replace(two, "Both")))
    suspects = find(blobs(merged, 0.6), merged)
    suspected.write(tmp_path / "suspects", suspects, merged, "")
    apply_corrections(
        drawn, tmp_path / "suspects" / suspected.TABLE, Task.STYLE
    )  # raises for a label not there


def test_the_page_offers_the_table_alone_or_beside_the_figures(flipped, features, tmp_path):
    collection, _ = flipped
    suspected.write(
        tmp_path / figure_files.SUSPECTS, find(features, collection), collection, "Many <are> wrong."
    )
    text = page.write(tmp_path).read_text(encoding="utf-8")
    assert "Many &lt;are&gt; wrong." in text
    assert 'download="suspects.csv"' in text


def test_appearance_of_any_number_of_pictures():
    images = np.random.default_rng(0).integers(0, 256, (3, 48, 48, 3), dtype=np.uint8)
    seen = descriptor.features(images)
    assert seen.shape == (3, 236)
    assert np.allclose((seen[:, :64] ** 2).sum(axis=1), 1, atol=1e-5)
    assert np.allclose(seen[1:2], descriptor.features(images[1:2]), atol=1e-5)
    assert descriptor.features(images[:0]).shape == (0, 236)


def _wrong(collection: Manifest, right: dict[str, str]) -> int:
    labels = dict(zip(collection.frame["path"], collection.frame["style"], strict=True))
    return sum(labels[path] != label for path, label in right.items())
