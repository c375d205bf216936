"""A PostgreSQL of this test run's own, where its programs are installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
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
def server() -> Iterator[str]:
    """Start a cluster on a free port of this machine alone; yields its address.

    The server refuses to run as root: then it runs as the user postgres, in a folder outside of pytest's,
    which are their user's alone.
    """
    pytest.importorskip("psycopg", reason="no PostgreSQL test: the driver psycopg is not installed")
    where = programs()
    if where is None:
        pytest.skip(
            "no PostgreSQL test: initdb and pg_ctl are neither on the path nor in /usr/lib/postgresql"
        )
    with tempfile.TemporaryDirectory(prefix="atelier-postgres-") as folder:
        yield from _cluster(Path(folder), where)


def _cluster(folder: Path, where: Path) -> Iterator[str]:
    as_user = _as_user()
    data = folder / "cluster"
    data.mkdir()
    if as_user:
        shutil.chown(folder, USER)
        shutil.chown(data, USER)
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
