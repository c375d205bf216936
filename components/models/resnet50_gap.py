"""ResNet50 and global average pooling: studies A (A3, A5), B (B6, B7) and C (transfers 2 and 3: C5, C6)."""

from __future__ import annotations

import keras

from components.models import applications, backbones
from components.models.heads import blocks_and_softmax
from components.models.pooling import Pooling, pooled_as


def build(  # noqa: PLR0913 (its options are named)
    num_classes: int,
    image_size: tuple[int, int] = (224, 224),
    *,
    pooling: Pooling = "average",
    depths: str = "",
    narrow_depths: str = "",
    dense_1: int = 0,
    dense_2: int = 0,
    dropout: float = 0.5,
    normalize: bool = False,
    weights: backbones.Weights | None = None,
) -> keras.Model:
    """ImageNet's ResNet50 without its top, the mean of each map (2048 wide), up to two dense blocks, softmax.

    Without blocks it is A3, B6 and C5: replacing the ImageNet top by a softmax is the same network. C6
    retrains its last 24 layers, which is a recipe's matter. With blocks it is A5, searched over
    128:64:512 x 32:32:256; the published best is 384 and 128.

    Args:
        num_classes: width of the softmax.
        image_size: (height, width); at least 32 pixels each.
        pooling: as `pooling.pooled_as` has it.
        depths: layers whose means and deviations are taken by pooling "statistics"; "" for its own.
        narrow_depths: layers whose covariances are taken; "" for its own.
        dense_1: width of the first block of Dense, dropout and batch normalisation; 0: none.
        dense_2: width of the second; 0: none.
        dropout: of the blocks, or of standardised features.
        normalize: standardise the features first, as statistics of many scales want it, and begin with a
            softmax of zeros.
        weights: the backbone's; None is a random start, on purpose.

    Raises:
        WeightsError: the weights cannot be had, or are those of another network.
    """
    image, maps = applications.backbone("resnet50", image_size, weights)
    features = pooled_as(pooling, keras.Model(image, maps), "resnet50", depths, narrow_depths)
    answer = head(
        features, num_classes, dense_1=dense_1, dense_2=dense_2, dropout=dropout, normalize=normalize
    )
    return keras.Model(image, answer, name="resnet50_gap")


head = blocks_and_softmax
