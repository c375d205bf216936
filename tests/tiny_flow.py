"""A flow as small as one can be, for the runner's tests: what the pipeline is in earnest."""

from __future__ import annotations

import os
import time
from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows import flow_runs
from flows.plan import Plan


@flow(name="tiny")
def tiny(plan: Plan) -> str:
    """Claims its run as the pipeline does, then takes as long as the test wants."""
    flow_runs.claim()
    return work()


@task(cache_policy=NO_CACHE)
def work() -> str:
    """Says whose process it is; goes on while the test's file says so."""
    Path(os.environ["TINY_FLOW_PID"]).write_text(str(os.getpid()))
    while Path(os.environ["TINY_FLOW_BUSY"]).exists():
        time.sleep(0.2)
    return "done"
