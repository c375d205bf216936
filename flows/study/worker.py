"""A process beside a study that takes trials of one of its searches."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from components.training.search.search import Search

if TYPE_CHECKING:
    from components.settings import Settings
    from flows.search.run import SearchJob


def command(job: SearchJob, settings: Settings) -> list[str]:
    """The command line of such a process."""
    home, search = str(settings.home), job.search.model_dump_json()
    return [
        *(sys.executable, "-m", "flows.cli", "--home", home, "study", "take-trials"),
        *(search, job.manifest.fingerprint),
    ]


def taken(search: str, data_version: str, settings: Settings) -> int:
    """Take trials until each has been begun; how many it took.

    Args:
        search: as JSON.
        data_version: fingerprint of a version that was kept.
        settings: of the process that leads the search.
    """
    from components.data.versions import Versions
    from flows.search.run import SearchJob, take_trials

    manifest = Versions(settings.collections / "versions").get(data_version)
    return take_trials(SearchJob(Search.model_validate_json(search), manifest, ""), settings)
