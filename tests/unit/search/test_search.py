"""Trials: each once, resumed, pruned, kept when they fail; several processes, SQLite and PostgreSQL."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.errors import ServiceError, SettingsError, TrainingError
from components.training.recipe import Recipe
from components.training.search import storage
from components.training.search.loop import Report, outcome, run
from components.training.search.search import Trial
from components.training.search.space import Choice, Space
from components.training.search.trials import Trials
from tests import tiny_postgres
from tests.tiny_search import GRID, RATES, RECIPE, SMALL, opened, rates, score


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'searches.db'}"


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with tiny_postgres.server() as url:
        yield url


def cells(trials: list[Trial]) -> Counter[tuple[object, ...]]:
    """How often each cell was finished."""
    return Counter(tuple(one.values.values()) for one in trials if one.state == "finished")


@pytest.mark.slow
def test_a_grid_is_gone_through_once_and_its_best_found(url: str) -> None:
    trials = opened(GRID, url)
    assert run(trials, score) == 56
    found = outcome(trials)
    assert set(cells(trials.all()).values()) == {1}
    assert len(cells(trials.all())) == 56
    assert dict(found.best.values) == {"options.dense_1": 384, "options.dense_2": 128}
    assert found.recipe.options == {"dense_1": 384, "dense_2": 128}
    assert found.importances["options.dense_1"] > found.importances["options.dense_2"]
    assert [row["val_macro_f1"] for row in found.best.curve] == pytest.approx(
        [0.9 - 0.3 / epoch for epoch in range(1, 10)]
    )
    assert run(opened(GRID, url), score) == 0


def test_a_grid_of_some_cells_grows(url: str) -> None:
    some = SMALL.replace(trials=4)
    assert run(opened(some, url), score) == 4
    assert run(opened(SMALL, url), score) == 5
    assert len(cells(opened(SMALL, url).all())) == 9


def test_a_grid_of_values_that_a_computer_rounds_ends(url: str) -> None:
    values = (0.1, 0.2, 0.30000000000000004)
    space = Space.of(Choice(name="options.dropout", values=values))
    search = SMALL.replace(space=space)
    assert run(opened(search, url), score) == 3


def test_what_a_random_search_draws_depends_on_its_seed_alone(tmp_path: Path) -> None:
    def drawn(name: str, *parts: int, seed: int = 0) -> list[object]:
        url = f"sqlite:///{tmp_path / name}.db"
        for trials in parts:
            run(opened(rates(trials=trials, seed=seed), url), score)
        return [one.values for one in opened(rates(seed=seed), url).all()]

    assert drawn("whole", 12) == drawn("resumed", 5, 9, 12)
    assert drawn("whole", 12) != drawn("other", 12, seed=1)

    broken = opened(rates(), f"sqlite:///{tmp_path / 'broken'}.db")
    lost = [broken.claim() for _ in range(3)]
    broken.finish(lost[1], "lost")  # type: ignore[arg-type]
    for one in (lost[0], lost[2]):
        broken.finish(one, "finished", 0.5)  # type: ignore[arg-type]
    run(broken, score)
    found = [one.values for one in broken.all() if one.state == "finished"]
    assert sorted(map(str, found)) == sorted(map(str, drawn("whole", 12)))


def test_tpe_comes_close(url: str) -> None:
    trials = opened(rates(sampler="tpe", trials=25), url)
    run(trials, score)
    assert outcome(trials).best.value == pytest.approx(0.9, abs=0.1)


@pytest.mark.parametrize("pruner", ["asha", "hyperband"])
def test_poor_trials_are_ended_early(url: str, pruner: str) -> None:
    trials = opened(rates(pruner=pruner, trials=20), url)
    run(trials, score)
    pruned = [one for one in trials.all() if one.state == "pruned"]
    assert len(pruned) >= 5
    assert all(len(one.curve) < 9 for one in pruned)
    assert pruned[0].reason.startswith(f"after epoch {len(pruned[0].curve)}, with val_macro_f1 ")
    best = outcome(trials).best
    assert best.state == "finished"
    assert len(best.curve) == 9


def test_the_least_loss_is_best(url: str) -> None:
    trials = opened(rates(metric="val_loss"), url)
    run(trials, lambda recipe, report: 1 - score(recipe, report))
    assert outcome(trials).best.value == min(one.value or 9.0 for one in trials.all())


def test_a_failed_trial_is_kept_and_the_search_goes_on(url: str) -> None:
    search = GRID.replace(space=Space.of(Choice(name="options.a", values=(1, 2, 3, 4))))

    def train(recipe: Recipe, report: Report) -> float:
        report(1, {"val_macro_f1": 0.1})
        match recipe.options["a"]:
            case 1:
                raise TrainingError("The loss became nan in epoch 1.")
            case 2:
                return math.nan
        return 0.5

    trials = opened(search, url)
    assert run(trials, train) == 4
    one, two, *rest = trials.all()
    assert (one.state, one.reason) == ("failed", "The loss became nan in epoch 1.")
    assert (two.state, two.reason) == ("failed", "its val_macro_f1 is nan, which is no number")
    assert one.curve == ({"val_macro_f1": 0.1},)
    assert [other.state for other in rest] == ["finished", "finished"]
    assert run(opened(search, url), train) == 0


def test_no_trial_could_be_trained(url: str) -> None:
    def train(recipe: Recipe, report: Report) -> float:
        raise TrainingError("The loss became nan in epoch 1.")

    trials = opened(rates(trials=2), url)
    run(trials, train)
    with pytest.raises(TrainingError, match=r"no finished trial among 2: The loss became nan in epoch 1\."):
        outcome(trials)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_what_is_broken_off_is_run_again(url: str, error: type[BaseException]) -> None:
    def broken(recipe: Recipe, report: Report) -> float:
        if report.number == 3:
            raise error
        return score(recipe, report)

    with pytest.raises(error):
        run(opened(SMALL, url), broken)
    trials = opened(SMALL, url)
    assert run(trials, score) == 6
    assert trials.all()[3].state == "lost"
    assert set(cells(trials.all()).values()) == {1}
    assert len(cells(trials.all())) == 9


def test_the_trial_of_a_dead_process_is_run_again(url: str) -> None:
    first = opened(rates(), url, worker="first").claim()
    assert first is not None
    assert opened(rates(), url, worker="second").all()[0].state == "running"  # who knows, it may be at work
    trials = opened(rates(), url, worker="third", dead=("first",))
    run(trials, score)
    lost, *others = trials.all()
    assert lost.state == "lost"
    assert "first" in lost.reason
    assert [one.state for one in others] == ["finished"] * 12
    assert any(one.values == lost.values for one in others)


def test_a_silent_trial_of_another_machine_is_run_again(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "SILENT_SECONDS", 1)
    elsewhere = opened(rates(), url, worker="elsewhere")
    first = elsewhere.claim()
    assert first is not None
    with elsewhere.alive(first):
        pass
    assert opened(rates(), url).all()[0].state == "running"
    time.sleep(2.2)  # the database counts whole seconds
    trials = opened(rates(), url)
    again = trials.claim()
    assert again is not None
    assert again.params == first.params
    assert trials.all()[0].state == "lost"
    assert not elsewhere.finish(first, "finished", 0.5)  # too late: another has it


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"space": {"parameters": [RATES.parameters[0].replace(high=0.5)]}},
            "parameters.0.high was 0.1",
        ),
        ({"sampler": "tpe"}, "sampler was 'random' and is 'tpe'"),
        ({"metric": "val_loss"}, "metric was 'val_macro_f1' and is 'val_loss'"),
        ({"pruner": "asha"}, "pruner was 'none' and is 'asha'"),
        ({"recipe": RECIPE.replace(class_weights=True)}, "recipe.class_weights was False"),
        ({}, "data version was 'data' and is 'more data'"),
    ],
)
def test_a_changed_search_is_refused_and_nothing_lost(
    url: str, changes: dict[str, object], told: str
) -> None:
    run(opened(rates(trials=2), url), score)
    with pytest.raises(TrainingError, match=f"{told}.*Its 2 trials are kept"):
        opened(rates(**changes), url, data_version="data" if changes else "more data")
    assert run(opened(rates(trials=3), url), score) == 1
    assert run(opened(rates(name="another", **changes), url), score) == 12


def test_overwritten_weights_make_another_search(url: str, tmp_path: Path) -> None:
    weights = tmp_path / "w.h5"
    weights.write_bytes(b"one network")
    search = rates(recipe=RECIPE.replace(weights=str(weights)))
    opened(search, url)
    weights.write_bytes(b"another one")
    with pytest.raises(TrainingError, match="weights was 'sha256:"):
        opened(search, url)


@pytest.mark.parametrize(
    "address",
    ["mysql://host/name", "sqlite://", "somewhere", "oracle://u:secret@h/n", "postgresql+nosuch://h/n"],
)
def test_a_database_that_cannot_be_used(address: str) -> None:
    with pytest.raises(SettingsError, match="ATELIER_SEARCH_STORAGE") as caught:
        opened(GRID, address)
    assert "secret" not in str(caught.value)


def test_a_database_that_does_not_answer(tmp_path: Path) -> None:
    (tmp_path / "no.db").write_text("these are no tables" * 100)
    with pytest.raises(ServiceError, match="searches cannot be kept there"):
        opened(GRID, f"sqlite:///{tmp_path / 'no.db'}")
    with pytest.raises(ServiceError, match=r"postgresql.*://someone:\*\*\*@127.0.0.1:9/no") as caught:
        opened(GRID, "postgresql://someone:secret@127.0.0.1:9/no")
    assert "secret" not in str(caught.value)


def work(url: str) -> subprocess.Popen[str]:
    """A process of its own that works on the grid."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.tiny_search", url], stdout=subprocess.PIPE, text=True
    )


def finished(trials: Trials, count: int) -> None:
    """Return once so many trials are finished."""
    ends = time.monotonic() + 120
    while sum(one.state == "finished" for one in trials.all()) < count:
        assert time.monotonic() < ends
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.integration
def test_two_processes_one_killed_each_cell_once(url: str) -> None:
    _two_processes(url)


@pytest.mark.slow
@pytest.mark.integration
def test_two_processes_one_killed_each_cell_once_in_postgresql(postgres: str) -> None:
    _two_processes(postgres)


def _two_processes(url: str) -> None:
    trials = opened(GRID, url)
    killed, other = work(url), work(url)
    try:
        finished(trials, 5)
        ends = time.monotonic() + 120
        # Both at work, the one to be killed in the middle of a trial.
        while {one.worker for one in trials.all() if one.worker} != {str(killed.pid), str(other.pid)}:
            assert time.monotonic() < ends
            time.sleep(0.02)
        while not any(one.state == "running" and one.worker == str(killed.pid) for one in trials.all()):
            assert time.monotonic() < ends
        os.kill(killed.pid, signal.SIGKILL)
        killed.wait()
        took, _ = other.communicate(timeout=120)
    finally:
        for process in (killed, other):
            process.kill()
            process.communicate()
    known = trials.all()
    assert set(cells(known).values()) == {1}
    assert len(cells(known)) == 56
    assert len(known) == 56 + sum(one.state == "lost" for one in known)
    ended = Counter(one.worker for one in known if one.state == "finished")
    assert ended[str(other.pid)] == int(took)
    assert ended[str(killed.pid)] == 56 - int(took)


def test_a_search_in_postgresql(postgres: str) -> None:
    """Resumed and pruned as in SQLite."""
    search = rates(name="there", pruner="asha", trials=10)
    first = opened(search, postgres, worker="first").claim()
    assert first is not None
    trials = opened(search, postgres, dead=("first",))
    run(trials, score)
    states = Counter(one.state for one in trials.all())
    assert states["lost"] == 1
    assert states["finished"] + states["pruned"] == 10
    with pytest.raises(TrainingError, match="pruner was 'asha' and is 'none'"):
        opened(rates(name="there"), postgres)
