"""The runner: runs the pipeline of every plan kept when it is due (`python -m flows.server.deployments`)."""

from __future__ import annotations

import signal
import sys
import time
from typing import TYPE_CHECKING

import anyio

from components.errors import ServiceError
from components.settings import Settings
from flows import prefect_env
from flows.failure import report_failure
from flows.server import services

if TYPE_CHECKING:
    from prefect.runner import Runner

    from flows.server.schedules import Schedules

UPDATE_SECONDS = 10


def serve(settings: Settings) -> None:
    """Schedule the plans and run what falls due, until ended.

    Raises:
        ServiceError: Prefect's server does not answer.
    """
    url = settings.prefect_api_url or f"{settings.prefect_url}/api"
    prefect_env.prepare(settings.replace(prefect_api_url=url))
    _wait_for(url)
    # Prefect reads its variables when it is imported.
    from prefect.runner import Runner

    from flows.server.schedules import PIPELINES_AT_ONCE, Schedules

    # Its schedules are not paused at the end: the next runner passes over what it missed.
    runner = Runner(name="atelier", limit=PIPELINES_AT_ONCE, pause_on_shutdown=False)
    anyio.run(run, runner, Schedules(runner, settings))


async def run(runner: Runner, schedules: Schedules) -> None:
    """Run what falls due and keep the schedules true, until ended."""
    await anyio.to_thread.run_sync(schedules.update)
    async with anyio.create_task_group() as group:
        group.start_soon(_update_for_ever, schedules)
        group.start_soon(_stop_at_sigterm, runner)
        await runner.start()
        group.cancel_scope.cancel()


async def _stop_at_sigterm(runner: Runner) -> None:
    """End the runs and say so to Prefect; the runner's own handler leaves them Running for ever."""
    while not runner.started:  # it sets its own handler before that
        await anyio.sleep(0.1)
    with anyio.open_signal_receiver(signal.SIGTERM) as signals:
        async for _ in signals:
            await runner.astop()
            return


async def _update_for_ever(schedules: Schedules) -> None:
    from httpx import HTTPError
    from prefect.exceptions import PrefectException
    from prefect.logging import get_logger

    while True:
        await anyio.sleep(UPDATE_SECONDS)
        try:
            await anyio.to_thread.run_sync(schedules.update)
        except (HTTPError, PrefectException, OSError) as exc:
            # The server is busy or started anew: pipelines that run go on, and it is asked again.
            get_logger("runner").warning("The schedules could not be brought up to date: %s", exc)


def _wait_for(url: str) -> None:
    end = time.monotonic() + prefect_env.START_SECONDS
    while not services.answers(f"{url}/health"):
        if time.monotonic() > end:
            raise ServiceError(
                f"{url}: Prefect's server does not answer. Start it with `atelier up`, "
                "or set ATELIER_PREFECT_API_URL."
            )
        time.sleep(0.5)


if __name__ == "__main__":
    try:
        serve(Settings.load())
    except Exception as exc:  # noqa: BLE001 (one line for the log, as a command ends)
        sys.exit(report_failure(exc))
