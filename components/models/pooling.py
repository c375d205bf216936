"""How a backbone's maps become one vector."""

from __future__ import annotations

from typing import Literal

import keras

from components.models.heads import pooled, pyramid_pooled
from components.models.statistics import statistics_pooled

Pooling = Literal["average", "pyramid", "statistics"]


def pooled_as(
    pooling: Pooling, backbone: keras.Model, name: str, depths: str = "", narrow_depths: str = ""
) -> keras.KerasTensor:
    """The layer "features" on a backbone: (B, H, W, 3) in 0..255 -> (B, D).

    Args:
        pooling: "average" of each last map; "pyramid": spatial pyramid pooling of the last maps (14 cells);
            "statistics": means, deviations and covariances at several depths (`statistics`).
        backbone: ends in its last maps.
        name: of the backbone in `depths.DEPTHS`.
        depths: of "statistics": names of the layers whose means and deviations are taken, between commas,
            "last" for the last maps; "" for the table's, "none" for none.
        narrow_depths: the same, of the layers whose covariances are taken: of at most 256 channels.

    Raises:
        ValueError: another pooling, depths that nobody uses, or a depth that the backbone does not have.
    """
    if (depths or narrow_depths) and pooling != "statistics":
        raise ValueError(
            f'depths and narrow_depths are those of pooling "statistics"; received pooling={pooling!r}'
        )
    match pooling:
        case "average":
            return pooled(backbone.output)
        case "pyramid":
            return pyramid_pooled(backbone.output)
        case "statistics":
            return statistics_pooled(backbone, name, depths, narrow_depths)
        case _:
            raise ValueError(f"pooling is average, pyramid or statistics; received {pooling!r}")
