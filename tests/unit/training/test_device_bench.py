"""The bench of a device: a row a family, also for one that fails, on little more than Keras."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from typer.testing import CliRunner

from components import runtime
from components.errors import SettingsError
from components.training.bench import device
from components.training.bench.device import Figures, Trial

BARE = ("keras", "tensorflow", "numpy", "pillow", "scikit-learn")
OURS = (
    "pydantic",
    "pydantic_settings",
    "typer",
    "filelock",
    "boto3",
    "mlflow",
    "psutil",
    "prefect",
    "pandas",
)

_REFUSING = """
import sys
from importlib.abc import MetaPathFinder

ALLOWED = set({allowed!r}) | sys.stdlib_module_names | {{"components"}}

class Refusing(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] not in ALLOWED and not name.startswith("_sysconfigdata"):
            raise ModuleNotFoundError(f"{{name}} is not on a bare machine", name=name)

sys.meta_path.insert(0, Refusing())
from components.training.bench.device import main
code = main({words!r})
print("imported:", *sorted(name for name in sys.modules if name in {ours!r}), file=sys.stderr)
sys.exit(code)
"""


def _with_dependencies(names: tuple[str, ...]) -> set[str]:
    """Names of distributions and all that they need."""
    found: set[str] = set()
    wanted = list(names)
    while wanted:
        name = wanted.pop().lower().replace("_", "-")
        if name in found:
            continue
        found.add(name)
        try:
            needed = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        requirements = [Requirement(text) for text in needed]
        wanted += [
            one.name for one in requirements if one.marker is None or one.marker.evaluate({"extra": ""})
        ]
    return found


@pytest.mark.slow
def test_it_needs_only_keras_and_what_keras_needs() -> None:
    distributions = _with_dependencies(BARE)
    allowed = sorted(
        module
        for module, owners in metadata.packages_distributions().items()
        if {owner.lower().replace("_", "-") for owner in owners} & distributions
    )
    assert not set(OURS) & set(allowed)
    words = [
        "--families",
        "grid_cnn,best_cnn,alexnet",
        "--image-size",
        "32",
        "--batch",
        "2",
        "--steps",
        "1",
        "--json",
    ]
    code = _REFUSING.format(allowed=allowed, words=words, ours=OURS)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[3],
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == "imported:"
    found = json.loads(done.stdout)
    assert found["hardware"]["backend"] == "tensorflow"
    first, second, third = found["rows"]
    for row in (first, second):
        assert row["failed"] == ""
        assert row["image_size"] == [32, 32]
        assert min(row["train_images_per_second"], row["predict_images_per_second"], row["host_mib"]) > 0
        assert row["device_mib"] is None
    assert "at least 67x67" in third["failed"]


def test_a_family_that_fails_is_a_row_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(network: object, size: tuple[int, int], trial: Trial) -> tuple[float, float, float]:
        raise RuntimeError("RESOURCE_EXHAUSTED: Out of memory\n  while trying to allocate 8 bytes")

    monkeypatch.setattr(device, "_timed", full)
    rows = list(device.bench(Trial(("grid_cnn", "best_cnn"), image_size=32)))
    assert [row.family for row in rows] == ["grid_cnn", "best_cnn"]
    assert rows[0].failed.startswith("out of memory; try a smaller batch or image size. RuntimeError:")
    assert "failed: out of memory" in device.line(rows[0])
    runtime.begin("tensorflow")


def test_a_line_stands_below_its_heading() -> None:
    row = Figures(
        "vgg_inception", (300, 400), 16, "float32", 12_345_678, 3.21, 1234.5, 23456.7, 4321.0, 70_000.0
    )
    assert len(device.line(row)) == len(device.HEADING)


@pytest.mark.parametrize("words", [["--families", "nothing"], ["--image-size", "big"], ["--batch", "0"]])
def test_what_cannot_be_tried(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert device.main(words) == 2
    assert "expected" in capsys.readouterr().err


def test_sizes() -> None:
    assert device.pixels("documented") == 0
    assert device.pixels("96") == 96
    with pytest.raises(SettingsError, match="pixels a side"):
        device.pixels("0")


def test_the_command_is_the_same_bench() -> None:
    from flows.cli import app

    words = [
        "bench",
        "device",
        "--families",
        "grid_cnn",
        "--image-size",
        "16",
        "--batch",
        "2",
        "--steps",
        "1",
    ]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    title, heading, row = done.stdout.splitlines()
    assert title.startswith("tensorflow on cpu:0")
    assert heading == device.HEADING
    assert row.startswith("grid_cnn               16x16")
