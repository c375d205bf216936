"""Study A, `artist-resnet50` (Pudelko and Socana, North Carolina State University): who painted it.

The ten artists with most works, later all fifty. What the source leaves open:

- Batch 32 is stated, the most epochs are not: 60, which early stopping (A6) ends.
- It names patience "4 and 10 respectively" for early stopping and rate cuts; read with its figures, the
  rate is cut after 4 epochs and training stops after 10, as the mission has it.
- Its text counts 42 combinations of dense widths; its ranges, 128:64:512 and 32:32:256, give 7 x 8 = 56,
  and 56 are tried. Each head trains on the frozen features of its baseline (A3 or A4), "loaded with the
  baseline weights"; the six it publishes are then trained whole from those weights (A5c to A5h).
- Rotation and zoom are its first policy, flips its second, which A7 turns to.
- The rate of A7's frozen stage is not stated: 1e-4, as before. Nor is its network: it speaks of Dense and
  BatchNormalization layers, so it was probably one with blocks (384/128); here it is the plain one.

Row A10 is Atelier's own: frozen layers of a small network, seen at several depths, on a split with an
independent test set. A10c and A10d need no weights file: EfficientNet-Lite2's come as a package.
"""

from __future__ import annotations

from components.data.manifest import Task
from components.data.select import EVERYTHING, Selection
from components.studies.study import ComparisonRow, FiguresRow, Row, SearchRow, Study, TrainingRow
from components.training.presets import STATISTICS_HEAD, recipe_for
from components.training.recipe import Policy, Recipe, Stage
from components.training.search.presets import heads

_SIDE = (224, 224)
_BASELINE = Stage(
    epochs=60,
    optimizer="adam",
    learning_rate=1e-4,
    batch_size=32,
    policy=Policy.ROTATE_ZOOM,
    stop_patience=10,
    reduce_patience=4,
)
_HEAD = _BASELINE.replace(train="head", policy=Policy.NONE)
_FLIPS_FROZEN = _BASELINE.replace(train="head", policy=Policy.FLIPS, views=8, epochs=40)
"""Eight views: flips make four of a picture, so nearly all of them are seen."""
_UNFROZEN = _BASELINE.replace(policy=Policy.FLIPS, epochs=30, learning_rate=1e-7)

_DEPTHS = Recipe(
    family="mobilenet_v2",
    image_size=(256, 256),
    stages=(STATISTICS_HEAD.replace(batch_size=64, policy=Policy.FLIPS, views=4),),
    weights="imagenet",
    options={"alpha": 1.0, "pooling": "statistics", "normalize": True, "dropout": 0.5},
    loss="class-balanced",
    flipped_at_test=True,
)
"""Row A10: what tells painters apart on a CPU in minutes; nothing of the backbone is trained."""

HEADS = {
    "gap": {
        (384, 128): (0.868, 0.940, 0.877),
        (448, 192): (0.863, 0.933, 0.870),
        (448, 160): (0.873, 0.938, 0.869),
    },
    "spp": {
        (320, 64): (0.865, 0.930, 0.864),
        (192, 224): (0.840, 0.923, 0.859),
        (128, 160): (0.837, 0.925, 0.858),
    },
}
"""Its table 1: (dense 1, dense 2) -> top-1, top-2, F1."""


def _resnet(pooling: str, *stages: Stage, sizes: tuple[int, ...] = (), **options: float) -> Recipe:
    return Recipe(
        family=f"resnet50_{pooling}",
        image_size=(max(sizes), max(sizes)) if sizes else _SIDE,
        stages=stages,
        weights="imagenet",
        options=dict(options),
        monitor="val_macro_f1",
        sizes=sizes,
    )


def _figures(top1: float, top2: float, f1: float) -> dict[str, float]:
    return {"validation/accuracy": top1, "validation/top2_accuracy": top2, "validation/macro_f1": f1}


def _heads(pooling: str, start: str, letters: str) -> tuple[Row, ...]:
    """The three heads it publishes for a baseline, trained whole from its weights."""
    return tuple(
        Row(
            f"A5{letter}",
            f"{pooling.upper()} {one}/{two}, whole network from {start}",
            TrainingRow(_resnet(pooling, _BASELINE, dense_1=one, dense_2=two, dropout=0.5), start=start),
            _figures(*figures),
        )
        for letter, ((one, two), figures) in zip(letters, HEADS[pooling].items(), strict=True)
    )


STUDY = Study(
    name="artist-resnet50",
    letter="A",
    title="Who painted it: ResNet50, GAP and SPP",
    document=(
        "R. Pudelko and M. O. Socana, Classifying Artwork by Artists using Neural Networks, Team 29, ProjF4, "
        "North Carolina State University"
    ),
    task=Task.ARTIST,
    source="best_artworks",
    selection=Selection(top=10),
    protocol="80/20",
    judged_on="validation",
    left_open=(
        "most epochs (60, which early stopping ends); the rate of A7's frozen stage (1e-4) and its network "
        "(the plain GAP); 42 combinations in the text, 56 by its ranges"
    ),
    rows=(
        Row(
            "A1",
            "Data: the ten largest artists, 80/20",
            FiguresRow(("classes", "sizes")),
            note="the source took about 2,000 works; here all of the ten artists' are taken",
        ),
        Row(
            "A2",
            "Augmentation: rotation and zoom; flips",
            FiguresRow(("augmentation-rotate-zoom", "augmentation-flips")),
        ),
        Row("A3", "ResNet50 GAP", TrainingRow(_resnet("gap", _BASELINE)), _figures(0.863, 0.943, 0.855)),
        Row(
            "A4",
            "ResNet50 SPP, bins 1, 2, 3",
            TrainingRow(_resnet("spp", _BASELINE)),
            _figures(0.832, 0.935, 0.844),
        ),
        Row(
            "A5a",
            "GAP: 56 heads on A3's features",
            SearchRow(heads(_resnet("gap", _HEAD, dropout=0.5), "a5-gap"), start="A3"),
            _figures(0.868, 0.940, 0.877),
            note="heads alone, on frozen features; published: the best whole network; the text says 42 "
            "combinations, its ranges give 56",
        ),
        Row(
            "A5b",
            "SPP: 56 heads on A4's features",
            SearchRow(heads(_resnet("spp", _HEAD, dropout=0.5), "a5-spp"), start="A4"),
            _figures(0.865, 0.930, 0.864),
            note="heads alone, on frozen features; published: the best whole network",
        ),
        *_heads("gap", "A3", "cde"),
        *_heads("spp", "A4", "fgh"),
        Row(
            "A6",
            "Recipe: A3 without rate cuts and early stopping",
            TrainingRow(_resnet("gap", _BASELINE.replace(stop_patience=None, reduce_patience=None))),
            note="what A6's two callbacks are worth: compare with A3",
        ),
        Row(
            "A7a",
            "All artists: GAP on rotation and zoom",
            TrainingRow(_resnet("gap", _BASELINE)),
            {"validation/macro_f1": 0.78},
            note="plain GAP; the source speaks of Dense and BatchNormalization layers, so its network "
            "probably had blocks (384/128)",
            selection=EVERYTHING,
        ),
        Row(
            "A7b",
            "All artists: frozen, 40 epochs of flips",
            TrainingRow(_resnet("gap", _FLIPS_FROZEN), start="A7a"),
            {"validation/macro_f1": 0.824},
            selection=EVERYTHING,
        ),
        Row(
            "A7c",
            "All artists: unfrozen, 30 epochs at 1e-7",
            TrainingRow(_resnet("gap", _UNFROZEN), start="A7b"),
            {"validation/macro_f1": 0.835},
            selection=EVERYTHING,
        ),
        Row(
            "A8",
            "SPP at 224, 260 and 296, vote",
            TrainingRow(_resnet("spp", _BASELINE, sizes=(224, 260, 296))),
            note="published without figures: no better than A4, the vote lower",
        ),
        Row("A9", "Pictures: curves and confusion of A3 and A5c", ComparisonRow(("A3", "A5c"))),
        Row(
            "A10a",
            "Ours: MobileNetV2 at seven depths, ten artists",
            TrainingRow(_DEPTHS),
            protocol="81/9/10",
            note="not in the source; independent test set",
        ),
        Row(
            "A10b",
            "Ours: MobileNetV2 at seven depths, all artists",
            TrainingRow(_DEPTHS),
            protocol="81/9/10",
            note="not in the source; independent test set",
            selection=EVERYTHING,
        ),
        Row(
            "A10c",
            "Ours: EfficientNet-Lite2 at many depths, ten artists",
            TrainingRow(recipe_for("cpu", "efficientnet_lite2")),
            protocol="81/9/10",
            note="not in the source; independent test set",
        ),
        Row(
            "A10d",
            "Ours: EfficientNet-Lite2 at many depths, all artists",
            TrainingRow(recipe_for("cpu", "efficientnet_lite2")),
            protocol="81/9/10",
            note="not in the source; independent test set",
            selection=EVERYTHING,
        ),
    ),
)
