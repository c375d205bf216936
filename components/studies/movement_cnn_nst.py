"""Study D, `movement-cnn-nst` (Pinto, Farinati and de Sá, NOVA IMS): which movement, then repaint a photo.

On Pandora 7K; its 34 test works were "worthless", so validation figures are what it publishes, and what is
compared. What it leaves open, and what is taken here: image size, filters and widths (see the families
grid_cnn and best_cnn), rates and batch (Keras's 1e-3, batch 32); the first CNN's epochs (20 with patience 10:
"the patience is half the epochs", and it stopped after 13, so its best was the third); the dense part of its
VGG19 (C2's, a hidden layer of 120, on max-pooling, as the ImageNet weights were trained). Every network keeps
the weights of its lowest validation loss. "Balanced" takes as many training works of each class as the
smallest has; the parts it is judged by stay D3's.
"""

from __future__ import annotations

from components.data.manifest import Task
from components.data.select import Selection
from components.generative.recipes import StyleRecipe
from components.studies.study import (
    BoostingRow,
    ComparisonRow,
    FiguresRow,
    HeldOutRow,
    Row,
    SearchRow,
    Study,
    StyleTransferRow,
    TrainingRow,
)
from components.training.ensembles.boost_recipe import BoostRecipe
from components.training.recipe import Optimizer, Recipe, Stage
from components.training.search.presets import grid_cnn

_SIDE = (128, 128)
_FIRST = Stage(epochs=20, optimizer="rmsprop", learning_rate=1e-3, stop_patience=10, reduce_patience=None)
_BEST = Stage(epochs=100, optimizer="rmsprop", learning_rate=1e-3, stop_patience=12, reduce_patience=None)
_VGG = Stage(
    epochs=100, train="head", optimizer="rmsprop", learning_rate=1e-3, stop_patience=12, reduce_patience=None
)
_WIDTHS = "its widths and stages are not in the source"
GATYS_STYLE = tuple(f"block{block}_conv1" for block in range(1, 6))
GATYS_CONTENT = ("block4_conv2",)
"""Layers of VGG19 as Gatys et al. 2015 (arXiv:1508.06576) have them."""


def _small(optimizer: Optimizer = "rmsprop", **options: float) -> Recipe:
    stage = _FIRST.replace(optimizer=optimizer)
    return Recipe(
        family="grid_cnn", image_size=_SIDE, stages=(stage,), options=dict(options), monitor="val_loss"
    )


def _best() -> Recipe:
    return Recipe(
        family="best_cnn", image_size=_SIDE, stages=(_BEST,), options={"dropout": 0.2}, monitor="val_loss"
    )


STUDY = Study(
    name="movement-cnn-nst",
    letter="D",
    title="Which movement: small CNNs, boosted trees, VGG19; style transfer",
    document="A. Pinto, D. Farinati and T. de Sá, Finding Patterns in Art Paintings, Deep Learning, NOVA IMS",
    task=Task.STYLE,
    source="pandora",
    protocol="pandora-d1",
    judged_on="validation",
    left_open=(
        "image size (128x128), filters, widths, rates and batch (1e-3, 32); the dense part of its VGG19 "
        "(120, on max-pooling)"
    ),
    rows=(
        Row("D1", "Data: a folder a movement, 5,314 / 1,269 / 34", FiguresRow(("classes",))),
        Row(
            "D2a",
            "First small CNN",
            TrainingRow(_small(neurons=8, dropout=0.0)),
            {"validation/accuracy": 0.35},
        ),
        Row(
            "D2b",
            "Grid: neurons 8, 16 x dropout 0, .5",
            SearchRow(grid_cnn(_small(), "d2-grid", metric="val_loss")),
            note="published as curves alone",
        ),
        Row(
            "D2c",
            "The first CNN with Adam",
            TrainingRow(_small("adam", neurons=8, dropout=0.0)),
            note='published: "worst results" than RMSprop',
        ),
        Row("D3", "Best CNN", TrainingRow(_best()), {"validation/accuracy": 0.48}, note=_WIDTHS),
        Row(
            "D4",
            "Best CNN, as many works of each class",
            TrainingRow(_best()),
            {"validation/accuracy": 0.40},
            note=f"training works alone are balanced; published: at most .40, worse than D3; {_WIDTHS}",
            selection=Selection(balanced=True),
        ),
        Row(
            "D5",
            "Boosted trees on D3's features",
            BoostingRow(BoostRecipe(), "D3"),
            note='published: no "promising results"',
        ),
        Row(
            "D6",
            "VGG19 on ImageNet weights",
            TrainingRow(
                Recipe(
                    family="vgg19",
                    image_size=(224, 224),
                    stages=(_VGG,),
                    options={"hidden": 120, "pooling": "max"},
                    weights="imagenet",
                    monitor="val_loss",
                )
            ),
            {"validation/accuracy": 0.42},
        ),
        Row(
            "D7a",
            "Style transfer by VGG19, Gatys's layers",
            StyleTransferRow(StyleRecipe(content_layers=GATYS_CONTENT, style_layers=GATYS_STYLE), "D6"),
        ),
        Row(
            "D7b",
            "By the CNN trained here, layers as in the literature",
            StyleTransferRow(StyleRecipe(), "D3"),
        ),
        Row("D7c", "The same, layers inverted", StyleTransferRow(StyleRecipe(layers="inverted"), "D3")),
        Row("D7d", "The three side by side", ComparisonRow(("D7a", "D7b", "D7c"))),
        Row("D8", "Report: confusion, precision, recall, F1", ComparisonRow(("D2a", "D3", "D6"))),
        Row(
            "D9",
            "Ours: best CNN, artists held out",
            HeldOutRow(_best()),
            protocol="81/9/10",
            note="not in the source; a painter's works share a movement: how much is the hand's",
        ),
    ),
)
