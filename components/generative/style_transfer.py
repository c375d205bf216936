"""Repaint a photo in a painting's style (study D7; Gatys et al. 2015, arXiv:1508.06576).

The picture itself is what is trained: a weight of a Keras model whose loss is content, style (Gram) and
total variation, so one compiled `fit` paints on any backend. A small network sees only a few pixels at
once: style is also compared on halved pictures, where those few pixels are whole strokes.
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
from sklearn.datasets import load_sample_image

from components.devices import jit_compile
from components.errors import SettingsError, TrainingError
from components.generative.feature_maps import chosen, feature_extractor, feature_layers
from components.generative.recipes import StyleRecipe
from components.generative.style_losses import content_loss, gram, style_loss, total_variation
from components.progress import Advance, steps

Logs = dict[str, float]

CONTENT_PHOTOS = ("china", "flower")
_STRIDE = 10  # steps in a row of history


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


class StyleOptimization(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """A picture that is painted by training it: `pixels` (1, H, W, 3) in 0..255."""

    def __init__(
        self, photo: np.ndarray, painting: np.ndarray, network: keras.Model, recipe: StyleRecipe
    ) -> None:
        """`photo` and `painting`: float32 (1, H, W, 3) in 0..255."""
        super().__init__(name="canvas", dtype="float32")  # 16 bits would paint in coarse steps
        self.recipe = recipe
        self.layer_names = _layers(network, recipe)
        self.eye = feature_extractor(network, self.layer_names["content"] + self.layer_names["style"])
        for picture in (photo, painting):
            _check_size(self.eye, picture, recipe)
        self.pixels = self.add_weight(shape=photo.shape, name="pixels", constraint=_clipped)
        self.pixels.assign(_dusted(photo, recipe))
        photo, painting = ops.convert_to_tensor(photo), ops.convert_to_tensor(painting)
        seen = self.eye(photo, training=False)
        self.content_maps = {name: seen[name] for name in self.layer_names["content"]}
        self.style_grams = self._grams(painting, self.eye(painting, training=False))
        self.roughness = total_variation(photo) + 1e-6
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
        content = sum(content_loss(seen[name], goal) for name, goal in self.content_maps.items())
        grams = self._grams(y_pred, seen)
        style = sum(style_loss(grams[place], goal) for place, goal in self.style_grams.items())
        losses = {
            "content_loss": content / len(self.content_maps),
            "style_loss": style / len(self.style_grams),
            "total_variation_loss": total_variation(y_pred) / self.roughness,
        }
        for name, loss in losses.items():
            self.means[name].update_state(loss)
        weights = (self.recipe.content_weight, self.recipe.style_weight, self.recipe.tv_weight)
        return sum(weight * loss for weight, loss in zip(weights, losses.values(), strict=True))

    def _grams(self, image: Any, seen: dict[str, Any]) -> dict[str, Any]:
        """Gram matrices of the style layers, of the picture as it is and halved, by "halvings/layer"."""
        grams = {f"0/{name}": gram(seen[name]) for name in self.layer_names["style"]}
        for times in range(1, self.recipe.halvings + 1):
            image = ops.average_pool(image, 4, strides=2)  # windows overlap: no chessboard in the strokes
            seen = self.eye(image, training=False)
            grams |= {f"{times}/{name}": gram(seen[name]) for name in self.layer_names["style"]}
        return grams


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
    canvas = StyleOptimization(photo, painting, network, recipe)
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
    return Image.fromarray(load_sample_image(f"{name}.jpg"))


class _Easel(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
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


def _paint(
    canvas: StyleOptimization, recipe: StyleRecipe, on_step: Callable[[int, Logs], None] | None
) -> list[Logs]:
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


def _check_size(eye: keras.Model, picture: np.ndarray, recipe: StyleRecipe) -> None:
    height, width = picture.shape[1:3]
    for times in range(recipe.halvings + 1):
        try:
            eye.compute_output_shape((1, height, width, 3))
        except ValueError as exc:
            raise TrainingError(
                f"a picture of {picture.shape[2]}x{picture.shape[1]} pixels, halved {times} times, is "
                "smaller than the network's convolutions can take. Raise the recipe's size, lower its "
                "halvings, or give a less narrow picture."
            ) from exc
        height, width = (height - 4) // 2 + 1, (width - 4) // 2 + 1


def _pixels(picture: Image.Image, size: int) -> np.ndarray:
    """float32 (1, H, W, 3) with `size` pixels on the longer side."""
    scale = size / max(picture.size)
    small = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    resized = picture.convert("RGB").resize(small, Image.Resampling.LANCZOS)
    return np.asarray(resized, np.float32)[None]


def _dusted(photo: np.ndarray, recipe: StyleRecipe) -> np.ndarray:
    # In an even sky every place gets the same gradient: dust gives strokes a place to begin.
    dust = np.random.default_rng(recipe.seed).normal(0, recipe.noise, photo.shape)
    return np.clip(photo + dust, 0, 255).astype(np.float32)


def _image(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(pixels[0]), 0, 255).astype(np.uint8))


def _clipped(pixels: Any) -> Any:
    return ops.clip(pixels, 0, 255)
