"""The configuration of supervisord: which servers it holds, and where their logs lie."""

from __future__ import annotations

import getpass
import hashlib
import os
import re
import shlex
import tempfile
from pathlib import Path

from components.errors import SettingsError

_PROGRAM = """
[program:{name}]
command={command}
autorestart=true
startsecs=3
startretries=5
stopsignal=TERM
stopwaitsecs=15
stopasgroup=true
killasgroup=true
redirect_stderr=true
stdout_logfile={log}
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
"""

_SOCKET_BYTES = 90


def configuration(home: Path, commands: dict[str, list[str]]) -> str:
    """Return the text of supervisord.conf for servers by name, with run/ and logs/ below `home`.

    Raises:
        SettingsError: a path holds a blank before "#" or ";", where supervisord begins a comment.
    """
    words = [str(home), *(shlex.join(command) for command in commands.values())]
    if hidden := next((word for word in words if re.search(r"\s[#;]", word)), None):
        raise SettingsError(
            f"{hidden}: supervisord takes a blank before '#' or ';' for the begin of a comment. "
            "Choose a home (ATELIER_HOME) and a folder of the installation without it."
        )
    base = _once(str(home))
    # Where root starts it without a word, supervisord warns.
    user = f"user={getpass.getuser()}\n" if os.getuid() == 0 else ""
    socket = _once(str(_socket(home)))
    text = f"""[supervisord]
nodaemon=true
silent=true
{user}logfile={base}/logs/supervisord.log
pidfile={base}/run/supervisord.pid

[unix_http_server]
file={socket}

[supervisorctl]
serverurl=unix://{socket}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""
    for name, command in commands.items():
        # Of all values, supervisord fills in those of log files twice.
        log = f"{_once(base)}/logs/{name}.log"
        text += _PROGRAM.format(name=name, command=_once(shlex.join(command)), log=log)
    return text


def _socket(home: Path) -> Path:
    """Where supervisorctl finds supervisord: below home, or in the temporary folder if that path is long.

    The kernel takes about a hundred bytes for a socket's path, and supervisord binds it under a longer name
    first (its process number at the end).
    """
    socket = home / "run" / "supervisor.sock"
    if len(os.fsencode(socket)) <= _SOCKET_BYTES:
        return socket
    return Path(tempfile.gettempdir()) / f"atelier-{hashlib.sha256(os.fsencode(home)).hexdigest()[:16]}.sock"


def _once(text: str) -> str:
    """Write percent signs so that they stand when supervisord has filled in its expressions once."""
    return text.replace("%", "%%")
