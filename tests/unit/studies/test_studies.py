"""The five studies as values: all rows, the documented numbers, smaller sizes, weights that are missing."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest

from components.data.manifest import COLUMNS, Manifest, Split
from components.errors import SettingsError, WeightsError
from components.models import catalog as families
from components.studies import sizes, weights
from components.studies.balanced import training_balanced
from components.studies.catalog import STUDIES, find_study
from components.studies.stand_in import StandIn
from components.studies.study import ComparisonRow, FiguresRow, HeldOutRow, Row, SearchRow, Study, TrainingRow
from components.studies.weights import Given, WeightsUsed, equipped, equipped_search
from components.training.recipe import Policy, Recipe

MISSION = {"A": 9, "B": 10, "C": 9, "D": 8, "E": 7}
STAND_IN = StandIn.read("mobilenet_v2:alpha=1.0")
TRAINED = [(study, row) for study in STUDIES.values() for row in study.rows if row.recipe is not None]
IDS = [row.id for _, row in TRAINED]


def recipe(name: str) -> Recipe:
    found = find_study(name[0]).row(name).recipe
    assert found is not None
    return found


@pytest.mark.parametrize("study", STUDIES.values(), ids=lambda study: study.name)
def test_every_row_of_the_source_is_there(study: Study) -> None:
    there = {row.mission for row in study.rows}  # and rows of our own behind them
    assert there >= {f"{study.letter}{number}" for number in range(1, MISSION[study.letter] + 1)}


@pytest.mark.parametrize(("study", "row"), TRAINED, ids=IDS)
def test_every_recipe_can_be_built_from(study: Study, row: Row) -> None:
    assert row.recipe is not None
    family = families.family(row.recipe.family)
    assert (row.recipe.weights == "imagenet") is family.pretrained
    for size in sizes.LIMITS:
        small = sizes.sized(row.recipe, size, study.origin(row))
        assert min(small.image_size) >= family.smallest
        assert Recipe.model_validate(small.model_dump()) == small


@pytest.mark.parametrize(
    ("row", "size", "stage"),
    [
        (
            "A3",
            (224, 224),
            {"optimizer": "adam", "learning_rate": 1e-4, "stop_patience": 10, "reduce_patience": 4},
        ),
        ("A4", (224, 224), {"policy": Policy.ROTATE_ZOOM, "batch_size": 32}),
        ("A7b", (224, 224), {"train": "head", "policy": Policy.FLIPS, "epochs": 40}),
        ("A7c", (224, 224), {"train": "all", "learning_rate": 1e-7, "epochs": 30}),
        ("B3", (200, 200), {"policy": Policy.STRETCH}),
        ("B7", (200, 200), {"train": "last-20%", "optimizer": "sgd"}),
        ("C2a", (300, 400), {"optimizer": "adam", "learning_rate": 1e-4, "batch_size": 128, "epochs": 10}),
        ("C3", (128, 128), {"learning_rate": 1e-3, "batch_size": 2048, "epochs": 30}),
        ("C6", (224, 224), {"train": "last-24", "learning_rate": 1e-2, "batch_size": 512}),
        ("D3", (128, 128), {"stop_patience": 12, "optimizer": "rmsprop"}),
        ("E2", (500, 500), {}),
        ("E4b", (500, 500), {"train": "head", "learning_rate": 1.95e-5}),
        ("E5", (500, 500), {"train": "last-module"}),
    ],
)
def test_full_size_has_the_documented_numbers(
    row: str, size: tuple[int, int], stage: dict[str, object]
) -> None:
    full = sizes.sized(recipe(row), "full")
    assert full == recipe(row)
    assert full.image_size == size
    found = full.stages[0].model_dump()
    assert {name: found[name] for name in stage} == stage


def test_documented_options_monitors_and_losses() -> None:
    assert recipe("A3").monitor == "val_macro_f1"
    assert all(recipe(row).monitor == "val_loss" for row in ("D2a", "D2b", "D3", "D4", "D6"))
    assert recipe("A8").sizes == (224, 260, 296)
    assert recipe("A5c").options == {"dense_1": 384, "dense_2": 128, "dropout": 0.5}
    assert recipe("C2b").options["hidden"] == 0
    assert recipe("E4b").options == {"nodes": 650, "dropout": 0.7, "dropout_2": 0.7}
    assert recipe("B4a").class_weights
    assert recipe("B4b").class_weights
    assert recipe("C9a").multi_label
    assert (recipe("C9b").loss, recipe("C9c").loss) == ("focal", "class-balanced")
    assert recipe("C9d").top_up == 1000


def test_the_grid_of_heads_has_56_cells_and_the_small_cnn_s_has_4() -> None:
    counts = {}
    for name in ("A5a", "A5b", "D2b"):
        work = find_study(name[0]).row(name).work
        assert isinstance(work, SearchRow)
        counts[name] = len(work.search.space.cells or ())
    assert counts == {"A5a": 56, "A5b": 56, "D2b": 4}


def test_published_figures_are_those_of_the_sources() -> None:
    published = {row.id: dict(row.published) for study in STUDIES.values() for row in study.rows}
    gap = {"validation/accuracy": 0.863, "validation/top2_accuracy": 0.943, "validation/macro_f1": 0.855}
    assert published["A3"] == gap
    assert published["A5e"]["validation/accuracy"] == 0.873  # table 1, not the mission's shorter list
    assert [published[row]["validation/macro_f1"] for row in ("A7a", "A7b", "A7c")] == [0.78, 0.824, 0.835]
    assert published["B6"] == {"test/accuracy": 0.87}
    assert published["C3"] == {"train/accuracy": 0.97, "test/accuracy": 0.71}
    assert [published[row]["validation/accuracy"] for row in ("D2a", "D3", "D6")] == [0.35, 0.48, 0.42]
    assert published["E4b"] == {"train/accuracy": 0.906, "validation/accuracy": 0.578, "test/accuracy": 0.566}


@pytest.mark.parametrize(("study", "row"), TRAINED, ids=IDS)
@pytest.mark.parametrize("size", ["cpu", "quick"])
def test_smaller_sizes_keep_what_is_trained(study: Study, row: Row, size: str) -> None:
    assert row.recipe is not None
    full, small = row.recipe, sizes.sized(row.recipe, size, study.origin(row))  # type: ignore[arg-type]
    same = ("family", "options", "weights", "monitor", "loss", "class_weights", "multi_label")
    assert [getattr(small, name) for name in same] == [getattr(full, name) for name in same]
    assert len(small.sizes) == len(full.sizes)
    for before, after in zip(full.stages, small.stages, strict=True):
        kept = ("optimizer", "policy", "mix", "schedule")
        # A whole pre-trained network is too much for a few cores: its last module is trained there.
        lighter = size == "cpu" and full.weights and before.train == "all" and not full.sizes
        assert after.train == ("last-module" if lighter else before.train)
        assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
        assert 1 <= after.epochs <= before.epochs
        assert after.batch_size <= 32
        assert after.learning_rate <= before.learning_rate


@pytest.mark.parametrize(
    ("row", "size", "expected"),
    [
        ("A10a", "full", ""),
        ("A10a", "cpu", ""),  # 256 pixels, frozen: as it is
        (
            "A3",
            "cpu",
            "20 epochs instead of 60; the last module is trained instead of all",
        ),
        ("A7b", "cpu", "4 views instead of 8"),
        ("C2a", "cpu", "288x384 px instead of 300x400"),
        ("E4b", "cpu", "384x384 px instead of 500x500; 60 epochs instead of 100"),
        ("B3", "cpu", "96x96 px instead of 200x200; 20 epochs instead of 60"),
        ("A8", "cpu", "121/141/160 px instead of 224/260/296; 6 epochs instead of 60"),
        ("A10a", "quick", "64x64 px instead of 256x256; 6 epochs instead of 30; 2 views instead of 4"),
        ("D3", "quick", "32x32 px instead of 128x128; 3 epochs instead of 100"),
    ],
)
def test_what_a_size_takes_away_is_said(row: str, size: str, expected: str) -> None:
    full = recipe(row)
    assert sizes.lighter(full, sizes.sized(full, size)) == expected  # type: ignore[arg-type]


def test_what_is_frozen_sees_pictures_of_up_to_384_pixels_on_a_cpu() -> None:
    large = recipe("A10a").replace(image_size=(384, 384))
    assert sizes.sized(large, "cpu").image_size == (384, 384)
    wide = large.replace(image_size=(300, 600))
    assert sizes.lighter(wide, sizes.sized(wide, "cpu")) == "192x384 px instead of 300x600"


def test_rows_that_start_from_another_see_pictures_of_its_size() -> None:
    for study, row in TRAINED:
        if isinstance(row.work, TrainingRow | SearchRow) and row.work.start:
            start = study.row(row.work.start)
            for size in sizes.LIMITS:
                assert row.recipe is not None
                assert start.recipe is not None
                own = sizes.sized(row.recipe, size, study.origin(row))
                other = sizes.sized(start.recipe, size, study.origin(start))
                assert own.image_size == other.image_size, (row.id, size)


def test_real_paintings_on_a_cpu_are_no_smaller_than_96_pixels() -> None:
    for study, row in TRAINED:
        assert row.recipe is not None
        small = sizes.sized(row.recipe, "cpu", study.origin(row))
        assert max(small.image_size) >= 96, row.id


def test_a_smaller_search_keeps_the_outermost_values() -> None:
    work = find_study("A").row("A5a").work
    assert isinstance(work, SearchRow)
    small = sizes.sized_search(work.search, "quick")
    values = [(128, 512), (32, 256)]
    assert small.space.cells == [
        dict(zip(small.space.names, pair, strict=True)) for pair in itertools.product(*values)
    ]
    assert len(sizes.sized_search(work.search, "cpu").space.cells or ()) == 56


def test_what_a_row_needs_comes_with_it() -> None:
    assert [row.id for row in find_study("A").chosen(["A7c"])] == ["A7a", "A7b", "A7c"]
    assert [row.id for row in find_study("A").chosen(["A5"])][:4] == ["A3", "A4", "A5a", "A5b"]
    assert len(find_study("B").chosen()) == len(find_study("B").rows)
    with pytest.raises(SettingsError, match="A3"):
        find_study("A").chosen(["A99"])
    with pytest.raises(SettingsError, match="artist-resnet50"):
        find_study("F")


def test_a_row_before_what_it_needs_is_refused() -> None:
    rows = (Row("A2", "late", TrainingRow(recipe("A3"), start="A3")), Row("A3", "early", FiguresRow(())))
    with pytest.raises(SettingsError, match="A2 needs"):
        Study("x", "A", "", "", find_study("A").task, "synthetic", rows)


def test_a_stand_in_keeps_the_shape_of_the_head() -> None:
    given = Given("FILE", stand_in=STAND_IN)
    found, used = equipped(recipe("A5f"), given)
    assert (used.note, used.kind) == ("stand-in: MobileNetV2 1.0", "stand-in")
    assert (found.family, found.weights) == ("mobilenet_v2", "FILE")
    expected = {"alpha": 1.0, "pooling": "pyramid", "dense_1": 320, "dense_2": 64, "dropout": 0.5}
    assert found.options == expected
    assert equipped(recipe("E4b"), given)[0].options == {"alpha": 1.0, "dense_1": 650, "dropout": 0.7}
    assert equipped(recipe("C2a"), given)[0].options == {"alpha": 1.0, "dense_1": 120}
    assert equipped(recipe("B3"), given) == (recipe("B3"), WeightsUsed())


def test_a_stand_in_s_search_has_its_own_names() -> None:
    work = find_study("E").row("E4a").work
    assert isinstance(work, SearchRow)
    found, _ = equipped_search(work.search, Given("FILE", stand_in=STAND_IN))
    assert found.space.names == ("options.dense_1", "options.dropout", "stages.0.learning_rate")


def test_a_stand_in_keeps_the_imagenet_top_if_it_has_one() -> None:
    with pytest.raises(WeightsError, match=r"1000-way.*MobileNetV2 1\.0 has none.*efficientnet_lite2"):
        equipped(recipe("C4"), Given("FILE", stand_in=STAND_IN))
    lite = StandIn.read("efficientnet_lite2:pooling=statistics,depths=head_relu,block_1_expand_relu")
    found, used = equipped(recipe("C4"), Given(stand_in=lite))
    assert used.note == "stand-in: EfficientNet-Lite2 statistics"
    assert (found.family, found.weights) == ("efficientnet_lite2", "imagenet")
    assert found.options == {"top": "imagenet", "dropout": 0.0}
    network = families.build(found.family, 44, (32, 32), **found.options)
    assert network.get_layer("features").output.shape == (None, 1000)


def test_a_stand_in_of_our_own_row_keeps_its_pooling() -> None:
    found, _ = equipped(recipe("A10a"), Given(stand_in=StandIn.read("efficientnet_lite0")))
    assert found.options == {"pooling": "statistics", "normalize": True, "dropout": 0.5}


def test_options_of_a_stand_in_are_read_as_they_are_meant() -> None:
    lite = StandIn.read("efficientnet_lite2:normalize=true,dropout=0.5,dense_1=64,depths=stem_relu,head_relu")
    assert lite.options == {
        "normalize": True,
        "dropout": 0.5,
        "dense_1": 64,
        "depths": "stem_relu,head_relu",
    }
    assert str(lite) == "EfficientNet-Lite2"


def test_a_file_for_one_backbone_goes_before_the_stand_in() -> None:
    given = Given("FILE", {"resnet50": "R.h5"}, STAND_IN)
    assert equipped(recipe("A3"), given)[0] == recipe("A3").replace(weights="R.h5")
    assert equipped(recipe("D6"), given)[0].family == "mobilenet_v2"


def test_a_stand_in_s_own_file_is_its_address_wherever_it_stands() -> None:
    given = Given(files={"mobilenet_v2": "M.h5"}, stand_in=STAND_IN)
    assert equipped(recipe("A3"), given)[0].weights == "M.h5"
    assert equipped(recipe("A10a"), given) == (recipe("A10a").replace(weights="M.h5"), WeightsUsed())


def test_a_row_of_the_stand_in_s_family_has_its_width_for_the_file_is_of_it() -> None:
    for text, width in (("mobilenet_v2:alpha=0.5", 0.5), ("mobilenet_v2", 0.35)):
        found, used = equipped(recipe("A10a"), Given("FILE", stand_in=StandIn.read(text)))
        assert used.note == f"stand-in: MobileNetV2 {width}"
        assert found.options == recipe("A10a").options | {"alpha": width}
        assert found.weights == "FILE"


@pytest.mark.parametrize(
    ("row", "given", "note"),
    [
        ("A10a", Given(weights.NONE, stand_in=STAND_IN), "random weights"),
        ("A3", Given(weights.NONE, stand_in=STAND_IN), "stand-in: MobileNetV2 1.0, random weights"),
        ("A3", Given(files={"resnet50": weights.NONE}), "random weights"),
    ],
)
def test_none_is_no_file(row: str, given: Given, note: str) -> None:
    found, used = equipped(recipe(row), given)
    assert (used.note, used.kind) == (note, "random")
    assert found.weights is None
    assert {stage.train for stage in found.stages} == {"all"}
    assert {stage.views for stage in found.stages} == {0}


def test_without_weights_nothing_random_is_frozen_and_the_note_says_so() -> None:
    found, used = equipped(recipe("C5"), Given(weights.NONE))
    assert used.note == "random weights"
    assert found.weights is None
    assert [stage.train for stage in found.stages] == ["all"]
    begun = recipe("E5").replace(warm_start="a run")
    assert [stage.train for stage in equipped(begun, Given(weights.NONE))[0].stages] == ["last-module"]


def test_options_of_weights(tmp_path) -> None:
    file = tmp_path / "w.h5"
    file.write_bytes(b"")
    assert Given.read(size="quick").address == "none"
    assert Given.read(size="full").address == "imagenet"
    assert Given.read(f"resnet50={file}").files == {"resnet50": str(file)}
    assert Given.read(str(file), "mobilenet_v2:alpha=1.0").stand_in == STAND_IN
    for given, other, expected in (
        (str(file), "", "which network"),
        ("resnet50=/no/such", "", "no such weights file for resnet50"),
        ("", "simple_cnn", "from scratch"),
        ("", "mobilenet_v2:alpha", "name=value"),
        ("", "resnet9000", "no model family"),
    ):
        with pytest.raises(SettingsError, match=expected):
            Given.read(given, other)


def test_only_training_works_are_balanced(tmp_path) -> None:
    frame = pd.DataFrame(dict.fromkeys(COLUMNS, ""), index=range(40))
    frame["sha256"] = frame["group"] = [f"{number:02}" for number in range(40)]
    frame["label"] = ["a"] * 26 + ["b"] * 14
    frame["split"] = (["train"] * 18 + ["validation"] * 5 + ["test"] * 3) + (
        ["train"] * 9 + ["validation"] * 3 + ["test"] * 2
    )
    lineage = ("select style: all classes", "split pandora-d1, seed 0")
    whole = Manifest(frame, "pandora", tmp_path, lineage=lineage, protocol="pandora-d1", task="style")
    found = training_balanced(whole)
    assert found.part(Split.TRAIN).profile["classes"] == {"a": 9, "b": 9}
    for part in (Split.VALIDATION, Split.TEST):
        assert found.part(part).fingerprint == whole.part(part).fingerprint
    assert found.protocol == whole.protocol
    assert found.parents == (whole.fingerprint,)
    assert found.lineage == ("select style: all classes; training balanced", "split pandora-d1, seed 0")


def test_reports_and_held_out_rows_are_where_the_sources_have_them() -> None:
    kinds = {row.id: type(row.work) for study in STUDIES.values() for row in study.rows}
    assert kinds["B8"] is kinds["C7"] is kinds["D8"] is kinds["E6"] is ComparisonRow
    assert kinds["B10h"] is kinds["D9"] is kinds["E8"] is HeldOutRow  # where a label goes by artist
    table = find_study("B").row("B8").work
    assert isinstance(table, ComparisonRow)
    assert table.published["B7"]["Abstract Expressionism"] is None
    assert table.published["B7"]["Impressionism"] == pytest.approx(0.927, abs=1e-3)


def test_nothing_stands_in_for_a_family_whose_weights_are_a_package() -> None:
    given = Given("M.h5", stand_in=StandIn.read("mobilenet_v2:alpha=1.0"))
    assert equipped(recipe("A10c"), given) == (recipe("A10c"), WeightsUsed())
    bare, used = equipped(recipe("A10c"), Given(weights.NONE))
    assert (bare.weights, used.random) == (None, True)
    own = Given(files={"efficientnet_lite2": "L.pth"}, stand_in=StandIn.read("mobilenet_v2"))
    assert equipped(recipe("A10c"), own)[0].weights == "L.pth"
