"""The synthetic gallery: deterministic, whole, laid out as Best Artworks, and said to be synthetic."""

import csv
from pathlib import Path

import pytest
from PIL import Image

from components.data.sources import synthetic
from components.data.sources.gallery.artists import ARTISTS, STYLES, artists_of
from components.data.sources.gallery.palettes import PALETTES
from components.data.sources.gallery.scenes import GENRES
from components.errors import DataError, SettingsError


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic.draw(tmp_path_factory.mktemp("galleries"), works_per_style=12, size=32, seed=3)


def pictures(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "resized").iterdir())}


def test_same_parameters_give_the_same_bytes_elsewhere(gallery: Path, tmp_path: Path) -> None:
    again = synthetic.draw(tmp_path, works_per_style=12, size=32, seed=3)
    assert again.name == gallery.name
    assert pictures(again) == pictures(gallery)
    assert (again / "works.csv").read_bytes() == (gallery / "works.csv").read_bytes()


def test_a_bigger_gallery_holds_the_smaller_one(gallery: Path, tmp_path: Path) -> None:
    smaller = pictures(synthetic.draw(tmp_path, works_per_style=5, size=32, seed=3))
    assert len(smaller) == 5 * len(STYLES)
    assert smaller.items() <= pictures(gallery).items()


def test_another_seed_draws_other_pictures(gallery: Path, tmp_path: Path) -> None:
    other = pictures(synthetic.draw(tmp_path, works_per_style=4, size=32, seed=4))
    ours = pictures(gallery)
    assert all(ours[name] != data for name, data in other.items())


def test_a_finished_gallery_is_found_not_drawn(gallery: Path) -> None:
    one = next((gallery / "resized").iterdir())
    before = one.stat().st_mtime_ns
    assert synthetic.draw(gallery.parent, works_per_style=12, size=32, seed=3) == gallery
    assert one.stat().st_mtime_ns == before


def test_a_failed_drawing_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from components.data.sources.gallery import work

    def broken(*args: object, **kwargs: object) -> Image.Image:
        raise OSError("disk full")

    monkeypatch.setattr(work, "paint", broken)
    with pytest.raises(OSError, match="disk full"):
        synthetic.draw(tmp_path, works_per_style=4, size=32)
    assert list(tmp_path.iterdir()) == []


def test_the_layout_is_that_of_best_artworks(gallery: Path) -> None:
    with (gallery / "artists.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    columns = ["id", "name", "years", "genre", "nationality", "bio", "wikipedia", "paintings"]
    assert list(rows[0]) == columns
    assert {row["genre"] for row in rows} == set(STYLES)
    names = pictures(gallery)
    for row in rows:
        stem = row["name"].replace(" ", "_")
        assert {f"{stem}_{n}.jpg" for n in range(1, int(row["paintings"]) + 1)} <= names.keys()
    assert sum(int(row["paintings"]) for row in rows) == len(names) == 12 * len(STYLES)


def test_it_is_never_passed_off_as_real(gallery: Path) -> None:
    assert "synthetic" in gallery.name
    with (gallery / "artists.csv").open(newline="") as file:
        assert all("(synthetic)" in row["bio"] for row in csv.DictReader(file))
    for path in (gallery / "resized").iterdir():
        with Image.open(path) as image:
            assert b"Synthetic" in image.info["comment"]
    manifest = synthetic.read(gallery)
    assert manifest.synthetic
    assert manifest.source == "synthetic-gallery"


def test_the_manifest_knows_artist_style_and_genre(gallery: Path) -> None:
    manifest = synthetic.read(gallery)
    assert not manifest.rejected
    assert len(manifest) == 12 * len(STYLES)
    assert set(manifest.frame["style"]) == set(STYLES)
    assert set(manifest.frame["artist"]) == {artist.name for artist in ARTISTS}
    assert manifest.frame.groupby("style")["genre"].value_counts().eq(4).all()
    assert set(manifest.frame["genre"]) == set(GENRES)
    assert manifest.frame["sha256"].is_unique
    assert all(path.is_file() for path in manifest.paths())


def test_formats_vary_about_the_size_asked_for(gallery: Path) -> None:
    frame = synthetic.read(gallery).frame
    assert (frame["width"] / frame["height"]).nunique() > 12
    assert (frame["width"] * frame["height"]).pow(0.5).between(32 * 0.8, 32 * 1.3).all()


def test_every_movement_has_every_palette() -> None:
    for style in STYLES:
        assert {name for artist in artists_of(style) for name in artist.palettes} == set(PALETTES)


def test_numbers_too_small_are_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"works_per_style >= 4.*received 2"):
        synthetic.draw(tmp_path, works_per_style=2)
    with pytest.raises(SettingsError, match="size >= 32"):
        synthetic.draw(tmp_path, size=8)


def test_reading_another_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gallery\.json"):
        synthetic.read(tmp_path)
