"""Checkpoints on the disk, written as epochs end: a run that is killed goes on from the last one."""

from __future__ import annotations

import io
import json
import shutil
import time
import warnings
import zipfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from components.storage import write_atomically
from components.training.result import TrainingHistory

Arrays = list[np.ndarray]

EVERY_SECONDS = 1.0
"""Quicker epochs are not all written: to train them again costs less than to wait for the disk."""

TIMES_ITS_COST = 50
"""A write that took so long is followed by that many times as long without one: 2 % of training at most."""

KEPT_SECONDS = 30 * 24 * 3600
"""A fit that nobody went on with for so long is given up: its state may take a gigabyte."""


@dataclass(frozen=True)
class State:
    """A fit amid a stage.

    Attributes:
        stage: its number, from 0.
        epochs: of that stage that are done.
        ended: the stage was stopped.
        seconds: the fit took so far.
        record: of all epochs.
        counters: of early stopping and rate cuts.
        variables: every variable of what the stage trains, random states included.
        optimizer: every variable of the optimizer.
        entered: the whole network's weights as the stage began.
    """

    stage: int
    epochs: int
    ended: bool
    seconds: float
    record: TrainingHistory
    counters: dict[str, dict[str, Any]]
    variables: Arrays
    optimizer: Arrays
    entered: Arrays


class Checkpoints:
    """A folder with one fit's state. Written whole, in the background; the latest wins.

    A disk that takes no more ends no training: it is said once, and the fit goes on without. So does a fit
    whose folder another process is at work in.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = _lock(folder)
        self._writer = ThreadPoolExecutor(1, "checkpoint")
        self._writing: Future[None] | None = None
        self._turn = 0
        self._written = 0.0
        self._cost = 0.0
        self._given_up = False
        with self._forgiving():
            self._given_up = not _taken(self._lock)
            if self._given_up:
                _say(f"{folder}: another process trains the same now; this one keeps no checkpoints.")

    def load(self) -> State | None:
        """Where a killed run stood; None: it is to be begun. One that cannot be read says so and is left."""
        if self._given_up:
            return None
        try:
            about = json.loads((self._folder / "state.json").read_text(encoding="utf-8"))
            arrays = {
                name: _unpacked((self._folder / f"{name}.npz").read_bytes())
                for name in (about["file"], about["entered"])
            }
            parts = iter(arrays[about["file"]])
            best, variables, optimizer = ([next(parts) for _ in range(count)] for count in about["counts"])
            record = TrainingHistory(**about["record"], best_weights=best)
            fields = {name: about[name] for name in ("stage", "epochs", "ended", "seconds", "counters")}
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, zipfile.BadZipFile) as exc:
            _say(f"{self._folder}: the checkpoint there cannot be read ({exc}); training starts anew.")
            return None
        self._turn = int(about["file"][-1])
        return State(
            **fields,
            record=record,
            variables=variables,
            optimizer=optimizer,
            entered=arrays[about["entered"]],
        )

    def enter(self, stage: int, weights: Arrays) -> None:
        """Keep the whole network's weights as a stage begins: what it freezes is in no other file."""
        self._finished()
        if self._given_up:
            return
        with self._forgiving():
            write_atomically(self._folder / f"entered-{stage}.npz", _packed(weights))

    def save(self, state: State) -> None:
        """Keep a state; it is on the disk soon after."""
        self._finished()
        self._written = time.monotonic()
        if not self._given_up:
            self._writing = self._writer.submit(self._write, state)

    @property
    def due(self) -> bool:
        """Whether enough time has passed since the state that was kept last."""
        busy = self._writing is not None and not self._writing.done()
        wait = max(EVERY_SECONDS, TIMES_ITS_COST * self._cost)
        return not (busy or self._given_up) and time.monotonic() - self._written >= wait

    def close(self) -> None:
        """Wait for what is being written; it stays."""
        self._finished()
        self._writer.shutdown()
        self._lock.release()

    def _finished(self) -> None:
        if self._writing is not None:
            with self._forgiving():
                self._writing.result()
            self._writing = None

    @contextmanager
    def _forgiving(self) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            self._given_up = True
            _say(f"{self._folder}: no more checkpoints can be kept ({exc}); training goes on without.")

    def _write(self, state: State) -> None:
        started = time.monotonic()
        record = state.record
        groups = (record.best_weights, state.variables, state.optimizer)
        # Two files in turn: the one that state.json names is never the one being written.
        turn = 1 - self._turn
        name = f"state-{turn}"
        write_atomically(
            self._folder / f"{name}.npz", _packed([array for group in groups for array in group])
        )
        about = {
            "file": name,
            "entered": f"entered-{state.stage}",
            "counts": [len(group) for group in groups],
            "record": {
                "monitor": record.monitor,
                "history": record.history,
                "rate_cuts": record.rate_cuts,
                "best_epoch": record.best_epoch,
            },
            **{name: getattr(state, name) for name in ("stage", "epochs", "ended", "seconds", "counters")},
        }
        write_atomically(self._folder / "state.json", json.dumps(about))
        self._turn = turn
        self._cost = time.monotonic() - started


def discard(folder: Path) -> None:
    """Remove a fit's state: what it led to is kept elsewhere by now. Another process's is left to it."""
    lock = _lock(folder)
    with suppress(OSError):  # it cannot be written to: what stays there is swept one day
        if _taken(lock):
            shutil.rmtree(folder, ignore_errors=True)
            lock.release()


def sweep(folder: Path) -> None:
    """Remove the states below `folder` that were last written more than `KEPT_SECONDS` ago."""
    oldest = time.time() - KEPT_SECONDS
    for state in folder.glob("*/"):
        with suppress(OSError):  # another process sweeps, too
            if max(path.stat().st_mtime for path in (state, *state.iterdir())) < oldest:
                shutil.rmtree(state)


def _lock(folder: Path) -> FileLock:
    return FileLock(folder / "lock")


def _taken(lock: FileLock) -> bool:
    Path(lock.lock_file).parent.mkdir(parents=True, exist_ok=True)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return False
    return True


def _say(what: str) -> None:
    warnings.warn(what, stacklevel=3)


def _packed(arrays: Arrays) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, *arrays)
    return buffer.getvalue()


def _unpacked(data: bytes) -> Arrays:
    with np.load(io.BytesIO(data)) as file:
        return [file[f"arr_{place}"] for place in range(len(file.files))]
