"""SqueezeNet v1.1 (Iandola et al. 2016, arXiv:1602.07360), which study E names as future (E7)."""

from __future__ import annotations

import keras

from components.models import backbones
from components.models.convolutions import conv_relu
from components.models.heads import blocks_or_dropout
from components.models.inputs import raw_image
from components.models.pooling import Pooling, pooled_as

FIRES = {2: 16, 3: 16, 4: 32, 5: 32, 6: 48, 7: 48, 8: 64, 9: 64}
"""Width of each fire module's squeeze; its two expansions are four times as wide each."""

_PUBLISHED = (
    "https://github.com/rcmalli/keras-squeezenet/releases/download/v1.0/"
    "squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5"
)
_SHA256 = "17154246284f555591549ac2c83e127abfbf4307dc4b0060fdaa2931d0fa38da"


def build(  # noqa: PLR0913 (its options are named)
    num_classes: int,
    image_size: tuple[int, int] = (227, 227),
    *,
    pooling: Pooling = "average",
    depths: str = "",
    narrow_depths: str = "",
    dropout: float = 0.5,
    normalize: bool = False,
    weights: backbones.Weights | None = None,
) -> keras.Model:
    """Conv 64 of stride 2, eight fire modules, the mean of each map (512 wide), dropout, softmax.

    The paper ends in a 1x1 convolution to the classes and the mean of its maps. Without the ReLU between,
    the two may change places: the mean comes first here, so that the features can be kept.

    Args:
        num_classes: width of the softmax.
        image_size: (height, width); at least 32 pixels each.
        pooling: as `pooling.pooled_as` has it.
        depths: layers whose means and deviations are taken by pooling "statistics"; "" for its own.
        narrow_depths: layers whose covariances are taken; "" for its own.
        dropout: share of the features dropped while training.
        normalize: standardise the features first, as statistics of many scales want it, and begin with a
            softmax of zeros.
        weights: the backbone's, a file whose layers are in the paper's order; "imagenet" downloads
            R. Malli's conversion (MIT licence); None is a random start, on purpose.

    Raises:
        WeightsError: the weights cannot be had, or are those of another network.
    """
    image, x = raw_image(image_size, "caffe")

    def backbone(source: str | None) -> keras.Model:
        network = keras.Model(image, _maps(x), name="squeezenet")
        if source is not None:
            network.load_weights(_file(source))
        return network

    base = backbones.loaded(backbone, weights, "SqueezeNet 1.1")
    features = pooled_as(pooling, base, "squeezenet", depths, narrow_depths)
    answer = head(features, num_classes, dropout=dropout, normalize=normalize)
    return keras.Model(image, answer, name="squeezenet")


def head(
    features: keras.KerasTensor, num_classes: int, *, dropout: float = 0.5, normalize: bool = False
) -> keras.KerasTensor:
    """(B, D) -> (B, num_classes): dropout, softmax; see `build`."""
    return blocks_or_dropout(features, num_classes, dropout=dropout, normalize=normalize)


def _file(source: str) -> str:
    if source != backbones.IMAGENET:
        return source
    path: str = keras.utils.get_file(origin=_PUBLISHED, file_hash=_SHA256, cache_subdir="models")
    return path


def _maps(x: keras.KerasTensor) -> keras.KerasTensor:
    """(B, H, W, 3) -> (B, about H / 16, about W / 16, 512)."""
    x = conv_relu(x, 64, 3, "conv1", strides=2)
    x = keras.layers.MaxPooling2D(3, strides=2, name="pool1")(x)
    for number, squeeze in FIRES.items():
        x = _fire(x, squeeze, f"fire{number}")
        if number in (3, 5):
            x = keras.layers.MaxPooling2D(3, strides=2, name=f"pool{number}")(x)
    return x


def _fire(x: keras.KerasTensor, squeeze: int, name: str) -> keras.KerasTensor:
    """(B, H, W, C) -> (B, H, W, 8 squeeze): 1x1 to few channels, then 1x1 and 3x3 side by side."""
    x = conv_relu(x, squeeze, 1, f"{name}_squeeze1x1")
    one = conv_relu(x, 4 * squeeze, 1, f"{name}_expand1x1")
    three = conv_relu(x, 4 * squeeze, 3, f"{name}_expand3x3")
    return keras.layers.Concatenate(name=f"{name}_concat")([one, three])
