"""DCGAN's two networks (Radford et al. 2015, arXiv:1511.06434), at any size of 4..7 times a power of two."""

from __future__ import annotations

import itertools

import keras
from keras import layers

from components.frozen import shifted
from components.generative.recipes import doublings


def generator(image_size: int, latent: int, base_filters: int, seed: int) -> keras.Model:
    """Latent (B, latent), standard normal, to pictures (B, image_size, image_size, 3) in 0..255.

    `base_filters` is the width at half size; each coarser one is twice as wide, up to 8 times.
    Pixels are doubled and then convolved: DCGAN's transposed convolutions left a chessboard on
    everything in a short training (Odena et al. 2016, doi:10.23915/distill.00003).
    """
    start, times = doublings(image_size)
    widths = [base_filters * min(2**level, 8) for level in reversed(range(times))]
    seeds = (shifted(seed, place) for place in itertools.count())

    inputs = keras.Input((latent,), name="latent")
    x = layers.Dense(start * start * widths[0], use_bias=False, kernel_initializer=_small(next(seeds)))(
        inputs
    )
    x = layers.Reshape((start, start, widths[0]))(x)
    x = layers.ReLU()(_normal(x))
    for width in widths[1:]:
        x = layers.UpSampling2D()(x)
        x = layers.Conv2D(width, 3, padding="same", use_bias=False, kernel_initializer=_small(next(seeds)))(x)
        x = layers.ReLU()(_normal(x))
    x = layers.UpSampling2D()(x)
    x = layers.Conv2D(3, 5, padding="same", activation="tanh", kernel_initializer=_small(next(seeds)))(x)
    outputs = layers.Rescaling(127.5, offset=127.5, dtype="float32", name="image")(x)
    return keras.Model(inputs, outputs, name="generator")


def discriminator(image_size: int, base_filters: int, dropout: float, seed: int) -> keras.Model:
    """Pictures (B, image_size, image_size, 3) in 0..255 to logits (B, 1); positive says "a real one"."""
    _, times = doublings(image_size)
    seeds = (shifted(seed, place) for place in itertools.count())

    inputs = keras.Input((image_size, image_size, 3), name="image")
    x = layers.Rescaling(1 / 127.5, offset=-1)(inputs)
    for level in range(times):
        x = layers.Conv2D(
            base_filters * min(2**level, 8),
            4,
            strides=2,
            padding="same",
            use_bias=False,
            kernel_initializer=_small(next(seeds)),
        )(x)
        x = layers.LeakyReLU(negative_slope=0.2)(_normal(x) if level else x)
    x = layers.Flatten()(x)
    x = layers.Dropout(dropout, seed=next(seeds))(x)
    outputs = layers.Dense(1, dtype="float32", name="logit", kernel_initializer=_small(next(seeds)))(x)
    return keras.Model(inputs, outputs, name="discriminator")


def _normal(x: keras.KerasTensor) -> keras.KerasTensor:
    # Keras's momentum of .99 would still be settling when a short training is over.
    return layers.BatchNormalization(momentum=0.9)(x)


def _small(seed: int) -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(stddev=0.02, seed=seed)
