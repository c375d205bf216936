"""What this machine has, what is reachable, what is misconfigured, and how to mend it."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from components.addresses import is_http, masked
from components.data.manifest import Task
from components.errors import AtelierError, WeightsError
from components.models import weight_packages
from components.progress import steps
from flows.plan import kept_plans
from flows.server import services

if TYPE_CHECKING:
    from components.settings import Settings

PACKAGES = (
    "tensorflow",
    "keras",
    "mlflow",
    "prefect",
    "great-expectations",
    "fastapi",
    "streamlit",
    "openvino",
    "boto3",
    "pillow",
    "scikit-learn",
    "sqlalchemy",
)
TOO_NEW_FOR_PREFECT = {
    "fastapi": (0, 149, "its server refuses its own client"),
    "sqlalchemy": (2, 1, "no scheduled run is ever created"),
}
"""The release from which on Prefect 3.8 breaks, and how."""
ENOUGH_DISK_GIB = 5


@dataclass(frozen=True)
class Finding:
    """One line of the examination."""

    name: str
    state: Literal["good", "note", "bad"]
    text: str


def examine(settings: Settings) -> list[Finding]:
    """Look at everything; nothing is changed."""
    with steps("Examining", None):
        return [
            Finding(
                "python", "good", f"{platform.python_version()} on {platform.system()} {platform.machine()}"
            ),
            *_packages(),
            *_weights(),
            _backend(settings),
            *_home(settings),
            _cache(settings),
            *_services(settings),
            _tracking(settings),
            *_champions(settings),
            *_plans(settings),
        ]


def _packages() -> Iterator[Finding]:
    versions, missing = {}, []
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            missing.append(name)
    yield Finding("packages", "good", ", ".join(f"{name} {number}" for name, number in versions.items()))
    if missing:
        yield Finding("missing packages", "bad", f"{', '.join(missing)}. Install them: make setup")
    if "prefect" in versions:
        yield from _beside_prefect(versions)


def _beside_prefect(versions: Mapping[str, str]) -> Iterator[Finding]:
    for name, (major, minor, consequence) in TOO_NEW_FOR_PREFECT.items():
        installed = tuple(int(number) for number in versions.get(name, "0.0").split(".")[:2])
        if installed >= (major, minor):
            yield Finding(
                f"{name} and prefect",
                "bad",
                f"Prefect 3.8 does not work with {name} {versions[name]}: {consequence}. {name} below "
                f"{major}.{minor} is expected. Install the lock: make setup",
            )


def _weights() -> Iterator[Finding]:
    """Whether each package of weights is there, and holds what is expected."""
    for name, package in weight_packages.PACKAGES.items():
        try:
            weight_packages.weights_file(name)
        except WeightsError as exc:
            state: Literal["note", "bad"] = "bad" if weight_packages.is_installed(name) else "note"
            yield Finding(f"weights of {name}", state, str(exc))
        else:
            yield Finding(f"weights of {name}", "good", f"{package.distribution}, its SHA-256 as expected")


def _backend(settings: Settings) -> Finding:
    from components.runtime import prepare

    try:
        prepare(settings)
        from components.devices import hardware  # imports Keras

        facts = hardware()
    except AtelierError as exc:
        return Finding("backend", "bad", str(exc))
    return Finding(
        "backend",
        "good",
        f"{facts['backend']} on {facts['devices']} ({facts['distribution']}), {facts['precision']}, "
        f"XLA {facts['xla']}; {facts['cores']} cores, {facts['memory_gib']} GiB memory",
    )


def _home(settings: Settings) -> Iterator[Finding]:
    place = next(folder for folder in (settings.home, *settings.home.parents) if folder.is_dir())
    free = shutil.disk_usage(place).free / 2**30
    enough = free >= ENOUGH_DISK_GIB
    hint = (
        ""
        if enough
        else f"; {ENOUGH_DISK_GIB} GiB are advised. Free some, or choose another home: ATELIER_HOME"
    )
    yield Finding("free disk", "good" if enough else "bad", f"{free:.1f} GiB at {place}{hint}")
    try:
        probe = place / ".atelier-doctor"
        probe.touch()
        probe.unlink()
    except OSError as exc:
        yield Finding(
            "home", "bad", f"{place} cannot be written ({exc.strerror}). Choose another home: ATELIER_HOME"
        )
    else:
        yield Finding(
            "home", "good" if settings.home.is_dir() else "note", f"{settings.home}{_not_yet(settings.home)}"
        )


def _cache(settings: Settings) -> Finding:
    from components.data.cache import store

    usage = store.of(settings).usage()
    used, bound = usage.bytes / 2**30, usage.limit_bytes / 2**30
    return Finding(
        "cache", "good", f"{usage.entries} arrays, {used:.2f} of {bound:g} GiB (ATELIER_CACHE_BYTES)"
    )


def _services(settings: Settings) -> Iterator[Finding]:
    for service in services.services(settings):
        if service.ready:
            yield Finding(service.title, "good", f"answers at {service.url}")
            continue
        try:
            services.check_port(service, settings.host)
        except AtelierError as exc:
            yield Finding(service.title, "bad", str(exc))
        else:
            yield Finding(service.title, "note", f"not running at {service.url}. Start it: atelier up")


def _tracking(settings: Settings) -> Finding:
    from components.tracking.connection import check

    try:
        check(settings)
    except AtelierError as exc:
        return Finding("tracking", "bad", str(exc))
    decided = is_http(settings.tracking_uri) and not settings.artifacts
    place = "where the server decides" if decided else f"in {settings.artifact_place}"
    return Finding("tracking", "good", f"{masked(settings.tracking_uri)}; files {place}")


def _champions(settings: Settings) -> Iterator[Finding]:
    from components.inference import releases
    from components.inference.release import ReleaseCard

    for task in Task:
        folder = releases.current(settings, task.value)
        if folder is None:
            yield Finding(f"{task} champion", "note", f"none yet. Make one: atelier pipeline --task {task}")
        else:
            card = ReleaseCard.load(folder)
            yield Finding(
                f"{task} champion",
                "good",
                f"version {card.version}, {card.family} on {card.source}, macro-F1 {card.macro_f1:.3f}",
            )


def _plans(settings: Settings) -> Iterator[Finding]:
    plans = kept_plans(settings)
    names = ", ".join(plans.usable) or "none"
    yield Finding("plans", "good", f"{names}; `atelier up` runs each at {settings.schedule_cron}")
    for file, reason in plans.unusable.items():
        yield Finding(f"plan {file}", "bad", reason)


def _not_yet(home: Path) -> str:
    return "" if home.is_dir() else " (not made yet)"
