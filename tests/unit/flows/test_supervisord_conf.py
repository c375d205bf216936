"""The configuration that a real supervisord reads, also below a home with signs that mean something in it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from components.errors import SettingsError
from flows.server.supervisord_conf import configuration


@pytest.mark.parametrize("name", ["a%20b#c;d e", "long" * 30], ids=["signs", "longer than a socket's path"])
def test_a_home_of_any_name_holds_its_servers_and_their_logs(tmp_path: Path, name: str) -> None:
    home = tmp_path / name
    for folder in ("run", "logs"):
        (home / folder).mkdir(parents=True)
    server = [sys.executable, "-c", "import time; print('100 %', flush=True); time.sleep(60)"]
    conf = home / "run" / "supervisord.conf"
    conf.write_text(configuration(home, {"server": server}))
    log = home / "logs" / "server.log"
    command = [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(conf)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as supervisor:
        end = time.monotonic() + 60
        while not (log.exists() and log.read_text()) and time.monotonic() < end:
            assert supervisor.poll() is None
            time.sleep(0.1)
        supervisor.terminate()
    assert log.read_text() == "100 %\n"
    assert [path.name for path in tmp_path.iterdir()] == [home.name]


def test_a_home_that_would_be_read_as_a_comment_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"a #1.*ATELIER_HOME"):
        configuration(tmp_path / "a #1", {})
