"""What this machine's device makes of each family: a few steps of training and of prediction.

    python -m components.training.bench.device --families simple_cnn,vgg19 --image-size 224 --batch 32

It needs Keras, a backend, NumPy, Pillow and scikit-learn, so that it runs on a bare accelerator machine;
`atelier bench device` is the same.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from components import runtime
from components.backend_names import Backend, Precision
from components.errors import AtelierError, SettingsError
from components.models import catalog

if TYPE_CHECKING:
    import keras

NUM_CLASSES = 10


@dataclass(frozen=True)
class Trial:
    """What is tried.

    Attributes:
        families: names in the catalogue; all of them if empty.
        image_size: pixels a side; 0: each family's documented height and width.
        batch: works a step.
        steps: steps that are timed, of training and of prediction, after one that compiles.
        backend: Keras's.
        precision: as in `runtime.begin`.
        devices: as in `runtime.begin`.
    """

    families: tuple[str, ...] = ()
    image_size: int = 0
    batch: int = 16
    steps: int = 10
    backend: Backend = "tensorflow"
    precision: Precision = "auto"
    devices: int = 0

    def __post_init__(self) -> None:
        if self.image_size < 0 or min(self.batch, self.steps) < 1:
            raise SettingsError(
                f"a batch and steps of at least 1 and an image size of pixels are expected, received batch "
                f"{self.batch}, steps {self.steps}, image size {self.image_size}."
            )


@dataclass(frozen=True)
class Figures:
    """What one family did, or why it did not.

    Attributes:
        family: its name.
        image_size: (height, width) in pixels.
        batch: works a step.
        precision: Keras's policy.
        parameters: the network's weights, all of them trained.
        compile_seconds: what the first step of training and of prediction took beyond a usual one.
        train_images_per_second: from uint8 pictures in memory to changed weights; the median step's.
        predict_images_per_second: from there to probabilities in memory.
        host_mib: the process's peak, see `device_memory`.
        device_mib: the first accelerator's peak; None on a CPU.
        failed: why there are no figures; "" where there are.
    """

    family: str
    image_size: tuple[int, int]
    batch: int
    precision: str
    parameters: int = 0
    compile_seconds: float = 0.0
    train_images_per_second: float = 0.0
    predict_images_per_second: float = 0.0
    host_mib: float = 0.0
    device_mib: float | None = None
    failed: str = ""


def bench(trial: Trial) -> Iterator[Figures]:
    """A row a family, as each is done; one that fails, out of memory too, is a row with its reason.

    Raises:
        SettingsError: an unknown family, or a backend or device that is not there.
    """
    families = [catalog.family(name) for name in trial.families or catalog.FAMILIES]
    for family in families:
        _begin(trial)
        yield _tried(family, trial)
        runtime.clear()


def _begin(trial: Trial) -> None:
    runtime.begin(trial.backend, precision=trial.precision, devices=trial.devices)


def _tried(family: catalog.Family, trial: Trial) -> Figures:
    import keras

    from components.training.bench import memory  # after `_begin`: it imports Keras

    size = (trial.image_size, trial.image_size) if trial.image_size else family.image_size
    about = (family.name, size, trial.batch, keras.config.dtype_policy().name)
    memory.reset()
    try:
        network = family.build(NUM_CLASSES, size)
        timed = _timed(network, size, trial)
    except Exception as exc:  # noqa: BLE001  # a device fails in its backend's own types; the others go on
        return Figures(
            *about,
            host_mib=memory.host_mib(),
            device_mib=memory.device_mib(),
            failed=_reason(exc),
        )
    return Figures(
        *about,
        network.count_params(),
        *timed,
        host_mib=memory.host_mib(),
        device_mib=memory.device_mib(),
    )


def _timed(network: keras.Model, size: tuple[int, int], trial: Trial) -> tuple[float, float, float]:
    """Seconds to compile, images a second of training and of prediction."""
    from components.devices import jit_compile

    random = np.random.default_rng(0)
    images = random.integers(0, 256, (trial.batch, *size, 3), np.uint8)
    labels = random.integers(0, NUM_CLASSES, trial.batch)
    network.compile("adam", "sparse_categorical_crossentropy", jit_compile=jit_compile())
    first, step = _seconds(lambda: network.train_on_batch(images, labels), trial.steps)
    first_answer, answer = _seconds(lambda: network.predict_on_batch(images), trial.steps)
    return max(0.0, first - step + first_answer - answer), trial.batch / step, trial.batch / answer


def _seconds(step: Callable[[], Any], steps: int) -> tuple[float, float]:
    """Of the first call, and of a usual one; each ends with numbers on the host, so nothing is left to do."""
    taken = []
    for _ in range(steps + 1):
        began = time.perf_counter()
        step()
        taken.append(time.perf_counter() - began)
    return taken[0], statistics.median(taken[1:])


def _reason(exc: Exception) -> str:
    """One line that says what happened."""
    text = " ".join(str(exc).split())
    kind = "" if isinstance(exc, AtelierError) else f"{type(exc).__name__}: "
    if "RESOURCE_EXHAUSTED" in text or type(exc).__name__ in {"ResourceExhaustedError", "MemoryError"}:
        kind = f"out of memory; try a smaller batch or image size. {kind}"
    return f"{kind}{text[:300]}"


def title(trial: Trial) -> str:
    """Where the figures are from, in a line; after `runtime.begin`."""
    from components.devices import hardware

    facts = hardware()
    return (
        f"{facts['backend']} on {facts['devices']} ({facts['distribution']}), {facts['cores']} cores, "
        f"{facts['memory_gib']} GiB; {facts['precision']}; XLA {facts['xla']}; batch {trial.batch}, "
        f"median of {trial.steps} steps"
    )


HEADING = (
    f"{'family':<20}{'pixels':>9}{'weights':>13}{'train img/s':>13}{'predict img/s':>15}{'compile s':>11}"
    f"{'host MiB':>10}{'device MiB':>12}"
)


def line(row: Figures) -> str:
    """A row of the table below HEADING."""
    begin = f"{row.family:<20}{row.image_size[0]:>5}x{row.image_size[1]:<3}"
    if row.failed:
        return f"{begin}    failed: {row.failed}"
    device = "-" if row.device_mib is None else f"{row.device_mib:,.0f}"
    return (
        f"{begin}{row.parameters:>13,}{row.train_images_per_second:>13,.1f}"
        f"{row.predict_images_per_second:>15,.1f}{row.compile_seconds:>11.1f}{row.host_mib:>10,.0f}{device:>12}"
    )


def run(trial: Trial, *, show: Callable[[str], object]) -> dict[str, Any]:
    """The whole bench: `show` gets the title, the heading and each line as it comes.

    Returns:
        What a program reads: "hardware" (as `devices.hardware` has it), "trial" and "rows".

    Raises:
        SettingsError: as `bench`.
    """
    _begin(trial)
    from components.devices import hardware

    facts = hardware()
    show(title(trial))
    show(HEADING)
    rows = []
    for row in bench(trial):
        show(line(row))
        rows.append(asdict(row))
    return {"hardware": facts, "trial": asdict(trial), "rows": rows}


def main(words: Sequence[str] | None = None) -> int:
    """The command line; the table goes to stdout, with --json to stderr and one document to stdout."""
    parser = argparse.ArgumentParser("device_bench", description=(__doc__ or "").splitlines()[0])
    plain = Trial()
    parser.add_argument("--families", default="", help="separated by commas; default: all")
    parser.add_argument("--image-size", default="documented", help="documented (default), or pixels a side")
    parser.add_argument("--batch", type=int, default=plain.batch)
    parser.add_argument("--steps", type=int, default=plain.steps)
    parser.add_argument("--backend", choices=get_args(Backend), default=plain.backend)
    parser.add_argument("--precision", choices=get_args(Precision), default=plain.precision)
    parser.add_argument("--devices", type=int, default=plain.devices, help="at most; 0: all GPUs")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(words)
    out = sys.stderr if asked.json else sys.stdout
    try:
        found = run(
            Trial(
                families=names(asked.families),
                image_size=pixels(asked.image_size),
                batch=asked.batch,
                steps=asked.steps,
                backend=asked.backend,
                precision=asked.precision,
                devices=asked.devices,
            ),
            show=lambda text: print(text, file=out, flush=True),
        )
    except SettingsError as exc:
        sys.stderr.write(f"{exc}\n")
        return 2
    if asked.json:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
    return 0


def names(text: str) -> tuple[str, ...]:
    """The names in "a, b"."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def pixels(text: str) -> int:
    """A `Trial`'s image size: 0 for "documented", 96 for "96".

    Raises:
        SettingsError: neither.
    """
    if text == "documented":
        return 0
    if not text.isdigit() or not int(text):
        raise SettingsError(f'an image size of "documented" or pixels a side is expected, received {text!r}.')
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
