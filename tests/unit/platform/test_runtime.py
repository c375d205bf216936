"""Devices and precision: chosen by what is there, or as asked, and said."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import keras
import numpy as np
import pytest

from components import devices, runtime
from components.data.feeding import batches
from components.errors import SettingsError
from components.models import catalog, precision, voting
from components.settings import Settings
from tests.tiny_training import pictures


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    runtime.begin("tensorflow")


def test_a_cpu_computes_in_float32_on_one_device(settings: Settings) -> None:
    runtime.prepare(settings)
    facts = devices.hardware()
    assert facts["precision"] == "float32"
    assert facts["distribution"] == "one device"
    assert facts["devices"].startswith("cpu")
    assert facts["xla"].startswith("off")
    assert devices.replicas() == 1


@pytest.mark.parametrize(
    ("capability", "policy"), [(9.0, "mixed_bfloat16"), (7.5, "mixed_float16"), (6.1, "float32")]
)
def test_the_weakest_gpu_decides(monkeypatch: pytest.MonkeyPatch, capability: float, policy: str) -> None:
    monkeypatch.setattr(devices, "_cards", lambda: [("Strong", 9.0), ("Weak", capability)])
    assert devices._policy(["gpu:0", "gpu:1"]) == policy
    assert devices._policy(["tpu:0"]) == "mixed_bfloat16"


def test_precision_is_taken_as_asked_and_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("ATELIER_PRECISION", "mixed_float16")
    monkeypatch.setattr(devices, "_logged", set())
    with caplog.at_level(logging.INFO, "atelier"):
        for _ in range(2):
            runtime.prepare(Settings.load())
    assert devices.hardware()["precision"] == "mixed_float16"
    assert len([line for line in caplog.messages if "mixed_float16" in line]) == 1


def test_what_is_freed_forgets_no_precision() -> None:
    runtime.begin("tensorflow", precision="mixed_bfloat16")
    runtime.clear()
    assert devices.hardware()["precision"] == "mixed_bfloat16"


def test_more_devices_than_there_are() -> None:
    with pytest.raises(SettingsError, match=r"9 devices were asked for.*cpu:0.*ATELIER_DEVICES"):
        runtime.begin("tensorflow", devices=9)


def test_tensorflow_says_that_it_leaves_gpus_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(keras.distribution, "list_devices", lambda kind=None: ["gpu:0", "gpu:1"])
        said = devices.distribution()
    assert said == "one of 2: Keras shares batches on JAX alone (ATELIER_BACKEND=jax)"


def test_a_network_of_16_bits_in_32(monkeypatch: pytest.MonkeyPatch) -> None:
    images = pictures(4, 24)[0]
    plain = catalog.build("grid_cnn", 3, (24, 24))
    assert precision.in_float32(plain) is plain
    runtime.begin("tensorflow", precision="mixed_bfloat16")
    mixed = catalog.build("grid_cnn", 3, (24, 24))
    mixed.set_weights(plain.get_weights())
    for network in (mixed, voting.with_mirror(mixed)):
        rounded = np.array(network(images, training=False))
        same = precision.in_float32(network)
        assert rounded.dtype == np.float32
        assert precision.in_float32(same) is same
        exact = np.array((plain if network is mixed else voting.with_mirror(plain))(images, training=False))
        np.testing.assert_allclose(np.array(same(images, training=False)), exact, atol=1e-6)
        assert 1e-6 < np.abs(rounded - exact).max() < 0.05


def test_devices_that_share_batches_get_equal_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    images, labels = pictures(35, 8)
    monkeypatch.setattr(batches, "replicas", lambda: 4)
    shuffled = batches.Batches(images, labels, 8, shuffle=True, seed=0)
    assert [len(shuffled[place][1]) for place in range(len(shuffled))] == [8, 8, 8, 8]
    in_order = batches.Batches(images, labels, 8, shuffle=False, seed=0)
    assert sum(len(in_order[place][1]) for place in range(len(in_order))) == 35
    few = batches.Batches(images[:3], labels[:3], 8, shuffle=True, seed=0)
    assert len(few) == 1
