"""The addresses: each parses, calls one component, formats."""

from __future__ import annotations

import os
import time
from typing import Annotated, Any

import anyio
from anyio import CapacityLimiter
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import RedirectResponse

from components.data.manifest import Task
from components.errors import ImageError, SettingsError
from components.inference.predictor import Named, Predictor
from serving import uploads
from serving.champions import Champions
from serving.problems import Problem
from serving.schemas import Answer, Health, ModelInfo, Readiness, TaskModel, Timing, problem_docs

router = APIRouter()

# Decoding holds a picture's pixels, up to 300 MB of them: never more at once than there are cores.
_AT_ONCE = os.cpu_count() or 1


def _champions(request: Request) -> Champions:
    champions: Champions = request.app.state.champions
    return champions


def _limiter(request: Request) -> CapacityLimiter:
    # Made by the first request: a limiter belongs to the event loop it is used in.
    state = request.app.state
    if not hasattr(state, "limiter"):
        state.limiter = CapacityLimiter(_AT_ONCE)
    limiter: CapacityLimiter = state.limiter
    return limiter


def _task(
    task: Annotated[str, Path(description=f"one of {', '.join(Task)}", examples=["style"])],
) -> Task:
    try:
        return Task.named(task)
    except SettingsError as exc:
        raise Problem(404, "unknown-task", str(exc), tasks=list(Task)) from exc


Served = Annotated[Champions, Depends(_champions)]


@router.get("/", include_in_schema=False)
async def root() -> RedirectResponse:
    """A person who comes by wants the documentation."""
    return RedirectResponse("/docs")


@router.get("/healthz", tags=["state"])
async def healthz() -> Health:
    """The process lives."""
    return Health()


@router.get("/readyz", tags=["state"], responses=problem_docs(s503="No champion is loaded yet."))
async def readyz(champions: Served) -> Readiness:
    """At least one champion is loaded; which, and whether newer ones would be noticed."""
    served = champions.served()
    if not served:
        raise _no_champion(champions, None)
    versions = {task: served[task].card.version if task in served else None for task in Task}
    return Readiness(champions=versions, registry=champions.registry())


@router.get("/v1/models", tags=["models"])
async def models(champions: Served) -> list[TaskModel]:
    """Every task with the champion that answers it, or with the way to get one."""
    served = champions.served()
    return [
        TaskModel(
            task=task,
            champion=ModelInfo.of(served[task].card) if task in served else None,
            hint=None if task in served else _hint(champions, task),
        )
        for task in Task
    ]


@router.post(
    "/v1/{task}/predict",
    tags=["models"],
    openapi_extra=uploads.REQUEST_BODY,
    responses=problem_docs(
        s404="No such task; the tasks there are.",
        s413="More bytes than ATELIER_MAX_UPLOAD_BYTES.",
        s415="No picture, or a body of another kind.",
        s422="An empty, truncated or too large picture, or a parameter that cannot be used.",
        s503="The task has no champion yet; how to get one.",
    ),
)
async def predict(
    request: Request,
    task: Annotated[Task, Depends(_task)],
    champions: Served,
    limiter: Annotated[CapacityLimiter, Depends(_limiter)],
    top: Annotated[int | None, Query(ge=1, description="only the most probable labels")] = None,
) -> Answer:
    """Name the artist, style or genre of a painting: ranked labels with their probabilities.

    The probabilities are calibrated where `model.calibrated` says so. Whatever the picture is, some label
    is the most probable: `novelty` says whether it is like the works that the model learnt from at all.
    """
    started = time.perf_counter()
    predictor = champions.get(task)
    if predictor is None:
        raise _no_champion(champions, task)
    upload = await uploads.receive(request)
    max_pixels = champions.settings.max_image_pixels
    try:
        named, infer_ms = await anyio.to_thread.run_sync(
            _name, predictor, upload.data, max_pixels, limiter=limiter
        )
    except ImageError as exc:
        raise uploads.refused(upload, exc) from exc
    total_ms = 1e3 * (time.perf_counter() - started)
    timing = Timing(read=round(total_ms - infer_ms, 2), infer=round(infer_ms, 2), total=round(total_ms, 2))
    return Answer.of(predictor, named, timing, top)


def _name(predictor: Predictor, data: bytes, max_pixels: int) -> tuple[Named, float]:
    pixels = predictor.read(data, max_pixels=max_pixels)
    started = time.perf_counter()
    return predictor.name(pixels), 1e3 * (time.perf_counter() - started)


def _hint(champions: Champions, task: Task) -> str:
    if task in champions.trouble:
        return "There is a champion, but it cannot be loaded; the server's log says why."
    return f"`atelier pipeline --task {task}` trains, compares and promotes one; it is then served by itself."


def _no_champion(champions: Champions, task: Task | None) -> Problem:
    what = f"The task {task} has no champion yet." if task else "No task has a champion yet."
    hint = _hint(champions, task or Task.STYLE)
    more: dict[str, Any] = {"hint": hint, "registry": champions.registry()}
    wait = str(int(champions.settings.follow_seconds) + 1)
    return Problem(503, "no-champion", f"{what} {hint}", headers={"Retry-After": wait}, **more)
