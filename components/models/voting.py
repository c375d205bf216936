"""Several answers to one picture, made one: over sizes (study A8), its mirror image, several networks.

Each function gives one network from the raw image to probabilities, which is trained no further, saved,
exported and served as any other is. It shares the weights of the networks it is made of.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import keras

from components.errors import SettingsError
from components.models.layers import MajorityVote, SmoothResizing

Kind = Literal["vote", "mean"]

LAYER = "probabilities"


def over_sizes(
    network: keras.Model, image_size: tuple[int, int], sizes: Sequence[int], *, kind: Kind = "vote"
) -> keras.Model:
    """One network that looks at the picture in several sizes (study A8: 224, 260, 296).

    Args:
        network: with open sides, as `any_size=True` builds it.
        image_size: (height, width) of the pictures that come in; resized inside.
        sizes: squares of so many pixels.
        kind: "vote": the class that most sizes choose, as published, with the mean probabilities of the
            sizes that chose it (see `MajorityVote`); "mean": over all sizes, also of a multi-label network.

    Returns:
        Image (B, H, W, 3) in 0..255 -> probabilities (B, C).

    Raises:
        SettingsError: no size, the same size twice, or a network that does not take them.
    """
    if not sizes or len(set(sizes)) < len(sizes):
        raise SettingsError(f"different sizes in pixels are expected, received {list(sizes)}.")
    takes = network.input_shape[1:3]
    if unfit := [size for size in sizes if any(side not in {None, size} for side in takes)]:
        raise SettingsError(
            f"{network.name} takes pictures of {takes}, not of {unfit}. Build it with open sides: a family "
            f"with the option any_size, as resnet50_spp has."
        )
    image = _image(image_size)
    answers = [network(_resized(image, (size, size))) for size in sizes]
    return keras.Model(image, _one(answers, kind), name=f"{network.name}_over_sizes")


def with_mirror(network: keras.Model) -> keras.Model:
    """The mean over the image and its mirror image, left for right.

    Returns:
        Image (B, H, W, 3) in 0..255, of the network's own size -> probabilities (B, C).
    """
    image = _image(network.input_shape[1:3])
    answers = [network(image), network(keras.ops.flip(image, axis=2))]
    return keras.Model(image, _one(answers, "mean"), name=f"{network.name}_with_mirror")


def with_crops(network: keras.Model, share: float) -> keras.Model:
    """The mean over the image and five crops of it, the corners and the middle, at the network's own size.

    Args:
        network: of an image size of its own.
        share: of each side that a crop keeps, above 0 and below 1.

    Returns:
        Image (B, H, W, 3) in 0..255, of the network's own size -> probabilities (B, C).

    Raises:
        SettingsError: another share, or open sides.
    """
    height, width = network.input_shape[1:3]
    if not 0 < share < 1 or height is None or width is None:
        raise SettingsError(
            f"crops of a share above 0 and below 1 of a picture of a size are expected, received {share} of "
            f"{height} x {width}."
        )
    high, wide = round(share * height), round(share * width)
    corners = [(down, right) for down in (0, height - high) for right in (0, width - wide)]
    image = _image((height, width))
    crops = [
        image[:, down : down + high, right : right + wide]
        for down, right in (*corners, ((height - high) // 2, (width - wide) // 2))
    ]
    answers = [network(view) for view in (image, *(_resized(crop, (height, width)) for crop in crops))]
    return keras.Model(image, _one(answers, "mean"), name=f"{network.name}_with_crops")


def open_sided(network: keras.Model) -> keras.Model:
    """A copy of the network for pictures of any height and width.

    Raises:
        SettingsError: a layer of it wants one size, as a dense layer on all of a map does.
    """
    image = keras.Input((None, None, 3), name="image")
    try:
        # Not its own layers: each would have two answers, and what asks a layer for its own gets the first.
        opened: keras.Model = keras.models.clone_model(network, input_tensors=image)
        opened.set_weights(network.get_weights())
        height, width = network.input_shape[1:3]
        opened(keras.ops.zeros((1, (height or 64) + 32, (width or 64) + 32, 3)), training=False)
    except (ValueError, TypeError) as exc:
        raise SettingsError(
            f"{network.name} takes pictures of one size only ({exc}), so that it cannot look at them at "
            f"several. Leave scales_at_test out, or take a family that pools its maps."
        ) from exc
    return opened


def mean_of(networks: Sequence[keras.Model]) -> keras.Model:
    """An ensemble by mean probability; families and image sizes may differ.

    Args:
        networks: of the same classes. Each sees the picture at its own size, resized inside; those with
            open sides see it as it comes.

    Returns:
        Image (B, H, W, 3) in 0..255, as high as the highest of them and as wide as the widest, ->
        probabilities (B, C).

    Raises:
        SettingsError: no network, other numbers of classes, or open sides alone.
    """
    widths = {network.output_shape[-1] for network in networks}
    if len(widths) != 1:
        raise SettingsError(
            f"networks of the same classes are expected, received {len(networks)} networks of "
            f"{sorted(widths)} classes."
        )
    image = _image(largest([network.input_shape[1:3] for network in networks]))
    answers = []
    for number, network in enumerate(networks, start=1):
        own = _apart(network, networks[: number - 1])
        # Two members of a family bear one name, which a network's layers may not.
        member = keras.Model(own.input, own.output, name=f"member_{number}_{network.name}")
        answers.append(member(_resized(image, network.input_shape[1:3])))
    return keras.Model(image, _one(answers, "mean"), name="ensemble")


def largest(sizes: Sequence[tuple[int | None, int | None]]) -> tuple[int, int]:
    """(height, width) that none of the sizes exceeds; open sides do not count.

    Raises:
        SettingsError: all are open.
    """
    heights = [height for height, _ in sizes if height is not None]
    widths = [width for _, width in sizes if width is not None]
    if not heights or not widths:
        raise SettingsError(
            "at least one network with a size of its own is expected, received open sides alone. Give those "
            "a size first: over_sizes(network, image_size, sizes)."
        )
    return max(heights), max(widths)


def _apart(network: keras.Model, others: Sequence[keras.Model]) -> keras.Model:
    """The network, as a copy if it shares weights with one of the others.

    Keras saves a layer's weights in the first network that it meets it in, and would miss them in the next.
    """
    taken = {id(variable) for other in others for variable in other.variables}
    if not any(id(variable) in taken for variable in network.variables):
        return network
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    return copy


def _image(image_size: tuple[int | None, int | None]) -> keras.KerasTensor:
    return keras.Input(shape=(*image_size, 3), name="image")


def _resized(image: keras.KerasTensor, size: tuple[int | None, int | None]) -> keras.KerasTensor:
    """The image at that size; itself where that is its own, or open."""
    height, width = (wanted or own for wanted, own in zip(size, image.shape[1:3], strict=True))
    if (height, width) == tuple(image.shape[1:3]):
        return image
    return SmoothResizing(height, width, dtype="float32")(image)


def _one(answers: list[keras.KerasTensor], kind: Kind) -> keras.KerasTensor:
    """Answers (B, C) as one; float32 whatever the precision policy."""
    if len(answers) == 1:
        return keras.layers.Activation("linear", dtype="float32", name=LAYER)(answers[0])
    if kind == "vote":
        return MajorityVote(dtype="float32", name=LAYER)(answers)
    return keras.layers.Average(dtype="float32", name=LAYER)(answers)
