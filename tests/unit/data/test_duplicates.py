"""Copies of a work are found however they were altered, and different works are not taken for one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from components.data.groups.duplicates import pairs, seen_before, with_groups
from components.data.images.scan import Work, manifest_of
from components.data.manifest import Manifest
from tests.altered import ALTERATIONS, altered

WORKS = 25


def painting(seed: int, size: tuple[int, int] = (160, 128)) -> Image.Image:
    """Something like a painting: broad masses, then ever finer ones, each octave fainter."""
    random = np.random.default_rng(seed)
    whole = np.zeros((size[1], size[0], 3), np.float32)
    for cells, strength in ((3, 90), (6, 60), (12, 40), (24, 25), (48, 15), (96, 12)):
        noise = random.normal(0, strength, (cells, cells, 3)).astype(np.float32)
        for channel in range(3):
            plane = Image.fromarray(noise[..., channel]).resize(size, Image.Resampling.BICUBIC)
            whole[..., channel] += np.asarray(plane)
    return Image.fromarray((whole + 128).clip(0, 255).astype(np.uint8))


def manifest(root: Path) -> Manifest:
    return manifest_of([Work(path) for path in root.rglob("*") if path.is_file()], root=root, source="tiny")


@pytest.fixture(scope="module")
def copies(tmp_path_factory) -> Manifest:
    root = tmp_path_factory.mktemp("copies")
    for seed in range(WORKS):
        painting(seed).save(root / f"{seed:02}.png")
        for place, name in enumerate(ALTERATIONS):
            (root / f"{seed:02}-{place:02}.jpg").write_bytes(altered(painting(seed), name, seed))
    return with_groups(manifest(root))


def test_altered_copies_share_a_group_and_different_works_do_not(copies):
    works = copies.frame["path"].str[:2]
    original = copies.frame["path"].str.endswith("png")
    groups = dict(zip(works[original], copies.frame["group"][original], strict=True))
    assert len(set(groups.values())) == WORKS
    found = copies.frame["group"] == works.map(groups)
    assert found.mean() >= 0.98, copies.frame["path"][~found].tolist()


def test_the_pairs_say_what_was_done(copies):
    table = pairs(copies)
    with_original = table[table["path_a"].str.endswith("png") | table["path_b"].str.endswith("png")]
    place = list(ALTERATIONS).index("mirrored")
    mirrored = with_original[
        (with_original["path_a"] + with_original["path_b"]).str.contains(f"-{place:02}.jpg", regex=False)
    ]
    assert len(mirrored) == WORKS
    assert mirrored["mirrored"].all()
    assert (mirrored["kind"] == "near").all()
    assert table["similarity"].is_monotonic_decreasing
    assert table["similarity"].between(0.7, 1).all()


def test_equal_bytes_equal_pixels_and_neither(tmp_path):
    painting(1).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes())
    painting(1).save(tmp_path / "c.bmp")
    painting(1).resize((80, 64)).save(tmp_path / "d.png")
    painting(2).save(tmp_path / "e.png")
    works = with_groups(manifest(tmp_path))
    kinds = {(row.path_a, row.path_b): row.kind for row in pairs(works).itertuples()}
    assert kinds[("a.png", "b.png")] == "bytes"
    assert kinds[("a.png", "c.bmp")] == kinds[("b.png", "c.bmp")] == "pixels"
    assert kinds[("a.png", "d.png")] == "near"
    assert not any("e.png" in pair for pair in kinds)
    assert works.frame.set_index("path")["group"].nunique() == 2
    assert works.lineage[-1] == "group near-duplicates: 3 more than one a work"


def test_what_another_collection_has_of_these_works_is_seen(copies, tmp_path):
    """Altered and copied works of another folder are known; others are not."""
    for folder, seeds in (("learnt", range(4)), ("other", range(2, 7))):
        (tmp_path / folder).mkdir()
        for seed in seeds:
            image = painting(seed)
            image = image if folder == "learnt" else image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            image.save(tmp_path / folder / f"{seed}.png")
    learnt, other = manifest(tmp_path / "learnt"), manifest(tmp_path / "other")
    assert seen_before(other, learnt).tolist() == [True, True, False, False, False]
    assert not seen_before(other, learnt.with_frame(learnt.frame[:0])).any()


def test_a_group_is_named_by_its_smallest_hash_whatever_the_order(copies):
    for name, rows in copies.frame.groupby("group"):
        assert name == rows["sha256"].min()
    shuffled = copies.with_frame(copies.frame.sample(frac=1, random_state=1))
    again = with_groups(shuffled).frame.set_index("path")["group"]
    assert again.sort_index().equals(copies.frame.set_index("path")["group"].sort_index())


def test_blank_pictures_are_tied_by_their_bytes_alone(tmp_path):
    for number in range(3):
        Image.new("L", (64, 64), 100 * number).save(tmp_path / f"{number}.png")
    assert with_groups(manifest(tmp_path)).frame["group"].nunique() == 3


def test_one_work_and_none(tmp_path):
    painting(1).save(tmp_path / "a.png")
    one = with_groups(manifest(tmp_path))
    assert len(pairs(one)) == 0
    none = with_groups(one.with_frame(one.frame[:0]))
    assert len(none) == len(pairs(none)) == 0
