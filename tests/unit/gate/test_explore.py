"""Every figure draws whatever a collection is like, and what is kept is whole."""

from __future__ import annotations

import io
import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from components.data import explore
from components.data.explore import figure_files, page, sheets, spread, tiles
from components.data.explore.tiles import Tile, shortened, wall
from components.data.groups import duplicates
from components.data.images.scan import Work, manifest_of
from components.data.manifest import Manifest, Rejected
from tests.tiny_collections import manifest as rows
from tests.tiny_collections import save


def drawn(figure: Figure) -> np.ndarray:
    file = io.BytesIO()
    figure.savefig(file)
    return np.asarray(Image.open(file).convert("RGB"))


def texts(figure: Figure) -> str:
    inside = [text for axes in figure.axes for text in [*axes.texts, axes.title, *axes.get_yticklabels()]]
    legends = [text for legend in figure.legends for text in legend.get_texts()]
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    return "\n".join([*titles, *(text.get_text() for text in [*figure.texts, *legends, *inside])])


@pytest.fixture
def paintings(tmp_path: Path) -> Manifest:
    """Two classes of four works, one of them twice under either label, and a broken file."""
    for seed, label in ((10, "Cubism"), (20, "Pop $Art$")):
        for number in range(4):
            save(tmp_path / label / f"{number}.png", seed + number)
    save(tmp_path / "Cubism" / "copy.png", 20)
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    works = [Work(path) for path in tmp_path.rglob("*.*")]
    read = manifest_of(works, root=tmp_path, source="tiny")
    frame = read.frame.assign(label=read.frame["path"].str.split("/").str[0])
    frame["split"] = ["train", "train", "validation"] * 3
    return duplicates.with_groups(replace(read.with_frame(frame), task="style"))


def test_every_figure_of_a_small_collection(paintings):
    found = list(explore.figures(paintings, augmented=False))
    names = [one.name for one in found]
    assert len(set(names)) == len(names)
    assert {one.section for one in found} == set(explore.SECTIONS) - {"Augmentation"}
    assert {"duplicates-labels", "set-aside", "works-00", "works-01"} <= set(names)
    for one in found:
        assert drawn(one.figure).std() > 5, one.name
    facts = "\n".join(texts(one.figure) for one in found)
    for words in ("Cubism", "broken", "train: 6", "0.", "A pair under different labels: 1 of 1"):
        assert words in facts


@pytest.mark.slow
def test_augmentation_has_a_sheet_a_policy(paintings):
    sections = {one.title for one in explore.figures(paintings) if one.section == "Augmentation"}
    policies = {"rotate-zoom", "flips", "stretch", "rand-augment", "pad-crop", "crops"}
    assert sections == policies | {"mixup", "cutmix"}


@pytest.mark.parametrize("classes", [1, 2, 50, 300])
def test_classes_stay_legible(classes):
    collection = rows({f"A movement with a rather long name {n}": 3 + n for n in range(classes)})
    figure = spread.classes(collection)
    assert drawn(figure).shape[0] <= 17 * 110
    assert ("more classes" in texts(figure)) == (classes > 60)
    boxes = [label.get_window_extent() for label in figure.axes[0].get_yticklabels()]
    assert all(one.y0 >= two.y1 - 1 for one, two in itertools.pairwise(boxes))
    assert min(box.x0 for box in boxes) >= 0


@pytest.mark.parametrize("works", [1, 3, 100_000])
def test_sizes_and_light_of_few_and_of_many(works):
    random = np.random.default_rng(0)
    few = rows({"one": 1}).frame
    sizes = random.integers(40, 6000, (works, 2)) if works > 3 else np.full((works, 2), 256)
    frame = few.loc[[0] * works].assign(width=sizes[:, 0], height=sizes[:, 1])
    frame = frame.assign(**{name: random.random(works) for name in ("brightness", "contrast", "sharpness")})
    collection = rows({"one": 1}).with_frame(frame)
    for draw in (spread.sizes, spread.shapes, spread.light):
        assert drawn(draw(collection)).std() > 5
    assert ("256 x 256" in texts(spread.sizes(collection))) == (works == 3)


def test_only_the_pictures_shown_are_read(tmp_path, monkeypatch):
    collection = rows({"A": 5000, "B": 5000}, root=tmp_path)
    read: list[Path] = []
    monkeypatch.setattr(tiles, "small", lambda paths, side=0: read.extend(paths) or [None] * len(paths))
    monkeypatch.setattr(sheets, "small", tiles.small)
    count = sum(1 for _ in explore.figures(collection, pairs=_no_pairs(), augmented=False))
    assert count
    assert len(read) <= 3 + 36 + 2 * 24


def test_a_file_that_could_not_be_read_is_not_tried_again(paintings, monkeypatch):
    read: list[Path] = []
    monkeypatch.setattr(sheets, "small", lambda paths: read.extend(paths) or [None] * len(paths))
    small_one = Rejected("Cubism/0.png", "too small: 20 pixels, 32 expected", "too small")
    figure = sheets.set_aside(paintings, [*paintings.rejected, small_one])
    assert [path.name for path in read] == ["0.png"]
    assert "\nbroken\nunreadable: no picture" in texts(figure)


def test_a_collection_without_labels_or_works(paintings):
    bare = paintings.with_frame(paintings.frame.assign(label="", split=""))
    names = {one.name for one in explore.figures(bare, augmented=False)}
    assert "classes" not in names
    assert "works-00" in names
    assert list(explore.figures(bare.with_frame(bare.frame[:0]), augmented=False)) == []


def test_the_seed_chooses_the_works(paintings):
    many = paintings.with_frame(pd.concat([paintings.frame] * 8))
    same = [drawn(sheets.contact(many, "Cubism", seed)) for seed in (1, 1, 2)]
    assert np.array_equal(same[0], same[1])
    assert not np.array_equal(same[0], same[2])


def test_what_is_kept_is_whole_or_not_there(paintings, tmp_path):
    folder = tmp_path / "home" / figure_files.FIGURES
    facts = figure_files.facts_of(paintings, duplicates.pairs(paintings))

    def broken():
        yield from explore.figures(paintings, augmented=False)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        figure_files.save_figures(folder, broken(), facts, "key")
    assert not figure_files.kept(folder, "key")
    assert not list(folder.parent.iterdir())

    figure_files.save_figures(folder, explore.figures(paintings, augmented=False), facts, "key")
    assert figure_files.kept(folder, "key")
    assert not figure_files.kept(folder, "another")
    about = json.loads((folder / figure_files.ABOUT).read_text())
    assert all((folder / f"{one['name']}.png").is_file() for one in about["figures"])

    figure_files.save_figures(folder, [], facts, "another")  # gives way to newer ones
    assert figure_files.kept(folder, "another")
    assert not list(folder.glob("*.png"))


def test_the_page_is_whole_in_itself_and_escaped(paintings, tmp_path):
    folder = tmp_path / "home"
    hostile = replace(paintings, source="<script>alert(1)</script>")
    hostile = replace(hostile, rejected=(*hostile.rejected, Rejected("a/b.jpg", "<b>", "<i>kind</i>")))
    facts = figure_files.facts_of(hostile, duplicates.pairs(hostile))
    figure_files.save_figures(
        folder / figure_files.FIGURES, explore.figures(hostile, augmented=False), facts, "key"
    )
    text = page.write(folder).read_text(encoding="utf-8")
    assert "<script" not in text
    assert "<i>kind" not in text
    assert 'src="figures/' not in text
    assert text.count("data:image/") == len(list((folder / figure_files.FIGURES).glob("*.png")))
    for words in ("near-duplicates beyond one a work", "Cubism/copy.png", "set aside: unreadable"):
        assert words in text


def test_a_page_that_is_missing_or_older_than_its_figures_is_written_anew(paintings, tmp_path):
    """As it is when an exploration was killed between its figures and its page."""
    folder = tmp_path / "home"
    facts = figure_files.facts_of(paintings, duplicates.pairs(paintings))
    figure_files.save_figures(folder / figure_files.FIGURES, [], facts, "key")
    index = page.refresh(folder)
    assert "Cubism/copy.png" in index.read_text(encoding="utf-8")
    written_ns = index.stat().st_mtime_ns
    assert page.refresh(folder) == index
    assert index.stat().st_mtime_ns == written_ns
    figure_files.save_figures(folder / figure_files.FIGURES, [], replace(facts, classes=77), "another")
    assert ">77<" in page.refresh(folder).read_text(encoding="utf-8")


def test_names_lose_their_middle():
    assert shortened("Claude_Monet_1", 20) == "Claude_Monet_1"
    assert shortened("Henri_de_Toulouse-Lautrec_71", 12) == "Henri_…ec_71"
    assert len(shortened("x" * 99, 12)) == 12


def test_a_wall_of_nothing_and_of_what_cannot_be_read():
    assert drawn(wall([], 4, "None")).shape
    figure = wall([Tile(None, ("gone",), marked=True), Tile(np.zeros((2, 90, 3), np.uint8))], 2, "Two")
    assert "no picture" in texts(figure)
    assert drawn(figure).min() == 0


def _no_pairs() -> pd.DataFrame:
    return pd.DataFrame(columns=["path_a", "path_b", "kind", "similarity", "mirrored"])
