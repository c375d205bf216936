"""Keras's ImageNet backbones, each behind its own preprocessing, in one table; the plain families on them.

A family with something of its own has a file of its own and takes its maps from here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np

from components.models import backbones
from components.models.heads import blocks_or_dropout
from components.models.inputs import Scale, raw_image
from components.models.pooling import Pooling, pooled_as


@dataclass(frozen=True)
class Application:
    """A backbone of keras.applications.

    Attributes:
        made_by: the function there.
        scale: what it expects; "none" where Keras's network scales for itself.
    """

    made_by: str
    scale: Scale


APPLICATIONS: dict[str, Application] = {
    "vgg16": Application("VGG16", "caffe"),  # Simonyan and Zisserman 2014, arXiv:1409.1556
    "vgg19": Application("VGG19", "caffe"),
    "resnet50": Application("ResNet50", "caffe"),  # He et al. 2015, arXiv:1512.03385
    "inception_v3": Application("InceptionV3", "minus-one-to-one"),  # Szegedy et al. 2015, arXiv:1512.00567
    "efficientnet_b0": Application("EfficientNetB0", "none"),  # Tan and Le 2019, arXiv:1905.11946
    "efficientnet_v2_b0": Application("EfficientNetV2B0", "none"),  # Tan and Le 2021, arXiv:2104.00298
    "convnext_tiny": Application("ConvNeXtTiny", "none"),  # Liu et al. 2022, arXiv:2201.03545
    "mobilenet_v3_small": Application("MobileNetV3Small", "none"),  # Howard et al. 2019, arXiv:1905.02244
}


def backbone(
    name: str,
    image_size: tuple[int | None, int | None],
    weights: backbones.Weights | None,
    *,
    top: bool = False,
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """The input "image" (B, H, W, 3) in 0..255, and what the backbone makes of it.

    Args:
        name: in APPLICATIONS.
        image_size: (height, width); None leaves a side open.
        weights: None is a random start, on purpose.
        top: keep the 1000-way ImageNet classifier.

    Returns:
        The input, and the maps (B, h, w, C); with `top`, ImageNet's probabilities (B, 1000).

    Raises:
        WeightsError: the weights cannot be had, or are those of another network.
    """
    application = APPLICATIONS[name]
    image, x = raw_image(image_size, application.scale)
    if name == "efficientnet_b0" and weights is not None and weights.address != backbones.IMAGENET:
        x = _scaled_as_from_imagenet(x)

    def make(source: str | None) -> keras.Model:
        # Under Keras's own name: that of the file to download is made of it.
        maker: Callable[..., keras.Model] = getattr(keras.applications, application.made_by)
        return maker(input_tensor=x, include_top=top, weights=source)

    title = f"{application.made_by} with its ImageNet top" if top else application.made_by
    return image, backbones.loaded(make, weights, title).output


def _scaled_as_from_imagenet(x: keras.KerasTensor) -> keras.KerasTensor:
    """What Keras's EfficientNet leaves out when its ImageNet weights come from a file.

    Its weights want (x - mean) / deviation, its Normalization divides by the root of the deviation, and the
    other root is divided by only where weights == "imagenet" (keras/src/applications/efficientnet.py).
    """
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    scale = 1 / np.sqrt(deviation)
    return keras.layers.Rescaling(scale.tolist(), (255 * mean * (1 - scale)).tolist())(x)


def build(  # noqa: PLR0913 (its options are named)
    name: str,
    num_classes: int,
    image_size: tuple[int, int] = (224, 224),
    *,
    pooling: Pooling = "average",
    depths: str = "",
    narrow_depths: str = "",
    dropout: float = 0.2,
    normalize: bool = False,
    weights: backbones.Weights | None = None,
) -> keras.Model:
    """The backbone `name`, its maps pooled, dropout, softmax.

    Args:
        name: in APPLICATIONS, and the network's.
        num_classes: width of the softmax.
        image_size: (height, width).
        pooling: as `pooling.pooled_as` has it.
        depths: layers whose means and deviations are taken by pooling "statistics"; "" for its own.
        narrow_depths: layers whose covariances are taken; "" for its own.
        dropout: share of the features dropped while training.
        normalize: standardise the features first, as statistics of many scales want it, and begin with a
            softmax of zeros.
        weights: the backbone's; None is a random start, on purpose.

    Raises:
        WeightsError: the weights cannot be had, or are those of another network.
    """
    image, maps = backbone(name, image_size, weights)
    features = pooled_as(pooling, keras.Model(image, maps), name, depths, narrow_depths)
    return keras.Model(image, head(features, num_classes, dropout=dropout, normalize=normalize), name=name)


def head(
    features: keras.KerasTensor, num_classes: int, *, dropout: float = 0.2, normalize: bool = False
) -> keras.KerasTensor:
    """(B, D) -> (B, num_classes): dropout, softmax; see `build`."""
    return blocks_or_dropout(features, num_classes, dropout=dropout, normalize=normalize)
