"""A home and a collection at another place than before: everything is found again."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from components.data.manifest import Manifest, Task
from components.data.versions import Versions
from components.errors import DataError
from components.inference.release import CARD
from components.settings import Settings
from components.tracking import relocation, tags
from components.tracking.promotion.promotion import Decision, Promotion
from components.tracking.registry import CHAMPION, Registry
from components.tracking.runs import RunRecord, Tracker
from serving.champions import Champions
from tests.tiny_releases import COLOURS, SIZE, card, write_release

pytestmark = pytest.mark.integration


def _collection(root: Path) -> Path:
    """Noise tinted red, green or blue: two works a class."""
    random = np.random.default_rng(0)
    for number, name in enumerate(COLOURS * 2):
        pixels = random.integers(0, 120, (64, 64, 3))
        pixels[..., number % 3] += 110
        (root / name).mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.astype(np.uint8)).save(root / name / f"{number}.png")
    return root


def _read(root: Path, settings: Settings) -> Manifest:
    from flows.plan import Plan
    from flows.steps.ingest import ingest

    return ingest(Plan.of(source="folder", root=str(root)), settings)


def _ingest(root: Path, settings: Settings) -> str:
    """Read the collection and keep it as a data version of test works; its fingerprint."""
    read = _read(root, settings)
    frame = read.frame.assign(label=read.frame["style"], split="test")
    return Versions(settings.collections / "versions").keep(read.with_frame(frame)).name


def _run(settings: Settings, data_version: str, folder: Path) -> RunRecord:
    """A run on the data version that can be promoted."""
    named = {tags.KIND: "training", tags.TASK: "style", tags.DATA_VERSION: data_version}
    with Tracker(settings).start("style · tiny", "colours", "key", named) as run:
        run.metrics({"validation/macro_f1": 0.9})
        about = card(run_id=run.id, data_version=data_version)
        run.text(CARD, about.model_dump_json())
        run.log_release(write_release(folder / run.id, about), about, np.zeros((1, SIZE, SIZE, 3), np.uint8))
    return Tracker(settings).run(run.id)


def _promote(run_id: str, settings: Settings) -> str:
    from flows.steps.promote import promote, version_data

    record = Tracker(settings).run(run_id)
    entry = promote([record], version_data(record, settings), "style", settings, overrule=True)
    assert entry.macro_f1 == 1.0
    return entry.champion


@pytest.mark.slow
def test_promotion_serving_and_rollback_go_on_in_a_home_that_was_moved(tmp_path: Path) -> None:
    old = Settings(home=tmp_path / "old home")
    collection = _collection(tmp_path / "paintings")
    version = _ingest(collection, old)
    first, second, third = (_run(old, version, tmp_path / "releases").id for _ in range(3))
    about = card(run_id=first, data_version=version)
    Promotion(old).apply(
        "style", Registry(old).register("style", first, about), lambda _: Decision(True, "1st")
    )

    old.home.rename(tmp_path / "new home")
    new = Settings(home=tmp_path / "new home")
    assert _promote(second, new) == "2"
    champions = Champions(new)
    champions.look()
    predictor = champions.get(Task.STYLE)
    assert predictor is not None
    assert predictor.card.run_id == second
    assert predictor.predict(collection / "Red" / "0.png")[0].label == "Red"
    assert Promotion(new).rollback("style")[0].champion == "1"
    assert (Tracker(new).release(first) / "model.xml").is_file()
    _run(new, version, tmp_path / "releases")  # in the experiment that was made at the old place
    assert not old.home.exists()

    # The collection moves, too; decoded pictures are made anew, as after a change of their size.
    shutil.rmtree(new.cache)
    collection.rename(tmp_path / "elsewhere")
    with pytest.raises(DataError, match=r"If the collection was moved, run `atelier ingest --root FOLDER`"):
        _promote(third, new)
    _read(tmp_path / "elsewhere", new)
    assert Versions(new.collections / "versions").get(version).root == tmp_path / "elsewhere"
    assert _promote(third, new) == "3"


def test_a_copy_of_a_home_is_a_home_of_its_own(tmp_path: Path) -> None:
    old = Settings(home=tmp_path / "old")
    run = _run(old, "0123456789abcdef", tmp_path / "releases")
    shutil.copytree(old.home, tmp_path / "copy")
    (tmp_path / "copy" / relocation.RECORD).unlink()  # as in a home of an earlier Atelier
    copy = Settings(home=tmp_path / "copy")
    card_of_run = Tracker(copy).artifact(run.id, CARD)
    assert card_of_run.is_relative_to(copy.home)
    with closing(sqlite3.connect(copy.home / relocation.DATABASE)) as database:
        assert str(old.home) not in "".join(database.iterdump())
    assert Tracker(old).artifact(run.id, CARD).is_relative_to(old.home)
    assert Registry(copy).version("style", CHAMPION) is None
    assert relocation.relocate(copy.home) is None
