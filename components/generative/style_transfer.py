"""Repaint a photo in a painting's style (study D7; Gatys et al. 2015, arXiv:1508.06576).

The picture itself is what is trained: a weight of a Keras model whose loss is content, style (Gram) and
total variation, so one compiled `fit` paints on any backend. Each loss is a share of what it starts
from, so the same weights serve a network trained here for a minute and one trained on ImageNet.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops
from PIL import Image

from components.errors import SettingsError
from components.generative.feature_maps import chosen, extractor, feature_layers
from components.generative.recipes import StyleRecipe
from components.progress import Advance, steps
from components.runtime import jit_compile

Logs = dict[str, float]

CONTENT_PHOTOS = ("china", "flower")
_STRIDE = 10  # steps in a row of history
_TINY = 1e-6  # keeps a layer that is silent on a picture from dividing by zero


@dataclass(frozen=True)
class StyleResult:
    """What a transfer leaves.

    Attributes:
        image: the photo repainted, RGB, recipe.size pixels on its longer side.
        content: the photo, at the same size.
        style: the painting, as it was shown to the network.
        history: a row for each ten steps (their means): loss, content_loss, style_loss,
            total_variation_loss, the last three before they are weighed.
        layers: {"content": [...], "style": [...]}, the convolutions used.
        seconds: wall time.
    """

    image: Image.Image
    content: Image.Image
    style: Image.Image
    history: list[Logs]
    layers: dict[str, list[str]]
    seconds: float


class Canvas(keras.Model):
    """A picture that is painted by training it: `pixels` (1, H, W, 3) in 0..255."""

    def __init__(
        self, photo: np.ndarray, painting: np.ndarray, network: keras.Model, recipe: StyleRecipe
    ) -> None:
        """`photo` and `painting`: float32 (1, H, W, 3) in 0..255."""
        super().__init__(name="canvas")
        self.recipe = recipe
        self.layer_names = _layers(network, recipe)
        self.eye = extractor(network, self.layer_names["content"] + self.layer_names["style"])
        self.pixels = self.add_weight(shape=photo.shape, name="pixels", constraint=_clipped)
        self.pixels.assign(photo)
        seen = self.eye(photo, training=False)
        self.content_maps = {name: seen[name] for name in self.layer_names["content"]}
        seen = self.eye(painting, training=False)
        self.style_grams = {name: gram(seen[name]) for name in self.layer_names["style"]}
        self.roughness = total_variation(ops.convert_to_tensor(photo)) + _TINY
        names = ("content_loss", "style_loss", "total_variation_loss")
        self.means = {name: keras.metrics.Mean(name=name) for name in names}

    def call(self, inputs: Any) -> Any:  # noqa: ARG002 (fit wants something to hand out)
        """The picture as it stands."""
        return ops.convert_to_tensor(self.pixels)

    def compute_loss(
        self,
        x: Any = None,  # noqa: ARG002
        y: Any = None,  # noqa: ARG002
        y_pred: Any = None,
        sample_weight: Any = None,  # noqa: ARG002
        training: bool = True,  # noqa: ARG002, FBT001, FBT002
    ) -> Any:
        """The three losses of picture `y_pred`, weighed and summed."""
        seen = self.eye(y_pred, training=False)
        content = sum(unlike_content(seen[name], goal) for name, goal in self.content_maps.items())
        style = sum(unlike_style(seen[name], goal) for name, goal in self.style_grams.items())
        losses = {
            "content_loss": content / len(self.content_maps),
            "style_loss": style / len(self.style_grams),
            "total_variation_loss": total_variation(y_pred) / self.roughness,
        }
        for name, loss in losses.items():
            self.means[name].update_state(loss)
        weights = (self.recipe.content_weight, self.recipe.style_weight, self.recipe.tv_weight)
        return sum(weight * loss for weight, loss in zip(weights, losses.values(), strict=True))


def unlike_content(seen: Any, goal: Any) -> Any:
    """How far maps (1, h, w, C) are from the photo's; 1 is as far as a picture all alike would be."""
    plain = ops.mean(goal, axis=(1, 2), keepdims=True)
    return ops.mean(ops.square(seen - goal)) / (ops.mean(ops.square(goal - plain)) + _TINY)


def unlike_style(seen: Any, goal: Any) -> Any:
    """How far maps (1, h, w, C) are from the painting's Gram matrix (C, C); 1: as far as black is."""
    return ops.sum(ops.square(gram(seen) - goal)) / (ops.sum(ops.square(goal)) + _TINY)


def gram(maps: Any) -> Any:
    """Which channels go together, wherever they do: maps (1, h, w, C) to (C, C), a mean over places."""
    channels = ops.shape(maps)[-1]
    flat = ops.reshape(maps, (-1, channels))
    return ops.matmul(ops.transpose(flat), flat) / ops.cast(ops.shape(flat)[0], flat.dtype)


def total_variation(image: Any) -> Any:
    """The mean squared step between neighbours of (1, H, W, 3)."""
    down = ops.mean(ops.square(image[:, 1:] - image[:, :-1]))
    return down + ops.mean(ops.square(image[:, :, 1:] - image[:, :, :-1]))


def transfer(
    content: Image.Image,
    style: Image.Image,
    network: keras.Model,
    recipe: StyleRecipe,
    *,
    on_step: Callable[[int, Logs], None] | None = None,
) -> StyleResult:
    """Paint photo `content` in the style of `style`, as `network` sees both.

    Args:
        content: RGB, any size; brought to recipe.size pixels on its longer side.
        style: RGB, any size; brought to the same.
        network: a trained classifier of this platform: input "image" in 0..255, convolutions inside.
        recipe: layers, weights, steps.
        on_step: gets the number of steps done, from 10 on, and the row of history.

    Raises:
        TrainingError: the network has no convolutions, or not those the recipe names.
    """
    began = time.perf_counter()
    photo, painting = _pixels(content, recipe.size), _pixels(style, recipe.size)
    canvas = Canvas(photo, painting, network, recipe)
    history = _paint(canvas, recipe, on_step)
    return StyleResult(
        image=_image(ops.convert_to_numpy(canvas.pixels)),
        content=_image(photo),
        style=_image(painting),
        history=history,
        layers=dict(canvas.layer_names),
        seconds=time.perf_counter() - began,
    )


def content_photo(name: str = "china") -> Image.Image:
    """A photo that comes with scikit-learn, RGB, 640x427: "china" (a temple) or "flower" (a dahlia).

    Raises:
        SettingsError: another name.
    """
    if name not in CONTENT_PHOTOS:
        raise SettingsError(f"{name!r} is no photo that comes with scikit-learn; expected {CONTENT_PHOTOS}.")
    from sklearn.datasets import load_sample_image

    return Image.fromarray(load_sample_image(f"{name}.jpg"))


class _Easel(keras.callbacks.Callback):
    """Keeps rows of history and tells them."""

    def __init__(self, advance: Advance, on_step: Callable[[int, Logs], None] | None) -> None:
        super().__init__()
        self.advance, self.on_step = advance, on_step
        self.history: list[Logs] = []

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        self.advance()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.history.append({name: float(value) for name, value in (logs or {}).items()})
        if self.on_step:
            self.on_step((epoch + 1) * _STRIDE, self.history[-1])


def _paint(canvas: Canvas, recipe: StyleRecipe, on_step: Callable[[int, Logs], None] | None) -> list[Logs]:
    rows = -(-recipe.steps // _STRIDE)
    rate = keras.optimizers.schedules.CosineDecay(recipe.learning_rate, rows * _STRIDE)
    canvas.compile(keras.optimizers.Adam(rate), jit_compile=jit_compile())
    nothing = np.zeros((_STRIDE, 1), np.float32)
    with steps("Painting", rows * _STRIDE) as advance:
        easel = _Easel(advance, on_step)
        canvas.fit(nothing, batch_size=1, epochs=rows, shuffle=False, verbose=0, callbacks=[easel])
    return easel.history


def _layers(network: keras.Model, recipe: StyleRecipe) -> dict[str, list[str]]:
    content, style = chosen(feature_layers(network), recipe.layers)
    return {
        "content": list(recipe.content_layers) or content,
        "style": list(recipe.style_layers) or style,
    }


def _pixels(picture: Image.Image, size: int) -> np.ndarray:
    """float32 (1, H, W, 3) with `size` pixels on the longer side."""
    scale = size / max(picture.size)
    small = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    resized = picture.convert("RGB").resize(small, Image.Resampling.LANCZOS)
    return np.asarray(resized, np.float32)[None]


def _image(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(pixels[0]), 0, 255).astype(np.uint8))


def _clipped(pixels: Any) -> Any:
    return ops.clip(pixels, 0, 255)
