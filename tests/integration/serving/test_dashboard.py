"""Every page, run by Streamlit's own test harness against a real MLflow database and a real API."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
import uvicorn
from PIL import Image
from streamlit.testing.v1 import AppTest

from components.data.gate import validate
from components.data.gate.report import Check, Report
from components.data.manifest import Manifest
from components.settings import Settings
from components.tracking.promotion.decision import Decision
from components.tracking.promotion.promotion import Promotion
from components.tracking.registry import Registry
from components.tracking.runs import Tracker
from dashboard import formatting
from serving.app import create_app
from tests.tiny_collections import manifest as tiny_manifest
from tests.tiny_collections import save
from tests.tiny_releases import SIZE, card, picture, write_release

pytestmark = pytest.mark.integration

APP = Path(__file__).parents[3] / "dashboard" / "app.py"
PAGES = ("overview", "compare", "studies", "predict", "pictures", "data")
TAGS = {
    "atelier.task": "style",
    "atelier.family": "simple_cnn",
    "atelier.source": "synthetic-gallery",
    "atelier.synthetic": "true",
}
COMMAND = "make demo"


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _trained(
    settings: Settings, folder: Path, score: float, tags: dict[str, str] = TAGS, **about_changes: object
) -> str:
    """A finished training run with figures and curves; its version."""
    tags = tags | {"atelier.kind": "training"}
    with Tracker(settings).start("style · tiny", "simple_cnn", f"key-{score}", tags) as run:
        run.params({"family": "simple_cnn", "stages": [{"epochs": 2}]})
        for epoch in (1, 2):
            run.epoch(
                epoch, {"loss": 2.0 / epoch, "val_loss": 3.0 / epoch, "val_macro_f1": score * epoch / 2}
            )
        for part in ("validation", "test"):
            run.metrics({f"{part}/macro_f1": score, f"{part}/macro_f1_low": score - 0.1})
            run.metrics({f"{part}/macro_f1_high": score + 0.05, f"{part}/accuracy": score})
        run.image("figures/confusion_matrix.png", Image.new("RGB", (64, 64), "navy"))
        about = card(run_id=run.id, family="simple_cnn", macro_f1=score, **about_changes)
        run.log_release(write_release(folder / run.id, about), about, np.zeros((1, SIZE, SIZE, 3), np.uint8))
    return Registry(settings).register(about.task.value, run.id, about)


def _pictures(settings: Settings) -> None:
    tracker = Tracker(settings)
    with tracker.start("pictures", "gan", "gan", TAGS | {"atelier.kind": "gan"}) as run:
        for epoch in (1, 5):
            run.epoch(epoch, {"generator_loss": 1.0, "discriminator_loss": 0.5})
            run.image(f"grids/epoch_{epoch:04d}.png", Image.new("RGB", (32, 32), "teal"))
    with tracker.start("pictures", "style", "style", TAGS | {"atelier.kind": "style-transfer"}) as run:
        run.epoch(1, {"content_loss": 1.0, "style_loss": 2.0, "total_variation_loss": 3.0})
        for name in ("content", "style", "result", "before_after"):
            run.image(f"{name}.png", Image.new("RGB", (32, 24), "olive"))


def _studied(settings: Settings) -> None:
    """Two runs of study E in miniature, the later of one row alone, and one that was killed at its start."""
    tags = TAGS | {
        "atelier.kind": "study",
        "atelier.study": "movement-hybrid-inception",
        "atelier.scale": "quick",
    }
    ours = {"validation/accuracy": [0.5, 0.4, 0.6]}
    line = {"published": {"validation/accuracy": 0.31}, "ours": ours, "seconds": 5.0, "parameters": 88686}
    line |= {"note": "", "reason": "", "run": "0" * 32}
    lines = [line | {"row": row, "title": f"Row {row}"} for row in ("E2", "E3")]
    for told in (lines, [lines[1] | {"note": "a later one"}], []):
        with Tracker(settings).start("style · tiny", "study E", f"study-{len(told)}", tags) as run:
            if told:
                document = {"title": "Study E", "lines": told, "seconds": 5.0, "left_open": "its ranges"}
                run.text("study.json", json.dumps(document))
                run.image("figures/study.png", Image.new("RGB", (64, 48), "ivory"))


def _explored(settings: Settings, folder: Path) -> None:
    """An exploration of two sections, and suspects of the same data version."""
    figures = [
        {"name": "classes", "section": "Classes", "title": "Works of each class", "caption": "Few."},
        {"name": "works-00", "section": "Works", "title": "Cubism", "caption": "Drawn at random."},
        {"name": "works-01", "section": "Works", "title": "Pop *Art*", "caption": "Drawn at random."},
    ]
    facts = {"works": 1200, "different": 1190, "classes": 2, "set_aside": {"blurred": 3, "unreadable": 1}}
    (folder / "figures").mkdir(parents=True)
    (folder / "suspects").mkdir()
    (folder / "figures" / "about.json").write_text(json.dumps({"facts": facts, "figures": figures}))
    for one in figures:
        Image.new("RGB", (40, 30), "teal").save(folder / "figures" / f"{one['name']}.png")
    (folder / "suspects" / "about.json").write_text(json.dumps({"told": "7 of 1,200 labels are suspected."}))
    (folder / "suspects" / "suspects.csv").write_text("path,label\n")
    Image.new("RGB", (40, 30), "teal").save(folder / "suspects" / "suspects.png")
    tags = TAGS | {"atelier.kind": "exploration", "atelier.data_version": "f" * 16}
    for name in ("figures", "suspects"):
        with Tracker(settings).start("data · tiny", name, name, tags) as run:
            run.files(folder / name, f"exploration/{name}")


def _collection(settings: Settings, *, source: str = "synthetic-gallery", synthetic: bool = True) -> str:
    """A split collection with pictures, and the gate's report on it; its data version."""
    root = settings.collections / source
    drawn = tiny_manifest({"Cubism": 2, "Pop Art": 2}, root=root)
    for number, path in enumerate(drawn.paths()):
        save(path.with_suffix(".png"), number)
    frame = drawn.frame.assign(
        path=drawn.frame["path"].str.replace(".jpg", ".png"), split=["train", "test", "train", "test"]
    )
    parts = Manifest(frame=frame, source=source, root=root, synthetic=synthetic)
    parts.save(settings.collections / "versions" / parts.fingerprint)
    report = Report(
        passed=True,
        checks=[
            Check("every file is read", "critical", True, "all", "all", ""),
            Check(
                "no tiny works", "warning", False, "64 pixels", "1 of 4: Cubism/0-0.png (32)", "Leave it out."
            ),
        ],
        fingerprint=parts.fingerprint,
        seconds=0.1,
        source=parts.source,
        synthetic=synthetic,
        works=4,
        classes={"Cubism": {"train": 1}},
        rejected=[],
        docs="data_docs/index.html",
    )
    validate.save(report, settings.collections / "validation" / parts.fingerprint)
    folder = settings.collections / "validation" / parts.fingerprint / "data_docs" / "validations"
    page = folder / "synthetic-gallery-rows" / "run" / "page.html"
    page.parent.mkdir(parents=True)
    page.write_text('<h1>Suite</h1><a href="../index.html">All suites</a>')
    return parts.fingerprint


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home after a small demo: two versions, the second the champion; pictures; a checked collection."""
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    folder = tmp_path_factory.mktemp("releases")
    for score in (0.7, 0.8):
        reason = f"macro-F1 {score} is the best so far"
        decision = Decision(True, reason)
        Promotion(settings).apply(
            "style", _trained(settings, folder, score), lambda champion, decided=decision: decided
        )
    _pictures(settings)
    _collection(settings)
    _explored(settings, folder / "explored")
    _studied(settings)
    return settings


@pytest.fixture(scope="module")
def with_paintings(filled: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The same home later: a champion that learnt from paintings, and a newer check of the gallery."""
    home = tmp_path_factory.mktemp("real") / "home"
    settings = Settings(home=shutil.copytree(filled.home, home))
    version = _collection(settings, source="louvre", synthetic=False)
    tags = {"task": "genre", "source": "louvre", "synthetic": "false", "data_version": version}
    about = {name: value for name, value in tags.items() if name != "synthetic"} | {"synthetic": False}
    tags = TAGS | {f"atelier.{name}": value for name, value in tags.items()}
    folder = tmp_path_factory.mktemp("release")
    number = _trained(settings, folder, 0.6, tags, **about)
    Promotion(settings).apply("genre", number, lambda _: Decision(True, "the first champion"))
    reports = (home / "collections" / "validation").glob("*/report.json")
    (newest,) = (path for path in reports if path.parent.name != version)
    os.utime(newest, (time.time() + 60,) * 2)
    return settings


@contextmanager
def _serving(settings: Settings) -> Iterator[int]:
    """The API in a thread; its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(settings), log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield int(listener.getsockname()[1])
    server.should_exit = True
    thread.join(30)


@pytest.fixture(scope="module")
def api(filled: Settings) -> Iterator[int]:
    with _serving(filled) as port:
        yield port


@pytest.fixture
def here(filled: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a dashboard whose API is away."""
    monkeypatch.setenv("ATELIER_HOME", str(filled.home))
    monkeypatch.setenv("ATELIER_API_PORT", str(_closed_port()))


@pytest.fixture
def with_api(here: None, api: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATELIER_API_PORT", str(api))


def visit(page: str) -> AppTest:
    """The page as a browser gets it; fails on an exception in it."""
    app = AppTest.from_file(str(APP), default_timeout=90).run()
    if page != "overview":
        app.switch_page(f"views/{page}.py").run()
    return sound(app)


def sound(app: AppTest) -> AppTest:
    assert not app.exception, [one.message for one in app.exception]
    return app


def said(app: AppTest) -> str:
    """Every text of the page, in one."""
    kinds: tuple[Any, ...] = (app.title, app.header, app.subheader, app.markdown, app.caption)
    kinds += (app.info, app.warning, app.error, app.success)
    texts = [f"{getattr(one, 'title', '')} {one.value}" for kind in kinds for one in kind]
    return seen("\n".join(texts))


def seen(markdown: str) -> str:
    """The text as it is read: without the backslashes that keep Markdown away."""
    return re.sub(r"\\([\W_])", r"\1", markdown)


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_home_says_what_to_run_and_stays_empty(page: str, tmp_path: Path) -> None:
    app = visit(page)
    wanted = {"predict": "make up", "studies": "atelier study run A --quick"}.get(page, COMMAND)
    assert wanted in said(app)
    assert not app.error
    assert not (tmp_path / "home").exists()


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATELIER_API_PORT", "many")
    (error,) = visit("overview").error
    assert "ATELIER_API_PORT" in seen(error.value)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.usefixtures("with_api")
def test_synthetic_is_never_passed_off_as_real(page: str) -> None:
    assert formatting.SYNTHETIC in said(visit(page))


def _links(app: AppTest) -> list[str]:
    """Where the page's link buttons and table links lead."""
    buttons = [str(one.proto.url) for one in app.get("link_button")]
    return buttons + [url for one in app.dataframe for url in one.value.get("Details", [])]


@pytest.mark.usefixtures("here")
def test_links_lead_to_the_mlflow_in_use(filled: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATELIER_HOST", "0.0.0.0")
    for page in ("overview", "compare", "pictures", "data"):
        links = _links(visit(page))
        assert [url for url in links if "#/" in url]
        assert not [url for url in links if "0.0.0.0" in url]


@pytest.mark.usefixtures("with_api")
def test_overview_shows_the_champion_and_what_happened() -> None:
    app = visit("overview")
    (figure,) = app.metric
    assert (figure.value, figure.delta) == (".800", "95 % range .850 to .940")
    assert "**Simple CNN**, version 2" in said(app)
    assert "1 of 2 checks passed" in said(app)
    assert "no tiny works: 1 of 4" in said(app)
    assert list(app.dataframe[0].value["State"]) == ["Finished", "Finished"]
    journal = app.table[0].value
    assert list(journal["Decision"]) == ["New champion", "New champion"]
    assert journal["Why"].iloc[0] == "Macro-F1 0.8 is the best so far"


@pytest.mark.usefixtures("here")
def test_overview_without_the_api_says_how_to_start_it_and_asks_the_registry() -> None:
    app = visit("overview")
    assert "make up" in said(app)
    assert "**Simple CNN**, version 2" in said(app)


@pytest.mark.usefixtures("here")
def test_the_report_of_the_check_can_be_read() -> None:
    app = visit("overview")
    button = next(one for one in app.button if one.label == "Read the report")
    sound(button.click().run())


@pytest.mark.usefixtures("here")
def test_the_data_docs_can_be_read_in_the_page() -> None:
    app = visit("overview")
    assert "with 1 warning" in said(app)
    button = next(one for one in app.button if one.label == "Data Docs")
    opened = sound(button.click().run())
    (suites,) = opened.selectbox
    assert suites.options == ["synthetic-gallery-rows"]


@pytest.mark.usefixtures("here")
def test_an_address_opens_the_report_it_names(filled: Settings) -> None:
    (folder,) = (filled.collections / "validation").iterdir()
    for asked, found in ((folder.name, True), ("0" * 16, False), ("../versions", False)):
        app = AppTest.from_file(str(APP), default_timeout=90)
        app.query_params["report"] = asked
        sound(app.run())
        assert ("No report on the data version" not in said(app)) == found


@pytest.mark.usefixtures("here")
def test_compare_shows_figures_curves_and_one_run() -> None:
    app = visit("compare")
    table = app.dataframe[0].value
    assert list(table["Standing"]) == ["★ Champion", "Previous"]
    assert table["Test F1"].iloc[0] == ".800 (.700 to .850)"
    assert {"Confusion matrix", "Settings"} <= {tab.label for tab in app.tabs}
    chosen = app.multiselect[0]
    assert len(chosen.value) == 2
    sound(chosen.set_value([]).run())
    assert "Choose a run above" in said(app)


@pytest.mark.usefixtures("here")
def test_a_study_shows_published_beside_ours_and_fills_up() -> None:
    app = visit("studies")
    shown = app.table[0].value
    assert list(shown["What"]) == ["Row E2", "Row E3"]
    assert list(shown["Note"]) == ["", "A later one"]
    assert list(shown["Published"]) == [".310", ".310"]
    assert "Left open by the source, and what was taken: its ranges." in said(app)
    sound(app.selectbox[0].set_value("artist-resnet50").run())
    assert "atelier study run A --quick" in said(app)


@pytest.fixture
def real_champion(with_paintings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a dashboard whose API is away and whose registry has a real champion."""
    monkeypatch.setenv("ATELIER_HOME", str(with_paintings.home))
    monkeypatch.setenv("ATELIER_API_PORT", str(_closed_port()))


@pytest.mark.usefixtures("real_champion")
def test_overview_shows_the_check_of_what_the_champion_learnt_from() -> None:
    text = said(visit("overview"))
    checks = text[text.index("What the genre champion learnt from") :]
    assert "Louvre, 4 works: 1 of 2 checks passed" in checks
    assert "The newest check" in checks
    assert "Synthetic gallery, 4 works: 1 of 2 checks passed" in checks


@pytest.mark.usefixtures("real_champion")
def test_compare_opens_on_the_real_champion() -> None:
    app = visit("compare")
    assert app.segmented_control[0].value == "genre"
    assert list(app.dataframe[0].value["Standing"]) == ["★ Champion"]
    assert formatting.SYNTHETIC not in said(app)


@pytest.mark.usefixtures("real_champion")
def test_a_real_champion_is_offered_works_of_its_own_collection(
    with_paintings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _serving(with_paintings) as port:
        monkeypatch.setenv("ATELIER_API_PORT", str(port))
        app = visit("predict")
        assert app.segmented_control[0].value == "genre"
        assert "the collection's works that this model never learnt from" in said(app)
        shutil.rmtree(with_paintings.collections / "louvre")
        st.cache_data.clear()
        app = visit("predict")
        assert not [button for button in app.button if button.label == "Try it"]
        assert "Upload a painting; the answer appears here." in said(app)
        assert "try" not in said(app).lower()


@pytest.mark.usefixtures("with_api")
def test_an_upload_is_named() -> None:
    app = visit("predict")
    sound(app.file_uploader[0].set_value(("rose.png", picture("Red"), "image/png")).run())
    assert "Red" in [one.value for one in app.header]
    assert "version 2" in said(app)


@pytest.mark.usefixtures("with_api")
def test_a_sample_is_named_and_an_upload_takes_its_place() -> None:
    app = visit("predict")
    samples = [one for one in app.button if one.label == "Try it"]
    assert len(samples) == 2
    sound(samples[0].click().run())
    assert "Drawn as **Cubism**" in said(app)
    sound(app.file_uploader[0].set_value(("sky.png", picture("Blue"), "image/png")).run())
    assert "Drawn as" not in said(app)


@pytest.mark.usefixtures("with_api")
def test_an_upload_that_is_no_picture_gets_one_friendly_line() -> None:
    app = visit("predict")
    sound(app.file_uploader[0].set_value(("notes.png", b"not a picture", "image/png")).run())
    (error,) = app.error
    assert "notes.png: no picture" in seen(error.value)


@pytest.mark.usefixtures("here")
def test_predict_without_the_api_says_how_to_start_it() -> None:
    app = visit("predict")
    assert "atelier serve" in said(app)
    assert not app.file_uploader


@pytest.mark.usefixtures("here")
def test_pictures_slide_over_the_epochs() -> None:
    app = visit("pictures")
    slider = app.select_slider[0]
    assert slider.value == 5
    sound(slider.set_value(1).run())
    captions = [caption for one in app.image for caption in one.captions]
    assert captions == ["Samples after epoch 1", "Content: the photograph", "Style: the painting", "Result"]


@pytest.mark.usefixtures("here")
def test_data_shows_the_figures_section_by_section() -> None:
    app = visit("data")
    text = said(app)
    assert "Works of each class" in text
    assert "7 of 1,200 labels are suspected." in text
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["Set aside"] == "4"
    section = next(one for one in app.segmented_control if one.label == "What to look at")
    sound(section.set_value("Works").run())
    assert "Cubism" in said(app)
    sound(next(one for one in app.selectbox if one.label == "Class").select_index(1).run())
    assert "Pop *Art*" in said(app)
