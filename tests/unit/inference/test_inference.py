"""Releases: card, engine, predictor, and the ones at hand for serving. No TensorFlow."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from components.data.borders import Borders
from components.errors import DataError, ImageError, RegistryError
from components.inference import release, releases, smoke
from components.inference.predictor import Predictor
from components.inference.release import ReleaseCard
from components.inference.temperature import Temperature
from components.settings import Settings
from tests.tiny_releases import COLOURS, SIZE, card, picture, single_colours, write_release


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_release(tmp_path_factory.mktemp("made") / "release", card())


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def test_a_card_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    card(version="4").save(tmp_path)
    assert ReleaseCard.load(tmp_path) == card(version="4")


def test_a_card_says_what_its_figure_is_of(tmp_path: Path) -> None:
    assert card().judgement == "Macro-F1 on the test works 0.900 [0.850, 0.940]."
    refit = card(refit="validation", refit_of="0123456789ab")
    assert (
        "epochs of run 01234567. Macro-F1 on the test works, which it has not seen, 0.900" in refit.judgement
    )
    folds = {"folds": 5, "macro_f1_mean": 0.84, "macro_f1_sd": 0.01, "run_id": "run-2"}
    unjudged = card(refit="all", refit_of="0123456789ab", cross_validated=folds)
    assert unjudged.judgement.startswith("Not judged: refit on all works")
    assert "Run 01234567" in unjudged.judgement
    assert "5-fold cross-validation: macro-F1 0.840 ± 0.010" in unjudged.judgement
    unjudged.save(tmp_path)
    assert ReleaseCard.load(tmp_path) == unjudged
    with pytest.raises(ValueError, match="a refit names the run that it refits"):
        card(refit="all")


def test_a_card_from_before_there_were_choices_still_loads_and_keeps_borders(tmp_path: Path) -> None:
    old = card().model_dump(mode="json", exclude={"multi_label", "thresholds", "borders"})
    (tmp_path / release.CARD).write_text(json.dumps(old))
    assert ReleaseCard.load(tmp_path) == card(borders=Borders.KEEP)


@pytest.mark.parametrize("changes", [{"multi_label": True}, {"thresholds": (0.5, 0.5, 0.5)}])
def test_thresholds_go_with_several_labels(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="a threshold for each of its classes"):
        card(**changes)


def test_of_several_labels_each_has_its_threshold(tmp_path: Path) -> None:
    about = card(multi_label=True, thresholds=(0.4, 0.6, 0.2))
    ranked = Predictor.load(write_release(tmp_path / "release", about)).predict(picture("Yellow"))
    assert [one.applies for one in ranked] == [True, True, False]
    assert {one.label: one.threshold for one in ranked} == {"Red": 0.4, "Green": 0.6, "Blue": 0.2}


def test_a_card_from_before_there_was_confidence_still_loads(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "release", card())
    old = card().model_dump(mode="json", exclude={"temperature", "novelty"})
    (folder / release.CARD).write_text(json.dumps(old))
    predictor = Predictor.load(folder)
    assert (predictor.card.temperature, predictor.card.novelty) == (None, None)
    named = predictor.name(predictor.read(picture("Green")))
    assert (named.labels[0].label, named.novelty) == ("Green", None)


def test_a_temperature_makes_answers_less_sure_and_changes_none(tmp_path: Path) -> None:
    images = np.random.default_rng(2).integers(0, 256, (40, SIZE, SIZE, 3), dtype=np.uint8)
    own = Predictor.load(write_release(tmp_path / "own", card()))
    hot = card(temperature=Temperature(value=2.5, ece_before=0.09, ece_after=0.02))
    divided = Predictor.load(write_release(tmp_path / "hot", hot))
    before, after = own.probabilities(images), divided.probabilities(images)
    np.testing.assert_array_equal(before.argmax(axis=1), after.argmax(axis=1))
    assert (after.max(axis=1) < before.max(axis=1)).all()
    np.testing.assert_allclose(after.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(divided.outputs(images)[0], before, atol=1e-7)  # the graph is Keras's own
    assert divided.predict(picture("Red"))[0].probability < own.predict(picture("Red"))[0].probability


def test_several_labels_have_no_temperature() -> None:
    with pytest.raises(ValueError, match="has no temperature"):
        card(multi_label=True, thresholds=(0.4, 0.6, 0.2), temperature=Temperature(value=2))


@pytest.fixture(scope="module")
def knowing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release that learnt from dark pictures of one colour, and knows it."""
    return write_release(tmp_path_factory.mktemp("knowing") / "release", card(), novelty=single_colours())


def test_what_is_unlike_the_training_works_is_said(knowing: Path) -> None:
    predictor = Predictor.load(knowing)
    dark = np.full((SIZE, SIZE, 3), 30, np.uint8)
    usual = predictor.name(dark).novelty
    noise = predictor.name(np.random.default_rng(0).integers(0, 256, dark.shape, dtype=np.uint8)).novelty
    assert usual is not None
    assert noise is not None
    assert (usual.unlike_training, noise.unlike_training) == (False, True)
    assert usual.threshold == noise.threshold < noise.score


def test_what_the_training_works_are_like_is_installed_and_must_be_whole(
    knowing: Path, settings: Settings, tmp_path: Path
) -> None:
    installed = releases.install(settings, "style", "7", knowing)
    assert (installed / release.NOVELTY).is_file()
    smoke.answers_in_fresh_process(installed)
    (installed / release.NOVELTY).unlink()
    with pytest.raises(RegistryError, match=r"novelty\.npz beside release\.json"):
        Predictor.load(installed)
    assert releases.installed(settings, "style", "7", card().run_id) is None  # it is fetched anew


def test_a_graph_without_the_statistics_is_refused(knowing: Path, tmp_path: Path) -> None:
    folder = write_release(tmp_path / "release", ReleaseCard.load(knowing))
    (folder / release.NOVELTY).write_bytes((knowing / release.NOVELTY).read_bytes())
    with pytest.raises(RegistryError, match="6 statistics, the graph gives none"):
        Predictor.load(folder)


def test_a_release_that_learnt_without_padding_is_asked_without_padding(folder: Path, tmp_path: Path) -> None:
    strokes = Image.effect_noise((60, 60), 60).point(lambda level: level // 2)
    page = Image.new("RGB", (100, 60), "white")
    page.paste(strokes, (20, 0))
    padded, alone = io.BytesIO(), io.BytesIO()
    page.save(padded, "PNG")
    page.crop((20, 0, 80, 60)).save(alone, "PNG")
    cropping = Predictor.load(write_release(tmp_path / "release", card(borders=Borders.CROP)))
    assert np.array_equal(cropping.read(padded.getvalue()), cropping.read(alone.getvalue()))
    keeping = Predictor.load(folder)
    assert not np.array_equal(keeping.read(padded.getvalue()), keeping.read(alone.getvalue()))


def test_of_one_label_nothing_applies_apart(folder: Path) -> None:
    assert {one.applies for one in Predictor.load(folder).predict(picture())} == {None}


@pytest.mark.parametrize("content", [None, "{", '{"task": "style"}', '{"task": "sculpture"}'])
def test_a_card_that_cannot_be_read_says_which_and_how_to_mend(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / release.CARD).write_text(content)
    with pytest.raises(RegistryError, match=r"release\.json.*atelier promote") as caught:
        ReleaseCard.load(tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_predict_ranks_every_label(folder: Path) -> None:
    ranked = Predictor.load(folder).predict(picture("Blue"))
    assert ranked[0].label == "Blue"
    assert {one.label for one in ranked} == set(COLOURS)
    assert sum(one.probability for one in ranked) == pytest.approx(1, abs=1e-5)
    assert [one.probability for one in ranked] == sorted((r.probability for r in ranked), reverse=True)


def test_predict_reads_a_file(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "leaf.jpg").write_bytes(picture("Green", kind="JPEG"))
    assert Predictor.load(folder).predict(tmp_path / "leaf.jpg")[0].label == "Green"


def test_an_unreadable_picture_is_an_image_error(folder: Path) -> None:
    with pytest.raises(ImageError):
        Predictor.load(folder).predict(picture()[:60])


@pytest.mark.parametrize("count", [0, 1, 5, 130])
def test_batches_of_any_size_answer_as_single_pictures_do(folder: Path, count: int) -> None:
    predictor = Predictor.load(folder)
    images = np.random.default_rng(0).integers(0, 256, (count, SIZE, SIZE, 3), dtype=np.uint8)
    together = predictor.probabilities(images)
    assert together.shape == (count, 3)
    assert together.dtype == np.float32
    for image, row in zip(images, together, strict=True):
        np.testing.assert_allclose(predictor.probabilities(image[None])[0], row, atol=1e-6)


def test_the_callers_pictures_are_never_changed(folder: Path) -> None:
    predictor = Predictor.load(folder)
    images = np.random.default_rng(1).integers(0, 256, (8, SIZE, SIZE, 3), dtype=np.uint8)
    kept = images.copy()
    first = predictor.probabilities(images)
    for other in (images[::2], images[::-1], images[:, ::-1]):  # views that are not contiguous, too
        predictor.probabilities(other)
    np.testing.assert_array_equal(images, kept)
    np.testing.assert_array_equal(predictor.probabilities(images), first)


def test_threads_get_their_own_answers(folder: Path) -> None:
    predictor = Predictor.load(folder)
    pictures = {colour: picture(colour) for colour in COLOURS}
    asked = list(COLOURS) * 60
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda colour: predictor.predict(pictures[colour])[0].label, asked))
    assert answers == asked


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((1, SIZE, SIZE, 3), np.float32),
        np.zeros((SIZE, SIZE, 3), np.uint8),
        np.zeros((1, SIZE + 1, SIZE, 3), np.uint8),
        np.zeros((1, SIZE, SIZE, 1), np.uint8),
    ],
)
def test_images_of_another_kind_are_refused(folder: Path, images: np.ndarray) -> None:
    with pytest.raises(DataError, match=r"expected uint8 images \(N, 16, 16, 3\), received"):
        Predictor.load(folder).probabilities(images)


def test_a_graph_that_disagrees_with_its_card_is_refused(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "four", card(), classes=4)
    with pytest.raises(RegistryError, match="names 3 classes"):
        Predictor.load(folder)


@pytest.mark.parametrize("name", [release.GRAPH, release.WEIGHTS])
def test_a_release_without_a_file_is_refused(tmp_path: Path, name: str) -> None:
    folder = write_release(tmp_path / "release", card())
    (folder / name).unlink()
    with pytest.raises(RegistryError, match=r"model\.xml and model\.bin"):
        Predictor.load(folder)


def test_a_damaged_graph_is_a_registry_error(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "release", card())
    (folder / release.GRAPH).write_text("<net>")
    with pytest.raises(RegistryError, match="OpenVINO cannot load it"):
        Predictor.load(folder)


def test_nothing_is_current_before_the_first(settings: Settings) -> None:
    assert releases.current(settings, "style") is None


def test_installed_and_pointed_at_it_is_current(settings: Settings, folder: Path) -> None:
    installed = releases.install(settings, "style", "3", folder)
    assert releases.current(settings, "style") is None
    releases.point(settings, "style", "3")
    assert releases.current(settings, "style") == installed == settings.releases / "style" / "3"
    assert ReleaseCard.load(installed) == card(version="3")
    assert Predictor.load(installed).predict(picture("Red"))[0].label == "Red"
    assert releases.current(settings, "genre") is None


def test_installing_twice_does_nothing_the_second_time(settings: Settings, folder: Path) -> None:
    first = (releases.install(settings, "style", "3", folder) / release.CARD).stat().st_mtime_ns
    assert (releases.install(settings, "style", "3", folder) / release.CARD).stat().st_mtime_ns == first


def test_another_runs_release_of_the_same_version_replaces_it(
    settings: Settings, folder: Path, tmp_path: Path
) -> None:
    releases.install(settings, "style", "1", folder)
    other = write_release(tmp_path / "other", card(run_id="run-2"))
    assert ReleaseCard.load(releases.install(settings, "style", "1", other)).run_id == "run-2"
    assert releases.installed(settings, "style", "1", "run-1") is None
    assert releases.installed(settings, "style", "1", "run-2") is not None
    assert [path.name for path in (settings.releases / "style").iterdir()] == ["1"]


def test_a_damaged_installed_release_is_installed_anew(settings: Settings, folder: Path) -> None:
    installed = releases.install(settings, "style", "1", folder)
    (installed / release.CARD).write_text("{")
    assert ReleaseCard.load(releases.install(settings, "style", "1", folder)).version == "1"


@pytest.mark.parametrize("version", ["", "..", "../other", "a/b", ".hidden", "1\n"])
def test_a_version_that_leads_elsewhere_is_refused(settings: Settings, folder: Path, version: str) -> None:
    with pytest.raises(RegistryError, match="is no version"):
        releases.install(settings, "style", version, folder)


def test_only_installed_versions_can_be_pointed_at(settings: Settings) -> None:
    with pytest.raises(RegistryError, match="version 9 of style is not installed"):
        releases.point(settings, "style", "9")


def test_another_tasks_release_is_refused(settings: Settings, folder: Path) -> None:
    with pytest.raises(RegistryError, match="for the task genre is expected, not style"):
        releases.install(settings, "genre", "1", folder)


def test_half_a_release_is_not_installed(settings: Settings, tmp_path: Path) -> None:
    half = write_release(tmp_path / "half", card())
    (half / release.WEIGHTS).unlink()
    with pytest.raises(RegistryError, match=r"model\.bin beside release\.json"):
        releases.install(settings, "style", "1", half)
    assert not settings.releases.exists()


def test_a_damaged_pointer_says_how_to_mend(settings: Settings, folder: Path) -> None:
    releases.install(settings, "style", "1", folder)
    releases.point(settings, "style", "1")
    (settings.releases / "style" / "champion.json").write_text("{}")
    with pytest.raises(RegistryError, match=r"champion\.json: cannot be read.*Delete it"):
        releases.current(settings, "style")


def test_prune_keeps_the_newest_and_the_one_pointed_at(settings: Settings, folder: Path) -> None:
    import os

    for place in range(1, 7):
        installed = releases.install(settings, "style", str(place), folder)
        os.utime(installed, (place, place))
    releases.point(settings, "style", "1")
    releases.prune(settings, "style", keep=2)
    left = sorted(path.name for path in (settings.releases / "style").iterdir())
    assert left == ["1", "5", "6", "champion.json"]


def test_a_release_answers_in_a_fresh_process(folder: Path) -> None:
    smoke.answers_in_fresh_process(folder)


def test_a_release_of_several_labels_answers_in_a_fresh_process(tmp_path: Path) -> None:
    about = card(multi_label=True, thresholds=(0.4, 0.6, 0.2))
    smoke.answers_in_fresh_process(write_release(tmp_path / "release", about))


def test_smoke_prints_the_answer_as_json(folder: Path, tmp_path: Path) -> None:
    image = tmp_path / "red.png"
    image.write_bytes(picture("Red"))
    command = [sys.executable, "-m", "components.inference.smoke", str(folder), str(image)]
    answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert answer["task"] == "style"
    assert answer["predictions"][0]["label"] == "Red"


def test_a_release_that_does_not_answer_says_why(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match=r"does not answer in a fresh process \(.*release\.json"):
        smoke.answers_in_fresh_process(tmp_path)
