"""Padding: found on every side and in every colour, and never taken for a sky, snow or a monochrome work."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from components.data.borders import Borders
from components.data.cache import decoded
from components.data.images import padding
from components.data.images.padding import content_box, without_padding
from components.data.images.reader import read_rgb
from components.data.manifest import Task
from components.data.sources import folder
from tests.fuzz_images import encoded

Margins = tuple[int, int, int, int]
COLOURS = ["white", "black", (128, 128, 128), (200, 30, 40), (245, 240, 225)]


def painted(width: int = 120, height: int = 90, seed: int = 0) -> Image.Image:
    """Strokes of middling light all over, on a ground of their own."""
    random = np.random.default_rng(seed)
    image = Image.new("RGB", (width, height), (90, 120, 70))
    draw = ImageDraw.Draw(image)
    for _ in range(width * height // 20):
        x, y = random.integers(0, width), random.integers(0, height)
        colour = tuple(int(level) for level in random.integers(40, 180, 3))
        draw.ellipse((x - 4, y - 2, x + 4, y + 2), fill=colour)
    return image


def padded(image: Image.Image, margins: Margins, colour: object) -> Image.Image:
    left, top, right, bottom = margins
    ground = Image.new("RGB", (image.width + left + right, image.height + top + bottom), colour)
    ground.paste(image, (left, top))
    return ground


def jpeg(image: Image.Image, quality: int = 75) -> Image.Image:
    return read_rgb(encoded(image, "JPEG", quality=quality))


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize(
    "margins", [(30, 0, 30, 0), (0, 40, 0, 40), (0, 0, 0, 17), (1, 2, 3, 4), (25, 0, 0, 0), (9, 21, 13, 50)]
)
def test_padding_of_every_colour_is_cropped_to_the_pixel(margins: Margins, colour: object) -> None:
    image = padded(painted(), margins, colour)
    left, top, _, _ = margins
    assert content_box(image) == (left, top, left + 120, top + 90)
    assert np.array_equal(np.asarray(without_padding(image)), np.asarray(painted()))


@pytest.mark.parametrize("quality", [40, 60, 75, 90])
@pytest.mark.parametrize("colour", COLOURS)
def test_jpegs_noise_hides_no_padding(colour: object, quality: int) -> None:
    box = content_box(jpeg(padded(painted(), (30, 21, 30, 9), colour), quality))
    assert np.abs(np.subtract(box, (30, 21, 150, 111))).max() <= 2


def test_what_was_resized_or_has_two_paddings_is_cropped() -> None:
    twice = padded(padded(painted(400, 300), (60, 0, 60, 0), "black"), (40, 40, 40, 40), "white")
    assert content_box(twice) == (100, 40, 500, 340)
    large = twice.resize((1800, 1140), Image.Resampling.BICUBIC)
    assert np.abs(np.subtract(content_box(large), (300, 120, 1500, 1020))).max() <= 4
    small = large.resize((900, 570), Image.Resampling.BILINEAR)
    assert np.abs(np.subtract(content_box(small), (150, 60, 750, 510))).max() <= 3


def test_a_canvas_that_hangs_askew_is_cropped() -> None:
    image = padded(painted(400, 300), (100, 80, 100, 80), "white")
    box = content_box(image.rotate(0.5, Image.Resampling.BICUBIC, fillcolor="white"))
    assert np.abs(np.subtract(box, (100, 80, 500, 380))).max() <= 5


@pytest.mark.parametrize("mode", ["L", "RGBA", "LA", "P", "CMYK"])
def test_pictures_of_other_modes_are_cropped_as_they_are_read(mode: str) -> None:
    image = padded(painted(), (30, 0, 20, 10), "white").convert(mode)
    kind = "TIFF" if mode == "CMYK" else "PNG"
    assert read_rgb(encoded(image, kind), borders=Borders.CROP).size == (120, 90)
    assert read_rgb(encoded(image, kind)).size == image.size


def test_a_transparent_margin_is_padding_too() -> None:
    image = Image.new("RGBA", (200, 90), (0, 0, 0, 0))
    image.paste(painted(), (40, 0))
    for borders, size in ((Borders.KEEP, (200, 90)), (Borders.CROP, (120, 90))):
        assert read_rgb(encoded(image), borders=borders).size == size


def gradient_sky() -> Image.Image:
    """White above, ever darker below."""
    light = np.clip(275 - np.arange(200) * 1.5, 0, 255)
    return Image.fromarray(np.repeat(light[:, None, None], 160, 1).repeat(3, 2).astype(np.uint8))


def snow() -> Image.Image:
    """A white field and sky, with a few trees."""
    image = Image.new("RGB", (200, 160), "white")
    draw = ImageDraw.Draw(image)
    for x in (30, 90, 160):
        draw.rectangle((x, 60, x + 12, 130), fill=(60, 40, 30))
    return image


def horizon() -> Image.Image:
    """A white sky over hills."""
    image = Image.new("RGB", (200, 160), "white")
    ImageDraw.Draw(image).polygon(
        [(0, 160), (0, 120), (70, 50), (130, 100), (200, 80), (200, 160)], fill="navy"
    )
    return image


def brushed_sky() -> Image.Image:
    """A pale sky of brush strokes down to a straight sea: even to the eye, but not as even as padding."""
    noise = np.random.default_rng(1).normal(0, 4, (160, 200, 3))
    levels = np.full((160, 200, 3), 225.0)
    levels[80:] = (40, 60, 90)
    return Image.fromarray((levels + noise).clip(0, 255).astype(np.uint8))


def square_on_white() -> Image.Image:
    """A monochrome work of another kind: little on an even ground."""
    image = Image.new("RGB", (200, 200), "white")
    ImageDraw.Draw(image).rectangle((60, 60, 139, 139), fill="black")
    return image


def dark_portrait() -> Image.Image:
    """A light face that fades into an even, black ground."""
    image = Image.new("RGB", (160, 200), "black")
    ImageDraw.Draw(image).ellipse((50, 40, 110, 120), fill=(220, 180, 150))
    return image.filter(ImageFilter.GaussianBlur(8))


def oval_on_white() -> Image.Image:
    image = Image.new("RGB", (160, 200), "white")
    ImageDraw.Draw(image).ellipse((20, 20, 140, 180), fill=(80, 60, 50))
    return image


@pytest.mark.parametrize(
    "draw",
    [gradient_sky, snow, horizon, brushed_sky, square_on_white, dark_portrait, oval_on_white, painted],
    ids=lambda draw: draw.__name__,
)
@pytest.mark.parametrize("quality", [None, 75])
def test_pictures_are_never_cut(draw: object, quality: int | None) -> None:
    image = draw()  # type: ignore[operator]
    image = image if quality is None else jpeg(image, quality)
    assert content_box(image) == (0, 0, *image.size)
    assert without_padding(image) is image


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (2, 2), (300, 200)])
@pytest.mark.parametrize("colour", ["white", "black", (90, 20, 60)])
def test_what_is_of_one_colour_stays_whole(size: tuple[int, int], colour: object) -> None:
    assert content_box(Image.new("RGB", size, colour)) == (0, 0, *size)


def test_a_picture_that_is_small_on_its_page_stays_whole() -> None:
    image = padded(painted(40, 40), (100, 100, 100, 100), "white")
    assert content_box(image) == (0, 0, *image.size)


def test_a_picture_without_padding_costs_its_four_outer_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = []
    departures = padding._Edge._departures

    def counted(*given: object) -> object:
        seen = departures(*given)  # type: ignore[arg-type]
        lines.append(len(seen))
        return seen

    monkeypatch.setattr(padding._Edge, "_departures", counted)
    large = painted(300, 200).resize((3000, 2000), Image.Resampling.NEAREST)
    content_box(large)
    assert lines == [1, 1, 1, 1]
    lines.clear()
    assert content_box(padded(large, (500, 0, 500, 0), "white")) == (500, 0, 3500, 2000)
    assert max(lines) < 150  # of 4,000 columns at once
    assert sum(lines) < 1500


def test_decoded_pictures_are_kept_apart_by_their_borders(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "works" / name).mkdir(parents=True)
        padded(painted(), (60, 0, 60, 0), "white").save(tmp_path / "works" / name / f"{name}.png")
    works = folder.read(tmp_path / "works", Task.STYLE)
    kept, cropped = (
        decoded.decoded(works, (90, 120), tmp_path / "cache", borders=borders) for borders in Borders
    )
    assert kept[0, :, 0].min() == 255
    assert np.array_equal(cropped[0], np.asarray(painted()))
