"""Study C's first transfer (row C4): ResNet50 with its ImageNet top kept."""

from __future__ import annotations

import keras

from components.models import applications, backbones
from components.models.heads import FEATURES, probabilities


def build(
    num_classes: int, image_size: tuple[int, int] = (224, 224), *, weights: backbones.Weights | None = None
) -> keras.Model:
    """The whole ResNet50, its 1000 ImageNet probabilities, and a softmax on those.

    Published .37 / .37: what a painting shows says little of its genre once it is said in ImageNet's words.

    Args:
        num_classes: width of the softmax.
        image_size: (height, width); at least 32 pixels each.
        weights: of the whole network, top included (a "notop" file does not fit); None is a random start,
            on purpose.

    Raises:
        WeightsError: the weights cannot be had, or are those of another network.
    """
    image, named = applications.backbone("resnet50", image_size, weights, top=True)
    features = keras.layers.Identity(name=FEATURES)(named)
    return keras.Model(image, head(features, num_classes), name="resnet50_kept_top")


head = probabilities
