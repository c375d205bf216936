#!/usr/bin/env bash
# Write requirements.lock: every package of the dev extra, with hashes, without an index address.
set -euo pipefail
uv=${1:-uv}
common=(--quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header)
"$uv" pip compile "${common[@]}" --extra dev pyproject.toml -o requirements.lock
echo "uv>=0.9" | "$uv" pip compile "${common[@]}" - -o infra/bootstrap.lock
