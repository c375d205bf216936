"""Pictures that are no works of art, drawn by code: noise, pages of text, flat colours, screens, charts."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

from components import theme

_FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
_FACES = ("DejaVuSans", "DejaVuSerif", "DejaVuSansMono", "STIXGeneral", "cmr10", "cmss10", "cmtt10")
_TEXT = (
    "invoice number date total amount due payment terms delivery address customer order quantity price "
    "description tax bank account reference within thirty days of the receipt please find enclosed our "
    "offer for the works described below which remains valid until the end of the month and is subject "
    "to the general conditions printed overleaf the parties agree that any dispute shall be settled by"
)
_WORDS = _TEXT.split()

Draw = Callable[[np.random.Generator], Image.Image]


def uniform_noise(random: np.random.Generator) -> Image.Image:
    """Every value as likely, each channel by itself; sometimes grey, or of larger grains."""
    grain, grey = int(random.choice([1, 1, 2, 4])), bool(random.random() < 0.3)
    values = random.integers(0, 256, (384 // grain, 384 // grain, 1 if grey else 3), dtype=np.uint8)
    return _enlarged(values.repeat(3, axis=2) if grey else values, grain)


def gaussian_noise(random: np.random.Generator) -> Image.Image:
    """Around a colour, as wide as 10 to 80 levels; sometimes blurred."""
    colour, spread = random.uniform(40, 215, 3), random.uniform(10, 80)
    values = random.normal(colour, spread, (384, 384, 3))
    image = Image.fromarray(values.clip(0, 255).astype(np.uint8))
    return (
        image.filter(ImageFilter.GaussianBlur(random.uniform(0.7, 2.5))) if random.random() < 0.3 else image
    )


def flat_colour(random: np.random.Generator) -> Image.Image:
    """One colour, or two that run into each other."""
    first, second = random.integers(0, 256, (2, 3))
    if random.random() < 0.5:
        return Image.new("RGB", (400, 300), tuple(first.tolist()))
    share = np.linspace(0, 1, 400)[None, :, None]
    ramp = (first * (1 - share) + second * share).repeat(300, axis=0).astype(np.uint8)
    return Image.fromarray(ramp if random.random() < 0.5 else ramp.transpose(1, 0, 2).copy())


def letter(random: np.random.Generator) -> Image.Image:
    """A page of running text in one or two columns, some as if scanned."""
    page = Image.new("RGB", (850, 1100), _paper(random))
    draw, size = ImageDraw.Draw(page), int(random.integers(13, 28))
    face, columns = _font(random, size), int(random.choice([1, 1, 2]))
    width = (850 - 160) // columns - 20
    for column in range(columns):
        y = int(random.integers(60, 220))
        while y < 1040:
            line = ""
            while draw.textlength(line, face) < width - 60:
                line += f"{random.choice(_WORDS)} "
            draw.text((80 + column * (width + 40), y), line, (20, 20, 25), face)
            y += int(size * (1.35 if random.random() < 0.9 else 2.6))
    return _scanned(page, random)


def invoice(random: np.random.Generator) -> Image.Image:
    """A heading, an address, a table of amounts and a total, some as if scanned."""
    page = Image.new("RGB", (850, 1100), _paper(random))
    draw, ink = ImageDraw.Draw(page), (25, 25, 30)
    small, large = _font(random, int(random.integers(15, 21))), _font(random, int(random.integers(34, 52)))
    colour = tuple(random.integers(0, 160, 3).tolist())
    draw.rectangle((60, 60, 60 + int(random.integers(90, 240)), 120), fill=colour)
    draw.text((480, 66), "INVOICE", colour, large)
    for row in range(int(random.integers(3, 6))):
        draw.text((60, 160 + 26 * row), " ".join(random.choice(_WORDS, 3)), ink, small)
    top, rows = int(random.integers(330, 430)), int(random.integers(5, 17))
    draw.rectangle((60, top - 8, 790, top + 24), fill=colour)
    for row in range(rows):
        y = top + 34 * (row + 1)
        draw.text((70, y), " ".join(random.choice(_WORDS, 4)), ink, small)
        draw.text((560, y), str(random.integers(1, 20)), ink, small)
        draw.text((680, y), f"{random.uniform(5, 900):.2f}", ink, small)
        draw.line((60, y + 28, 790, y + 28), (170, 170, 175), 1)
    draw.text((560, top + 34 * (rows + 2)), f"TOTAL {random.uniform(500, 9000):.2f}", ink, small)
    return _scanned(page, random)


def code_screen(random: np.random.Generator) -> Image.Image:
    """Source code of this repository as an editor shows it, light or dark."""
    files = sorted(Path(__file__).parents[2].glob("components/**/*.py"))
    lines = files[random.integers(len(files))].read_text(encoding="utf-8").splitlines()
    dark = random.random() < 0.6
    screen = Image.new("RGB", (960, 640), (30, 31, 40) if dark else (252, 252, 250))
    draw, face = ImageDraw.Draw(screen), ImageFont.truetype(_FONTS / "DejaVuSansMono.ttf", 15)
    plain, number = ((220, 220, 215), (95, 100, 120)) if dark else ((30, 30, 35), (160, 160, 165))
    marked = [(198, 120, 221), (97, 175, 239), (152, 195, 121)]
    draw.rectangle((0, 0, 960, 26), fill=(60, 62, 75) if dark else (225, 226, 230))
    start = int(random.integers(0, max(1, len(lines) - 30)))
    for row, line in enumerate(lines[start : start + 32]):
        draw.text((12, 34 + 19 * row), f"{start + row + 1:4d}", number, face)
        key = line.strip().startswith(("def", "class", "from", "import", "return", "if", "for", '"""'))
        draw.text((66, 34 + 19 * row), line, marked[row % 3] if key else plain, face)
    return screen


def chart(random: np.random.Generator) -> Image.Image:
    """A chart of Matplotlib's: lines, bars, points, a pie or a heat map."""
    figure = theme.figure(*random.uniform(4, 7, 2))
    axes, kind = figure.subplots(), random.integers(5)
    x, colours = np.arange(24), matplotlib.colormaps["tab10"].colors
    if kind == 0:
        for place in range(int(random.integers(1, 5))):
            axes.plot(x, random.normal(size=24).cumsum(), color=colours[place])
    elif kind == 1:
        axes.bar(x[:9], random.uniform(1, 9, 9), color=colours[random.integers(10)])
    elif kind == 2:
        axes.scatter(*random.normal(size=(2, 150)), color=colours[random.integers(10)])
    elif kind == 3:
        axes.pie(random.uniform(1, 5, 5), labels=list("ABCDE"))
    else:
        axes.imshow(random.random((12, 12)), cmap=str(random.choice(["viridis", "Blues", "magma"])))
    axes.set_title(" ".join(random.choice(_WORDS, 4)))
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=100)
    return Image.open(file).convert("RGB")


DRAWN: dict[str, Draw] = {
    "uniform noise": uniform_noise,
    "Gaussian noise": gaussian_noise,
    "flat colours": flat_colour,
    "letters": letter,
    "invoices": invoice,
    "screens of code": code_screen,
    "charts": chart,
}
"""Each kind by the name that the table shows."""


def photographs(folder: Path, variants: int, random: np.random.Generator) -> Iterator[Image.Image]:
    """Each photograph of a folder as it is, then cut, mirrored and coloured otherwise; `variants` of each."""
    for whole in pictures_in(folder, len(list(folder.iterdir()))):
        yield whole
        for _ in range(variants - 1):
            yield _varied(whole, random)


def pictures_in(folder: Path, count: int) -> Iterator[Image.Image]:
    """At most so many pictures of a folder and those below it, evenly spread over their names."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _KINDS)
    for path in paths[:: max(1, len(paths) // max(count, 1))][:count]:
        with Image.open(path) as opened:
            picture = ImageOps.exif_transpose(opened).convert("RGB")
        yield picture


_KINDS = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff"}


def _varied(whole: Image.Image, random: np.random.Generator) -> Image.Image:
    share = random.uniform(0.5, 0.9)
    width, height = (round(side * share) for side in whole.size)
    left, top = (round((side - side * share) * random.random()) for side in whole.size)
    image = whole.crop((left, top, left + width, top + height))
    if random.random() < 0.5:
        image = ImageOps.mirror(image)
    if random.random() < 0.3:
        return ImageOps.grayscale(image).convert("RGB")
    tinted = np.asarray(image) * random.uniform(0.7, 1.2, 3)
    return Image.fromarray(tinted.clip(0, 255).astype(np.uint8))


def _enlarged(values: np.ndarray, grain: int) -> Image.Image:
    return Image.fromarray(values.repeat(grain, axis=0).repeat(grain, axis=1))


def _paper(random: np.random.Generator) -> tuple[int, ...]:
    return tuple(random.integers(236, 256, 3).tolist()) if random.random() < 0.6 else (255, 255, 255)


def _font(random: np.random.Generator, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_FONTS / f"{random.choice(_FACES)}.ttf", size)


def _scanned(page: Image.Image, random: np.random.Generator) -> Image.Image:
    """Half of the pages: a little turned, soft, grainy and grey, as a scanner gives them."""
    if random.random() < 0.5:
        return page
    page = page.rotate(random.uniform(-2.5, 2.5), Image.Resampling.BICUBIC, fillcolor=(215, 215, 212))
    grey = np.asarray(
        page.filter(ImageFilter.GaussianBlur(random.uniform(0.4, 1.2))).convert("L"), np.float32
    )
    shade = np.linspace(1, random.uniform(0.82, 1), grey.shape[1])[None]
    values = grey * shade + random.normal(0, random.uniform(2, 9), grey.shape)
    scan = Image.fromarray(values.clip(0, 255).astype(np.uint8)).convert("RGB")
    file = io.BytesIO()
    scan.save(file, "JPEG", quality=int(random.integers(45, 90)))
    return Image.open(file).convert("RGB")
