"""Study B, `style-cnn-resnet50` (Picar 2021): which movement, on Best Artworks of All Time relabelled.

What the source leaves open, and what is taken here: optimizer, rate, batch and epochs of B3 to B6 (Adam
1e-3 from scratch, 1e-4 on ImageNet weights, batch 32, at most 60 epochs that early stopping ends); ranges of
B2's augmentation; "slower learning rate" of B7 (SGD 1e-4); which classes B10 combines (the two
Expressionisms) and what a more diverse data set is (every movement whose artists have no other). Its
table's two weighted columns are the same to the last digit, so one of them is probably a copy. Its ResNet50s
take 200x200, as its CNN does.
"""

from __future__ import annotations

from components.data.manifest import Task
from components.data.select import Selection
from components.studies.study import (
    BaggingRow,
    ComparisonRow,
    CrossValidationRow,
    FiguresRow,
    HeldOutRow,
    Row,
    Study,
    TrainingRow,
)
from components.training.presets import recipe_for
from components.training.recipe import Policy, Recipe, Stage

MOVEMENTS = (
    "Abstract Expressionism",
    "Byzantine Art",
    "Cubism",
    "Expressionism",
    "Impressionism",
    "Pop Art",
)
"""Row B1: the six movements kept, by artists with one movement alone."""

PROTOCOL = "81/9/10"
"""Row B1: training, validation and an independent test set."""

_SIDE = (200, 200)
_SCRATCH = Stage(epochs=60, learning_rate=1e-3, batch_size=32, policy=Policy.STRETCH)
_TUNED = Stage(epochs=60, learning_rate=1e-4, batch_size=32, policy=Policy.STRETCH)
_LAST = Stage(
    epochs=40, train="last-20%", optimizer="sgd", learning_rate=1e-4, batch_size=32, policy=Policy.STRETCH
)

PUBLISHED: dict[str, dict[str, float | None]] = {
    "B3": dict(zip(MOVEMENTS, (0.5, 0.4, 0.636364, 0.631579, 0.824818, 0.888889), strict=True)),
    "B4a": dict(zip(MOVEMENTS, (0.5, 0.5, 0.568182, 0.578947, 0.642336, 0.5), strict=True)),
    "B5": dict(zip(MOVEMENTS, (None, None, 0.568182, 0.421053, 0.547445, 0.888889), strict=True)),
    "B4b": dict(zip(MOVEMENTS, (0.5, 0.5, 0.568182, 0.578947, 0.642336, 0.5), strict=True)),
    "B6": dict(zip(MOVEMENTS, (None, 0.8, 0.863636, 0.526316, 0.919708, 0.944444), strict=True)),
    "B7": dict(zip(MOVEMENTS, (None, 0.9, 0.863636, 0.684211, 0.927007, 0.888889), strict=True)),
}
"""Row B8: accuracy of each class, a column a model; None where the source prints NaN."""


def _cnn(*, weighted: bool = False) -> Recipe:
    return Recipe(
        family="simple_cnn",
        image_size=_SIDE,
        stages=(_SCRATCH,),
        options={"dropout": 0.4},
        class_weights=weighted,
    )


def _scratch(*, weighted: bool = False) -> Recipe:
    return Recipe(family="resnet50_scratch", image_size=_SIDE, stages=(_SCRATCH,), class_weights=weighted)


def _pretrained(family: str = "resnet50_gap", *stages: Stage) -> Recipe:
    return Recipe(family=family, image_size=_SIDE, stages=stages or (_TUNED,), weights="imagenet")


STUDY = Study(
    name="style-cnn-resnet50",
    letter="B",
    title="Which movement: a simple CNN and ResNet50",
    document="J. Picar, Art Classification with Deep Learning, July 2021",
    task=Task.STYLE,
    source="best_artworks",
    selection=Selection(classes=MOVEMENTS),
    protocol=PROTOCOL,
    left_open=(
        "optimizer, rate, batch and epochs (Adam 1e-3 from scratch, 1e-4 on ImageNet weights, batch 32, at "
        "most 60 epochs); ranges of the augmentation; B7's rate and momentum (SGD 1e-4, .9); B10's classes"
    ),
    rows=(
        Row("B1", "Data: six movements, 81/9/10", FiguresRow(("classes",))),
        Row("B2", "Augmentation: rotation, flip, zoom, stretch", FiguresRow(("augmentation-stretch",))),
        Row("B3", "Simple CNN", TrainingRow(_cnn())),
        Row("B4a", "Simple CNN, balanced class weights", TrainingRow(_cnn(weighted=True))),
        Row("B5", "ResNet50 from scratch", TrainingRow(_scratch())),
        Row("B4b", "ResNet50 from scratch, balanced class weights", TrainingRow(_scratch(weighted=True))),
        Row(
            "B6",
            "ResNet50 on ImageNet weights",
            TrainingRow(_pretrained()),
            {"test/accuracy": 0.87},
            note='the whole network is trained; the source says "on top of ResNet50"',
        ),
        Row(
            "B7",
            "Last 20 % of B6 retrained, slow SGD",
            TrainingRow(_pretrained("resnet50_gap", _LAST), start="B6"),
            note="starts from B6's weights; rate 1e-4 and momentum .9 are not in the source",
        ),
        Row("B8", "Accuracy by class", ComparisonRow(("B3", "B4a", "B5", "B4b", "B6", "B7"), PUBLISHED)),
        Row(
            "B9",
            "Data: classes, intensities; the networks drawn",
            FiguresRow(("classes", "intensity"), ("B3", "B5")),
        ),
        Row("B10a", "VGG16 on ImageNet weights", TrainingRow(_pretrained("vgg16"))),
        Row("B10b", "InceptionV3 on ImageNet weights", TrainingRow(_pretrained("inception_v3"))),
        Row("B10c", "EfficientNet-B0 on ImageNet weights", TrainingRow(_pretrained("efficientnet_b0"))),
        Row(
            "B10d",
            "Classes combined: both Expressionisms as one",
            TrainingRow(_cnn()),
            selection=Selection(
                merge={"Abstract Expressionism": "Expressionism"},
                classes=tuple(name for name in MOVEMENTS if name != "Abstract Expressionism"),
            ),
        ),
        Row("B10e", "Bagging: five simple CNNs", BaggingRow(_cnn(), members=5)),
        Row("B10f", "Cross-validation: simple CNN, 5 folds", CrossValidationRow(_cnn(), folds=5)),
        Row(
            "B10g",
            "More diverse: every movement",
            TrainingRow(_cnn()),
            note="the source names it without saying which works to add",
            selection=Selection(top=20),
        ),
        Row(
            "B10h",
            "Simple CNN, artists held out",
            HeldOutRow(_cnn()),
            note="labels go by artist: what is the hand's, not the movement's; movements of three artists",
            selection=Selection(top=20),
        ),
        Row(
            "B10i",
            "Ours: EfficientNet-Lite2 at many depths",
            TrainingRow(recipe_for("cpu", "efficientnet_lite2")),
            note="not in the source",
        ),
        Row(
            "B10j",
            "Ours: the same, artists held out",
            HeldOutRow(recipe_for("cpu", "efficientnet_lite2")),
            note="beside B10h: how much of a movement these features carry to painters never seen",
            selection=Selection(top=20),
        ),
    ),
)
