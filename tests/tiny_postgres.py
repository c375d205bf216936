"""A PostgreSQL of this test run's own, where its programs are installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

USER = "postgres"


def programs() -> Path | None:
    """The folder with initdb and pg_ctl; None where there is none."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    folders += [Path("/usr/local/pgsql/bin"), Path("/opt/homebrew/bin")]
    return next((one for one in folders if (one / "initdb").exists() and (one / "pg_ctl").exists()), None)


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Start a cluster in `folder`, on a free port of this machine alone; yields its address.

    The server refuses to run as root: then it runs as the user postgres.
    """
    pytest.importorskip("psycopg", reason="no PostgreSQL test: the driver psycopg is not installed")
    where = programs()
    if where is None:
        pytest.skip(
            "no PostgreSQL test: initdb and pg_ctl are neither on the path nor in /usr/lib/postgresql"
        )
    as_user = _as_user()
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "cluster"
    data.mkdir()
    if as_user:
        shutil.chown(folder, USER)
        shutil.chown(data, USER)
        for parent in folder.parents:  # pytest's folders are its user's alone
            if parent.owner() != USER and parent.stat().st_uid == os.getuid() and parent != Path("/"):
                parent.chmod(parent.stat().st_mode | 0o011)
    port = _free_port()
    _run([*as_user, str(where / "initdb"), "-D", str(data), "-U", USER, "-A", "trust", "-N", "-E", "UTF8"])
    options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off"
    control = [*as_user, str(where / "pg_ctl"), "-D", str(data), "-w"]
    _run([*control, "-l", str(folder / "log"), "-o", options, "start"])
    try:
        yield f"postgresql://{USER}@127.0.0.1:{port}/postgres"
    finally:
        _run([*control, "-m", "immediate", "stop"])


def _as_user() -> list[str]:
    if os.getuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("no PostgreSQL test: its server refuses root, and there is no setpriv to be another user")
    try:
        import pwd

        pwd.getpwnam(USER)
    except KeyError:
        pytest.skip(f"no PostgreSQL test: its server refuses root, and there is no user {USER}")
    return ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]


def _run(command: list[str]) -> None:
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
