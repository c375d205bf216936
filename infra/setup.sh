#!/usr/bin/env bash
# Make the virtual environment from the lock. Quick when nothing changed: uv finds it all there.
set -euo pipefail
venv=${1:-.venv}
say() { printf '\033[1m[setup]\033[0m %s\n' "$*"; }

find_python() {
    local candidate
    for candidate in "${PYTHON:-python3}" python3.11 python3.12 python3.13; do
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "[setup] Python 3.11, 3.12 or 3.13 is needed; '${PYTHON:-python3}' is $("${PYTHON:-python3}" --version 2>&1 || true)." >&2
    echo "[setup] Install one, or name it: make setup PYTHON=/path/to/python3.12" >&2
    exit 2
}

if [ ! -x "$venv/bin/python" ]; then
    python=$(find_python)
    say "making $venv with $("$python" --version)"
    if ! "$python" -m venv "$venv"; then
        echo "[setup] '$python -m venv' failed. On Debian and Ubuntu: apt-get install python3-venv" >&2
        exit 2
    fi
fi
if [ ! -x "$venv/bin/uv" ] || ! cmp -s infra/bootstrap.lock "$venv/.bootstrap"; then
    say "installing uv, the package installer"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r infra/bootstrap.lock
    cp infra/bootstrap.lock "$venv/.bootstrap"
fi
say "installing the locked packages (about 30 s when they are cached, minutes when not)"
# Compiled once, here: a process that compiles TensorFlow and its like anew takes three times as long to start.
"$venv/bin/uv" pip install --quiet --compile-bytecode --python "$venv/bin/python" --require-hashes -r requirements.lock
"$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation --editable .
say "ready: $venv"
