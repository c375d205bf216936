"""Plain words and numbers: what a curator reads instead of identifiers, fractions and UTC."""

from __future__ import annotations

import math
import re
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from components import formatting
from components.formatting import TOO_FEW, varies

NONE = "\u2013"
SYNTHETIC = "Synthetic gallery: drawn by code, not real paintings"

TASKS = {
    "artist": ("Artist", "who painted it"),
    "style": ("Style", "which movement it belongs to"),
    "genre": ("Genre", "what it shows: a portrait, a landscape, a still life"),
}

_FAMILIES = {
    "simple_cnn": "Simple CNN",
    "vgg_inception": "VGG-Inception hybrid",
    "vgg_lite": "VGG-lite",
    "grid_cnn": "Grid CNN",
    "best_cnn": "Best CNN",
    "resnet50_scratch": "ResNet50 from scratch",
    "alexnet": "AlexNet",
    "mobilenet_v2": "MobileNetV2",
    "resnet50_gap": "ResNet50 GAP",
    "resnet50_spp": "ResNet50 SPP",
    "resnet50_kept_top": "ResNet50 with its ImageNet top",
    "vgg19": "VGG19",
    "inception_v3": "InceptionV3",
    "squeezenet": "SqueezeNet",
    "vgg16": "VGG16",
    "efficientnet_b0": "EfficientNet-B0",
    "efficientnet_lite0": "EfficientNet-Lite0",
    "efficientnet_lite2": "EfficientNet-Lite2",
    "vgg16-edges": "VGG16, fine-tuned for edges",
    "efficientnet_v2_b0": "EfficientNetV2-B0",
    "convnext_tiny": "ConvNeXt-Tiny",
    "mobilenet_v3_small": "MobileNetV3-Small",
    "ensemble": "Ensemble",
    "boosted": "Boosted trees",
}
_SOURCES = {
    "synthetic-gallery": "Synthetic gallery",
    "best-artworks": "Best Artworks",
}

STUDIES = {
    "artist-resnet50": ("A", "Who painted it: ResNet50, GAP and SPP"),
    "style-cnn-resnet50": ("B", "Which movement: a simple CNN and ResNet50"),
    "genre-transfer": ("C", "Which genre: VGG19 and ResNet50, transferred and from scratch; a GAN"),
    "movement-cnn-nst": ("D", "Which movement: small CNNs, boosted trees, VGG19; style transfer"),
    "movement-hybrid-inception": ("E", "Which movement: a VGG-Inception hybrid, InceptionV3 transferred"),
}
SIZES = {"full": "As published", "cpu": "CPU-sized", "quick": "In miniature"}

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#$~])")

HELP = {
    "macro_f1": (
        "Macro-F1, between 0 and 1: how well the model finds the works of each class without claiming "
        "others, averaged so that a class with few works counts as much as one with many. "
        "Higher is better."
    ),
    "interval": (
        "95 % interval: were other paintings of the same kind drawn for the check, the figure would "
        "mostly fall in this range. Two models whose ranges overlap may be equally good. Of too few works, "
        "or where every answer is right, no such range can be told."
    ),
    "validation": "Measured on works set aside to choose between models.",
    "test": "Measured on works that played no part in training or choosing: the honest figure.",
    "accuracy": "The share of the test works (where there are none: validation works) named correctly.",
    "parameters": "How many numbers the model learnt (M: millions); more means larger and usually slower.",
    "seconds": "How long the training took, on the machine it ran on.",
    "champion": "The version that answers now. A better one takes its place by itself.",
    "loss": "How wrong the model is, as training sees it; lower is better.",
    "gan": (
        "Two networks compete (a generative adversarial network, GAN): the generator draws, and the "
        "discriminator tries to tell its drawings from the collection's works."
    ),
}


def titled(name: str) -> str:
    """`some_name` or `some-name` as "Some name"."""
    words = name.replace("_", " ").replace("-", " ").strip()
    return sentence(words) if words else NONE


def sentence(text: str) -> str:
    """The text with a capital at its start."""
    return text[:1].upper() + text[1:]


def plain(text: str) -> str:
    """Text that came from data (a label, a file's name, an error), safe in Markdown; `code` stays code."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:  # a single mark encloses no code
        return _MARKDOWN.sub(r"\\\1", text)
    return "`".join(
        piece if place % 2 else _MARKDOWN.sub(r"\\\1", piece) for place, piece in enumerate(pieces)
    )


def task_title(task: str) -> str:
    """A task's name as a heading."""
    return TASKS.get(task, (titled(task), ""))[0]


def family_title(family: str) -> str:
    """A model family's name as people say it."""
    return _FAMILIES.get(family, titled(family))


def study_title(study: str) -> str:
    """A study's letter and what it asks."""
    letter, title = STUDIES[study]
    return f"{letter}. {title}"


def source_title(source: str) -> str:
    """A collection's name as people say it."""
    return _SOURCES.get(source, titled(source))


def figure(value: float | None) -> str:
    """A figure between 0 and 1 as ".873"; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return NONE
    text = f"{value:.3f}"
    return text[1:] if text.startswith("0.") else text


def interval(low: float | None, high: float | None) -> str:
    """An interval as ".841 to .902"; "too few works" where it cannot vary."""
    if not varies(low, high):
        return TOO_FEW
    return f"{figure(low)} to {figure(high)}"


def measured(value: float | None, low: float | None, high: float | None) -> str:
    """A figure with its interval, as ".873 (.841 to .902)"; alone where no interval was measured.

    Ends that meet are an interval that cannot vary: ".873 (too few works)".
    """
    if value is None or low is None or high is None or not math.isfinite(value):
        return figure(value)
    return f"{figure(value)} ({interval(low, high)})"


def percent(value: float) -> str:
    """A probability as "87 %"; neither "0 %" of what is something nor "100 %" of what is not all."""
    if 0 < value < 0.01:
        return "< 1 %"
    if 0.99 < value < 1:
        return "> 99 %"
    return f"{value:.0%}".replace("%", " %")


def duration(seconds: float | None) -> str:
    """Seconds as "48 s", "3 min 20 s" or "2 h 5 min"."""
    if seconds is None or not math.isfinite(seconds):
        return NONE
    return formatting.duration(seconds)


def count(value: float | None) -> str:
    """A large number as "1.2 M" or "48 210"."""
    if value is None or not math.isfinite(value):
        return NONE
    if value >= 1e6:
        return f"{value / 1e6:.1f} M"
    return f"{value:,.0f}".replace(",", "\u202f")


def zone(name: str | None) -> tzinfo | None:
    """The viewer's time zone by its name; None (this machine's own) where it is not known."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


def moment(value: datetime | str | None, time_zone: tzinfo | None = None) -> str:
    """A time as "21 Nov 2025, 14:05" in that time zone, None for this machine's own."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if value is None:
        return NONE
    local = value.astimezone(time_zone)
    return f"{local.day} {local:%b %Y, %H:%M}".replace(" ", "\u00a0")  # never broken over two lines
