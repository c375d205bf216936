"""What nothing can be learnt from is set aside with its reason; paintings are not."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter, ImageOps

from components.data.images.quality import Limits, apply_limits, with_padding_noted
from components.data.images.scan import Work, manifest_of
from components.data.images.stats import SIDE, image_stats, phashes
from tests.unit.data.test_duplicates import painting


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


BAD = {
    "too small": painting(1).resize((31, 60)),
    "near-blank": Image.new("RGB", (120, 90), (90, 120, 90)),
    "extreme aspect": painting(1).resize((330, 60)),
    "under-exposed": painting(1).point(lambda level: level // 24),
    "over-exposed": painting(1).point(lambda level: 240 + level // 16),
    "blurred": painting(1, (480, 480)).filter(ImageFilter.GaussianBlur(22)),
}


@pytest.fixture
def manifest(tmp_path):
    for number in range(5):
        painting(number).save(tmp_path / f"good-{number}.png")
    for kind, image in BAD.items():
        image.save(tmp_path / f"{kind}.png")
    works = [Work(path) for path in tmp_path.iterdir()]
    return manifest_of(works, root=tmp_path, source="tiny")


def test_each_kind_is_set_aside_with_what_was_measured_and_expected(manifest):
    limits = Limits(least_contrast=0.008)  # so that dark and light pictures are not near-blank first
    kept = apply_limits(manifest, limits)
    assert sorted(kept.frame["path"]) == [f"good-{number}.png" for number in range(5)]
    assert {one.kind for one in kept.rejected} == set(BAD)
    for one in kept.rejected:
        assert one.path == f"{one.kind}.png"
        assert one.kind in one.reason
        assert "expected" in one.reason
    assert len(kept) + len(kept.rejected) == kept.files
    assert kept.lineage[-1].startswith("quality: 6 set aside (smallest_side 32")
    assert kept.parents[0] == manifest.fingerprint


def test_a_picture_that_breaks_several_limits_names_each(manifest):
    kept = apply_limits(manifest)
    dark = next(one for one in kept.rejected if one.path == "under-exposed.png")
    assert dark.kind == "near-blank"
    assert "under-exposed: " in dark.reason


@pytest.mark.parametrize("side", [32, 48, 64, 100, 127, 128, 300])
def test_a_small_sharp_picture_is_not_blurred(side):
    assert image_stats(png(painting(1, (side, side)))).sharpness > Limits().least_sharpness


def test_a_class_of_which_nothing_is_left_is_told(manifest):
    frame = manifest.frame.assign(
        style=["bad" if "good" not in path else "good" for path in manifest.frame["path"]]
    )
    assert apply_limits(manifest.with_frame(frame)).lineage[-1].endswith("; no work is left of bad")


def test_nothing_is_lost_and_the_rest_is_unchanged(manifest):
    kept = apply_limits(manifest)
    together = set(kept.frame["path"]) | {one.path for one in kept.rejected}
    assert together == set(manifest.frame["path"])
    assert apply_limits(kept).frame.equals(kept.frame)


def test_a_look_measures_light_contrast_and_size():
    seen = image_stats(png(Image.new("RGB", (40, 30), (51, 51, 51))))
    assert (seen.width, seen.height, seen.mode) == (40, 30, "RGB")
    assert (seen.brightness, seen.contrast, seen.sharpness) == (0.2, 0.0, 0.0)
    assert seen.thumbnail == bytes([51]) * SIDE * SIDE
    half = np.zeros((64, 64), np.uint8)
    half[:, 32:] = 255
    seen = image_stats(png(Image.fromarray(half)))
    assert (seen.brightness, seen.contrast) == (0.5, 0.5)


def test_sharpness_falls_with_blur():
    image = painting(3, (256, 256))
    measured = [
        image_stats(png(image.filter(ImageFilter.GaussianBlur(radius)))).sharpness for radius in (0, 2, 4, 8)
    ]
    assert measured == sorted(measured, reverse=True)
    assert measured[-1] < Limits().least_sharpness < measured[0]


@pytest.mark.parametrize("colour", ["white", "black", (90, 60, 30)])
def test_borders_do_not_reach_the_thumbnail(colour):
    plain = np.frombuffer(image_stats(png(painting(4))).thumbnail, np.uint8).astype(int)
    framed = ImageOps.expand(ImageOps.expand(painting(4), 9, colour), 14, "white")
    seen = np.frombuffer(image_stats(png(framed)).thumbnail, np.uint8).astype(int)
    assert np.abs(plain - seen).mean() < 12
    assert np.corrcoef(plain, seen)[0, 1] > 0.95


def test_a_small_thing_on_paper_is_not_taken_for_a_framed_picture():
    paper = Image.new("L", (128, 128), 240)
    paper.paste(painting(2).convert("L").resize((20, 20)), (54, 54))
    seen = np.frombuffer(image_stats(png(paper)).thumbnail, np.uint8).reshape(SIDE, SIDE)
    assert (seen[:10] == 240).all()


def test_the_perceptual_hash_is_near_for_copies_and_far_for_others():
    thumbnails = [
        image_stats(png(image)).thumbnail
        for image in (painting(1), painting(1).resize((80, 64)), painting(2))
    ]
    one, copy, other = (int(text, 16) for text in phashes(thumbnails))
    assert (one ^ copy).bit_count() <= 4
    assert (one ^ other).bit_count() >= 16
    assert phashes([]) == []


def test_a_collection_that_is_padded_says_so(tmp_path: Path) -> None:
    """Padding tells museums apart; a few padded works do not make a way of padding."""
    for seed in range(12):
        page = Image.new("RGB", (160, 90), "white")
        page.paste(Image.effect_noise((100, 90), 60).point(lambda level: level // 2), (30, 0))
        works = [Work(tmp_path / f"{seed}.png") for seed in range(12)]
        (page if seed else page.crop((30, 0, 130, 90))).save(works[seed].path)
    manifest = manifest_of(works, root=tmp_path, source="museum")
    noted = with_padding_noted(manifest)
    assert noted.lineage[-1] == "padding: 11 of 12 works that were looked at are padded along a side"
    assert noted.fingerprint == manifest.fingerprint
    few = manifest.with_frame(manifest.frame[manifest.frame["path"] == "0.png"])
    assert with_padding_noted(few) is few
