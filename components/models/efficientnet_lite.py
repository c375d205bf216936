"""EfficientNet-Lite0 and Lite2 (Google 2020; Tan and Le 2019, arXiv:1905.11946), for machines without a GPU.

Their ImageNet weights (75.1 % and 77.6 % top-1) come as packages of the Python Package Index, under
Apache-2.0 by the LICENSE file in them (`weight_packages`), so they need no download but pip's.
"""

from __future__ import annotations

from typing import Literal

import keras

from components.models import backbones, efficientnet_lite_weights
from components.models.efficientnet_lite_maps import VARIANTS, maps
from components.models.heads import FEATURES, blocks_or_dropout
from components.models.inputs import raw_image
from components.models.pooling import Pooling, pooled_as

IMAGENET_TOP = "imagenet"
"""The layer of ImageNet's 1000 probabilities, where they are kept."""


def build(  # noqa: PLR0913 (its options are named)
    name: str,
    num_classes: int,
    image_size: tuple[int, int] = (224, 224),
    *,
    pooling: Pooling = "average",
    depths: str = "",
    narrow_depths: str = "",
    any_size: bool = False,
    top: Literal["", "imagenet"] = "",
    dense_1: int = 0,
    dense_2: int = 0,
    dropout: float = 0.2,
    normalize: bool = False,
    weights: backbones.Weights | None = None,
) -> keras.Model:
    """The backbone on inputs of (x - 127) / 128, its maps pooled, blocks, dropout, softmax.

    Its average is 1280 wide, the pyramid 14 times that, its statistics 18,952 (Lite0) or 21,396 (Lite2).

    Args:
        name: "efficientnet_lite0" or "efficientnet_lite2", and the network's.
        num_classes: width of the softmax.
        image_size: (height, width); at least 32 pixels each. The weights were trained at 224 (Lite0) and
            260 pixels (Lite2); statistics of paintings gain up to 384.
        pooling: as `pooling.pooled_as` has it.
        depths: layers whose means and deviations are taken by pooling "statistics"; "" for its own.
        narrow_depths: layers whose covariances are taken; "" for its own.
        any_size: leave height and width open.
        top: "imagenet" keeps ImageNet's 1000-way classifier: its probabilities are the features, as study
            C's row C4 has them of ResNet50.
        dense_1: width of a first block of Dense, dropout and batch normalisation; 0: none.
        dense_2: width of a second; 0: none.
        dropout: share of the features, or of each block's outputs, dropped while training.
        normalize: standardise the features first, as statistics of many scales want it, and begin with a
            softmax of zeros.
        weights: the backbone's: "imagenet" takes the installed package's, a file is PyTorch's (.pth) or
            Keras's (.h5, .keras); None is a random start, on purpose.

    Raises:
        WeightsError: the weights cannot be had, or are those of another network.
    """
    if top not in {"", "imagenet"} or (top and pooling != "average"):
        raise ValueError(
            f'top is "" or "imagenet", and ImageNet\'s classifier takes the average; received top={top!r} '
            f"and pooling={pooling!r}"
        )
    image, x = raw_image((None, None) if any_size else image_size, "lite")

    def backbone(source: str | None) -> keras.Model:
        network = keras.Model(image, _classified(maps(x, name)) if top else maps(x, name))
        if source is not None:
            efficientnet_lite_weights.load(network, source, name, top=IMAGENET_TOP if top else "")
        return network

    title = VARIANTS[name].title + (" with its ImageNet top" if top else "")
    base = backbones.loaded(backbone, weights, title, imagenet=backbones.FROM_PACKAGE)
    if top:
        features = keras.layers.Identity(name=FEATURES)(base.output)
    else:
        features = pooled_as(pooling, base, name, depths, narrow_depths)
    answer = head(
        features, num_classes, dense_1=dense_1, dense_2=dense_2, dropout=dropout, normalize=normalize
    )
    return keras.Model(image, answer, name=name)


head = blocks_or_dropout


def _classified(x: keras.KerasTensor) -> keras.KerasTensor:
    """(B, h, w, 1280) -> (B, 1000): ImageNet's probabilities."""
    x = keras.layers.GlobalAveragePooling2D(name="imagenet_pool")(x)
    return keras.layers.Dense(1000, activation="softmax", dtype="float32", name=IMAGENET_TOP)(x)
