"""ResNet50 and spatial pyramid pooling: study A's second baseline (A4), its blocks (A5) and sizes (A8)."""

from __future__ import annotations

import keras

from components.models import applications, backbones
from components.models.heads import blocks_and_softmax, pyramid_pooled


def build(  # noqa: PLR0913 (its options are named)
    num_classes: int,
    image_size: tuple[int, int] = (224, 224),
    *,
    dense_1: int = 0,
    dense_2: int = 0,
    dropout: float = 0.5,
    any_size: bool = False,
    weights: backbones.Weights | None = None,
) -> keras.Model:
    """ImageNet's ResNet50 without its top, the maxima of 1 + 4 + 9 cells (28,672 wide), blocks, softmax.

    No weight depends on the picture's size, so the weights of a network built at one size fit one built at
    another. The published best blocks are 320 and 64.

    Args:
        num_classes: width of the softmax.
        image_size: (height, width); at least 32 pixels each.
        dense_1: width of the first block of Dense, dropout and batch normalisation; 0: none.
        dense_2: width of the second; 0: none.
        dropout: of the blocks.
        any_size: leave height and width open, so that one network takes 224, 260 and 296 (A8). A release
            wants a size: build it without, and copy the weights.
        weights: the backbone's; None is a random start, on purpose.

    Raises:
        WeightsError: the weights cannot be had, or are those of another network.
    """
    size = (None, None) if any_size else image_size
    image, maps = applications.backbone("resnet50", size, weights)
    answer = head(pyramid_pooled(maps), num_classes, dense_1=dense_1, dense_2=dense_2, dropout=dropout)
    return keras.Model(image, answer, name="resnet50_spp")


head = blocks_and_softmax
