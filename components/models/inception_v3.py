"""InceptionV3 with two pairs of dropout and Dense (study E4, E5), Szegedy et al. 2015, arXiv:1512.00567."""

from __future__ import annotations

import keras

from components.models import applications, backbones
from components.models.heads import pooled, probabilities


def build(  # noqa: PLR0913 (its options are named)
    num_classes: int,
    image_size: tuple[int, int] = (500, 500),
    *,
    nodes: int = 650,
    dropout: float = 0.7,
    dropout_2: float = 0.7,
    weights: backbones.Weights | None = None,
) -> keras.Model:
    """The last convolutions' features; dropout, Dense (ReLU), dropout, Dense (softmax).

    The source searches the nodes of "the first fully connected layer" and the dropout probabilities; the
    second of its two pairs is read here as the output. How its features become a vector is not stated:
    here by their mean (2048 wide), as in Keras's network; flattened at 500x500, they would be 401,408.

    Args:
        num_classes: width of the softmax.
        image_size: (height, width); at least 75 pixels each.
        nodes: width of the first Dense layer; 0 leaves the first pair out.
        dropout: share of the features dropped while training.
        dropout_2: share of the first Dense layer's outputs dropped.
        weights: the backbone's; None is a random start, on purpose.

    Raises:
        WeightsError: the weights cannot be had, or are those of another network.
    """
    image, maps = applications.backbone("inception_v3", image_size, weights)
    answer = head(pooled(maps), num_classes, nodes=nodes, dropout=dropout, dropout_2=dropout_2)
    return keras.Model(image, answer, name="inception_v3")


def head(
    features: keras.KerasTensor,
    num_classes: int,
    *,
    nodes: int = 650,
    dropout: float = 0.7,
    dropout_2: float = 0.7,
) -> keras.KerasTensor:
    """(B, D) -> (B, num_classes): twice dropout and Dense; see `build`."""
    if nodes:
        features = keras.layers.Dropout(dropout, name="dropout_1")(features)
        features = keras.layers.Dense(nodes, activation="relu", name="dense_1")(features)
    features = keras.layers.Dropout(dropout_2, name="dropout_2")(features)
    return probabilities(features, num_classes)
