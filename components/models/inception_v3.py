"""InceptionV3 with two pairs of dropout and Dense (study E4, E5), Szegedy et al. 2015, arXiv:1512.00567."""

from __future__ import annotations

import keras

from components.models import applications, backbones
from components.models.heads import probabilities, standardized
from components.models.pooling import Pooling, pooled_as


def build(  # noqa: PLR0913 (its options are named)
    num_classes: int,
    image_size: tuple[int, int] = (500, 500),
    *,
    pooling: Pooling = "average",
    depths: str = "",
    narrow_depths: str = "",
    nodes: int = 650,
    dropout: float = 0.7,
    dropout_2: float = 0.7,
    normalize: bool = False,
    weights: backbones.Weights | None = None,
) -> keras.Model:
    """The last convolutions' features; dropout, Dense (ReLU), dropout, Dense (softmax).

    The source searches the nodes of "the first fully connected layer" and the dropout probabilities; the
    second of its two pairs is read here as the output. How its features become a vector is not stated:
    here by their mean (2048 wide), as in Keras's network; flattened at 500x500, they would be 401,408.

    Args:
        num_classes: width of the softmax.
        image_size: (height, width); at least 75 pixels each.
        pooling: as `pooling.pooled_as` has it.
        depths: layers whose means and deviations are taken by pooling "statistics"; "" for its own.
        narrow_depths: layers whose covariances are taken; "" for its own.
        nodes: width of the first Dense layer; 0 leaves the first pair out.
        dropout: share of the features dropped while training.
        dropout_2: share of the first Dense layer's outputs dropped.
        normalize: standardise the features first, as statistics of many scales want it, and begin with a
            softmax of zeros.
        weights: the backbone's; None is a random start, on purpose.

    Raises:
        WeightsError: the weights cannot be had, or are those of another network.
    """
    image, maps = applications.backbone("inception_v3", image_size, weights)
    features = pooled_as(pooling, keras.Model(image, maps), "inception_v3", depths, narrow_depths)
    answer = head(
        features, num_classes, nodes=nodes, dropout=dropout, dropout_2=dropout_2, normalize=normalize
    )
    return keras.Model(image, answer, name="inception_v3")


def head(  # noqa: PLR0913 (its options are named)
    features: keras.KerasTensor,
    num_classes: int,
    *,
    nodes: int = 650,
    dropout: float = 0.7,
    dropout_2: float = 0.7,
    normalize: bool = False,
) -> keras.KerasTensor:
    """(B, D) -> (B, num_classes): twice dropout and Dense; see `build`."""
    if normalize:
        features = standardized(features)
    if nodes:
        features = keras.layers.Dropout(dropout, name="dropout_1")(features)
        features = keras.layers.Dense(nodes, activation="relu", name="dense_1")(features)
    features = keras.layers.Dropout(dropout_2, name="dropout_2")(features)
    return probabilities(features, num_classes, from_zero=normalize)
