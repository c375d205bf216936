"""A training that is killed amid an epoch goes on at the last one, and ends where an unbroken one does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from components.settings import Settings
from components.training.checkpoint import store
from components.training.checkpoint.store import KEPT_SECONDS, Checkpoints, State, discard, sweep
from components.training.fit import fit
from components.training.recipe import Recipe, Stage
from components.training.result import TrainingHistory
from components.training.search.loop import Pruned
from components.training.search.objective import Objective
from components.training.search.search import Search
from components.training.search.space import Choice, Space, applied
from tests.tiny_training import tinted

pytestmark = [pytest.mark.integration, pytest.mark.slow]

_CODE = """
import json, sys, time
from pathlib import Path
from components.settings import Settings
from components.training.checkpoint import store
from components.training.fit import fit
from tests.integration.training.test_resumed import asked
from tests.tiny_training import tinted

store.EVERY_SECONDS = store.TIMES_ITS_COST = 0
home = Path(sys.argv[1])

def told(number, row):
    print(json.dumps([number, row]), flush=True)
    time.sleep(0.3)  # time to be killed in

fit(asked(), tinted(works=60), Settings(home=home), on_epoch=told, checkpoints=home / "checkpoint")
"""


def asked() -> Recipe:
    """Two stages with all that has a state: momentum, a moving average, random augmentation, dropout."""
    first = Stage(epochs=4, batch_size=12, learning_rate=1e-3, policy="stretch", reduce_patience=2)
    second = Stage(epochs=6, batch_size=12, learning_rate=3e-4, ema=0.9, optimizer="adamw", weight_decay=1e-4)
    return Recipe(family="simple_cnn", image_size=(24, 24), stages=(first, second), seed=3)


def _begun(home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _CODE, str(home)],
        cwd=Path(__file__).parents[3],
        env=os.environ,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("epochs", [2, 6])
def test_killed_and_gone_on_with(tmp_path: Path, epochs: int) -> None:
    whole = fit(asked(), tinted(works=60), Settings(home=tmp_path / "other"))
    process = _begun(tmp_path)
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line)[0] == epochs:
            break
    time.sleep(0.2)  # the next epoch is under way; the checkpoint of this one was written in the background
    process.send_signal(signal.SIGKILL)
    process.wait()

    state = Checkpoints(tmp_path / "checkpoint").load()
    assert state is not None
    assert len(state.record.history) in (epochs - 1, epochs)
    told: list[int] = []
    fitted = fit(
        asked(),
        tinted(works=60),
        Settings(home=tmp_path),
        on_epoch=lambda number, _: told.append(number),
        checkpoints=tmp_path / "checkpoint",
    )
    assert told == list(range(1, len(whole.history) + 1))
    for one, other in zip(fitted.history, whole.history, strict=True):
        assert one == pytest.approx(other, rel=2e-2, abs=2e-3)
    images = tinted(works=60).validation_images
    np.testing.assert_allclose(
        fitted.model.predict(images, verbose=0), whole.model.predict(images, verbose=0), atol=0.02
    )
    assert fitted.best_epoch == whole.best_epoch

    # Killed once more, before the network was kept elsewhere: it is there without another epoch.
    again = fit(asked(), tinted(works=60), Settings(home=tmp_path), checkpoints=tmp_path / "checkpoint")
    assert again.history == fitted.history
    for one, other in zip(again.model.get_weights(), fitted.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    discard(tmp_path / "checkpoint")
    assert not (tmp_path / "checkpoint").exists()


def _state(epochs: int) -> State:
    record = TrainingHistory(
        history=[{"val_macro_f1": 0.1}] * epochs, best_epoch=1, best_weights=[np.ones(2)]
    )
    return State(0, epochs, False, 1.0, record, {}, [np.full(3, epochs)], [np.ones(1)], [])


def test_the_file_that_counts_is_never_written_over(tmp_path: Path) -> None:
    kept = Checkpoints(tmp_path)
    kept.enter(0, [np.ones(2)])
    for epochs in (1, 3, 5):  # every other epoch is too quick
        before = json.loads((tmp_path / "state.json").read_text())["file"] if epochs > 1 else ""
        kept.save(_state(epochs))
        kept.close()
        assert json.loads((tmp_path / "state.json").read_text())["file"] != before
        kept = Checkpoints(tmp_path)
        state = kept.load()
        assert state is not None
        assert state.variables[0][0] == state.epochs == epochs


def test_a_full_disk_ends_no_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "write_atomically", full)
    with pytest.warns(UserWarning, match="no more checkpoints can be kept.*No space left") as said:
        fitted = fit(
            asked(), tinted(works=60), Settings(home=tmp_path / "home"), checkpoints=tmp_path / "checkpoint"
        )
    assert len(fitted.history) == 10
    assert sum("no more checkpoints" in str(one.message) for one in said) == 1


def test_a_folder_that_cannot_be_made_ends_no_training(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.warns(UserWarning, match="no more checkpoints can be kept"):
        kept = Checkpoints(tmp_path / "file" / "checkpoint")
    assert kept.load() is None
    kept.save(_state(1))
    kept.close()
    discard(tmp_path / "file" / "checkpoint")


def test_a_checkpoint_that_cannot_be_read_is_told_and_left(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    (folder / "state.json").write_text("{")
    with pytest.warns(UserWarning, match="cannot be read.*training starts anew"):
        assert Checkpoints(folder).load() is None


def test_the_states_of_fits_that_nobody_goes_on_with_are_removed(tmp_path: Path) -> None:
    month = time.time() - KEPT_SECONDS - 60
    for name in ("given-up", "killed-yesterday"):
        Checkpoints(tmp_path / name).enter(0, [np.ones(3)])
    for path in (*(tmp_path / "given-up").iterdir(), tmp_path / "given-up"):
        os.utime(path, (month, month))
    sweep(tmp_path)
    sweep(tmp_path / "nothing there")
    assert [one.name for one in tmp_path.iterdir()] == ["killed-yesterday"]


def test_a_process_beside_the_one_that_keeps_the_state_trains_without(tmp_path: Path) -> None:
    first = Checkpoints(tmp_path)
    first.enter(0, [np.ones(2)])
    first.save(_state(2))
    with pytest.warns(UserWarning, match="another process trains the same now"):
        second = Checkpoints(tmp_path)
    assert second.load() is None
    second.enter(0, [np.zeros(9)])
    second.save(_state(9))
    second.close()
    discard(tmp_path)  # as the second would, were it done first
    first.close()
    state = Checkpoints(tmp_path).load()
    assert state is not None
    assert state.epochs == 2


def test_a_trial_of_a_whole_network_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "EVERY_SECONDS", 0)
    monkeypatch.setattr(store, "TIMES_ITS_COST", 0)
    rates = Space.of(Choice(name="stages.0.learning_rate", values=(1e-3, 1e-2)))
    recipe = Recipe(family="grid_cnn", image_size=(18, 18), stages=(Stage(epochs=6, batch_size=12),))
    search = Search(name="rates", recipe=recipe, space=rates, sampler="grid")
    kept = tmp_path / "trials"
    trainer = Objective(
        search,
        lambda _: tinted(works=60, size=18),
        Settings(home=tmp_path),
        checkpoints=lambda recipe: kept / recipe.key,
    )
    trained: list[tuple[int, Mapping[str, float]]] = []

    def told(number: int, row: Mapping[str, float]) -> None:
        trained.append((number, row))
        time.sleep(0.2)  # the state is written in the background
        if len(trained) == 4:
            raise KeyboardInterrupt

    one, other = (applied(recipe, cell) for cell in rates.cells or ())
    with pytest.raises(KeyboardInterrupt):
        trainer(one, told)
    assert json.loads((kept / one.key / "state.json").read_text())["epochs"] in (2, 3)
    value = trainer(one, told)
    numbers = [number for number, _ in trained]
    assert numbers == [1, 2, 3, 4, 1, 2, 3, 4, 5, 6]
    assert [row for _, row in trained[4:7]] == [row for _, row in trained[:3]]  # not trained, but told again
    assert value == max(row["val_macro_f1"] for _, row in trained)

    def pruned(*_: object) -> None:
        raise Pruned("poor")

    with pytest.raises(Pruned):
        trainer(other, pruned)
    assert list(kept.iterdir()) == []
