"""The tags by which runs and versions are found again."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

KEY = "atelier.key"
"""Content key of everything a run depends on: the same key, the same result."""
KIND = "atelier.kind"
"""What a run is: training, which alone can be promoted; search, fold, study, report, gan, exploration, ..."""
TASK = "atelier.task"
FAMILY = "atelier.family"
SOURCE = "atelier.source"
SYNTHETIC = "atelier.synthetic"
""" "true" where the pictures were drawn by code."""
DATA_VERSION = "atelier.data_version"
JUDGED_ON = "atelier.judged_on"
"""The part that a run's "test/..." figures are of: test, or validation where there is no test part."""
SCALE = "atelier.scale"
"""Size of the recipe (demo, cpu, full), or of a study (quick, cpu, full)."""
STUDY = "atelier.study"
ROW = "atelier.row"
"""The study's row that a run belongs to, as "A3"."""
NETWORK = "atelier.network"
"""Id of the run whose network this run was made from."""
BEST_RUN = "atelier.best_run"
"""Id of the training run of a search's best trial."""
LAYER = "atelier.layer"
"""The layer whose values the boosted trees learnt from."""
REFIT = "atelier.refit"
"""Which works a refit learnt from: validation or all, as `components.data.splits.refit` names them."""
REFIT_OF = "atelier.refit_of"
"""Id of the run whose recipe a refit trained again: the judged one."""
MEMBER = "atelier.member"
"""Number of the member of a bag."""
FOLD = "atelier.fold"
"""Number of the fold of a cross-validation."""
TRIAL = "atelier.trial"
"""Number of the trial of a search."""
TRIAL_STATE = "atelier.trial_state"
"""How a trial ended: finished, pruned, failed or lost."""
ERROR = "atelier.error"
PROCESS = "atelier.process"
"""The process that writes a run, as `components.tracking.processes` tells it: a dead one from one at work."""
PARENT = "mlflow.parentRunId"
COMMIT = "mlflow.source.git.commit"


@cache
def commit() -> str:
    """The commit of the code at work; "" where it was installed without its history."""
    folder = Path(__file__).resolve().parent
    try:
        head = subprocess.run(
            ["git", "rev-parse", "HEAD"],  # noqa: S607 (whichever git the path has)
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
        tracked = subprocess.run(  # noqa: S603 (a file of ours)
            ["git", "ls-files", "--error-unmatch", __file__],  # noqa: S607
            cwd=folder,
            capture_output=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    # Installed into a .venv inside somebody else's repository, that one's commit would be wrong.
    return head.stdout.strip() if tracked.returncode == 0 else ""
