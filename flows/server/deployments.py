"""The runner: a scheduled Prefect deployment for every plan kept (`python -m flows.server.deployments`)."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, cast

from components.errors import AtelierError, ServiceError
from components.settings import Settings
from flows import prefect_env
from flows.plan import kept_plans
from flows.server import services

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment

WAIT_SECONDS = 180


def serve(settings: Settings) -> None:
    """Register the deployments and run what falls due, until ended.

    Raises:
        ServiceError: Prefect's server does not answer.
    """
    url = settings.prefect_api_url or f"{settings.prefect_url}/api"
    prefect_env.prepare(settings.replace(prefect_api_url=url))
    _wait_for(url)
    from prefect import serve as serve_deployments
    from prefect.logging import get_logger
    from prefect.types.entrypoint import EntrypointType

    from flows.pipeline import pipeline

    plans = kept_plans(settings)
    for file, reason in plans.unusable.items():
        get_logger("runner").error("Plan %s is not scheduled: %s", file, reason)
    deployments = [
        cast(
            "RunnerDeployment",  # to_deployment is typed for callers in an event loop, too
            pipeline.to_deployment(
                name=name,
                cron=settings.schedule_cron,
                parameters={"plan": plan.model_dump(mode="json")},
                description=f"{plan.task} of {plan.source}: {', '.join(plan.families)}",
                tags=["atelier", plan.task.value],
                entrypoint_type=EntrypointType.MODULE_PATH,
                concurrency_limit=1,
            ),
        )
        for name, plan in plans.usable.items()
    ]
    serve_deployments(*deployments)


def _wait_for(url: str) -> None:
    end = time.monotonic() + WAIT_SECONDS
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
    except AtelierError as exc:
        sys.exit(f"atelier: {exc}")
